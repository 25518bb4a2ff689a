"""Starting workflows by their registered names, as pages and programs outside do."""

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any

from durable_engine.ids import new_workflow_id
from durable_engine.primitives.queues import SetEnqueueOptions, enqueue_started
from durable_engine.primitives.starting import (
    SetWorkflowAttributes,
    SetWorkflowID,
    SetWorkflowTimeout,
)
from durable_engine.runtime.registry import INTERNAL_QUEUE, registry


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """What is to be started, and how.

    Attributes:
        name: the registered name of the workflow.
        args, kwargs: what it is called with.
        workflow_id: its id; None: a new one.
        queue: where it waits for its turn; None: any worker takes it at once.
        timeout_seconds: from its claim; None: no limit.
        priority: in its queue, 1 first; None before all.
        delay_seconds: `DELAYED` until then.
        deduplication_id: unique in the queue until its holder ends.
        queue_partition_key: whose `partition_concurrency` counts.
        attributes: a JSON object.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    workflow_id: str | None = None
    queue: str | None = None
    timeout_seconds: float | None = None
    priority: int | None = None
    delay_seconds: float | None = None
    deduplication_id: str | None = None
    queue_partition_key: str | None = None
    attributes: dict[str, Any] | None = None

    def with_id(self) -> "StartOrder":
        """Return the same order under a new id, if it has none."""
        if self.workflow_id is not None:
            return self
        return replace(self, workflow_id=new_workflow_id())


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAnswer:
    """The workflow that exists now."""

    workflow_id: str
    new: bool  # False: it was there before, and nothing started


def start_registered(order: StartOrder) -> str:
    """Start a workflow by its name; return its id once it is durable.

    As `start_or_find`, which also says whether it was there before.
    """
    return start_or_find(order).workflow_id


def start_or_find(order: StartOrder) -> StartAnswer:
    """Start a workflow by its name; return once it is durable.

    It is run by any worker, also in a process that has one: an operator's start
    joins the caller's transaction where there is one.

    Returns:
        The workflow's id. Under a used id nothing starts and the answer says so.
        With a deduplication id that is held: the holder does not change.

    Raises:
        UnregisteredWorkflow: nothing has this name in this process.
        ConflictingWorkflow: the id belongs to another function.
        QueueDeduplicated: the deduplication id is held by another workflow.
        SerializationError: an argument cannot be encoded; nothing is stored.
        TypeError: the arguments do not fit the function.
        ValueError: an id, key, priority, delay or time-out is not valid.
    """
    registry.workflow(order.name)  # must be known here
    with contextlib.ExitStack() as blocks:
        if order.workflow_id is not None:
            blocks.enter_context(SetWorkflowID(order.workflow_id))
        if order.timeout_seconds is not None:
            blocks.enter_context(SetWorkflowTimeout(order.timeout_seconds))
        if order.attributes is not None:
            blocks.enter_context(SetWorkflowAttributes(order.attributes))
        options = SetEnqueueOptions(
            deduplication_id=order.deduplication_id,
            priority=order.priority,
            delay_seconds=order.delay_seconds,
            queue_partition_key=order.queue_partition_key,
        )
        blocks.enter_context(options)
        queue = order.queue or INTERNAL_QUEUE
        started = enqueue_started(queue, order.name, order.args, order.kwargs)
        return StartAnswer(
            workflow_id=started.workflow_id, new=started.created_at is not None
        )
