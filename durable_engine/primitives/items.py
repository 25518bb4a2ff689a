"""What is enqueued: single workflows and items of many, and the requests they become."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from durable_engine.ids import check_key, check_workflow_id
from durable_engine.primitives.starting import workflow_registration
from durable_engine.runtime import launch
from durable_engine.runtime.context import Run, current_options, current_run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import Operation
from durable_engine.runtime.receivers import bound_arguments
from durable_engine.runtime.registry import registry
from durable_engine.runtime.requests import Request, Started


@dataclass(frozen=True, slots=True)
class Call:
    """One item of `enqueue_many` with options of its own.

    Attributes:
        fn: the workflow, or its registered name.
        args, kwargs: what it is called with.
        workflow_id: its id; default a new one.
        priority: 1 first; None before all.
        deduplication_id: unique in the queue until the holder ends.
        delay_seconds: `DELAYED` until then.
        queue_partition_key: whose `partition_concurrency` counts.
    """

    fn: Callable[..., Any] | str
    args: Sequence[Any] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    workflow_id: str | None = None
    priority: int | None = None
    deduplication_id: str | None = None
    delay_seconds: float | None = None
    queue_partition_key: str | None = None


Item = (
    Call
    | tuple[Callable[..., Any] | str]
    | tuple[Callable[..., Any] | str, Sequence[Any]]
    | tuple[Callable[..., Any] | str, Sequence[Any], dict[str, Any]]
)


def request_of(
    queue_name: str,
    function: Callable[..., Any] | str,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    **own: Any,
) -> Request:
    """Return what is to be enqueued; `own` options win over those of a block.

    Raises:
        UnregisteredWorkflow: the function is not decorated.
        ValueError: a name is not valid, or the queue needs a partition key.
    """
    check_key(queue_name, what="the name of a queue")
    if isinstance(function, str):
        known = registry.has_workflow(function)
        registration = registry.workflow(function) if known else None
        name = check_key(function, what="the name of a workflow")
    else:
        registration = workflow_registration(function)
        name = registration.name
        args = bound_arguments(function, registration, tuple(args))
    options = current_options()
    values: dict[str, Any] = dict(options.enqueue) if options is not None else {}
    values |= {key: value for key, value in own.items() if value is not None}
    queue = registry.queue(queue_name)
    keyed = values.get("queue_partition_key") is not None
    if getattr(queue, "partition_queue", False) and not keyed:
        message = (
            f"queue {queue_name!r} is partitioned: give a queue_partition_key, "
            "by SetEnqueueOptions or Call"
        )
        raise ValueError(message)
    return Request(
        name=name,
        registration=registration,
        args=tuple(args),
        kwargs=kwargs,
        queue_name=queue_name,
        **values,
    )


def enqueue_items(queue_name: str, items: list[Item]) -> Operation[list[Started]]:
    """Enqueue several workflows, in order; outside a workflow all or none.

    Raises:
        TypeError: an item is none, or has arguments that do not fit; nothing is stored.
    """
    requests = [
        _request_of(queue_name, place, item) for place, item in enumerate(items)
    ]
    run = current_run()
    if run is None:
        return (yield from launch.start_many(engine(), requests)) if requests else []
    # In a workflow each item is a child with a position of its own.
    _check_new(run, requests)
    started = []
    for request in requests:
        started.append((yield from launch.start(engine(), request)))  # noqa: PERF401 - no comprehension may yield
    return started


def _check_new(run: Run, requests: list[Request]) -> None:
    """Refuse arguments before the first child is started; a replay's were accepted."""
    for position, request in enumerate(requests, run.position + 1):
        if position not in run.history:
            request.check_arguments(run.engine)


def _request_of(queue_name: str, place: int, item: Item) -> Request:
    call = item if isinstance(item, Call) else None
    if isinstance(item, tuple | list) and len(item) in {1, 2, 3}:
        call = Call(*item)
    if call is None or not isinstance(call.args, tuple | list):
        message = (
            f"item {place} must be a Call, (fn, args) or (fn, args, kwargs), "
            f"not {item!r}"
        )
        raise TypeError(message)
    if call.workflow_id is not None:
        check_workflow_id(call.workflow_id)
    return request_of(
        queue_name,
        call.fn,
        call.args,
        call.kwargs,
        item=place,
        workflow_id=call.workflow_id,
        priority=call.priority,
        deduplication_id=call.deduplication_id,
        delay_seconds=call.delay_seconds,
        queue_partition_key=call.queue_partition_key,
    )
