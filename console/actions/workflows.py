"""What an operator may do to workflows: to one, or to many at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from console.actions.acting import NOT_PERMITTED, perform, perform_bulk
from console.actors import Actor
from console.audit import Act
from console.conf import BULK_BATCH_ROWS
from console.permissions import Permission, may
from durable_engine import client
from durable_engine.errors import (
    ConflictingWorkflow,
    NonExistentWorkflow,
    NotAuthorized,
)
from durable_engine.records import BulkResult


class WorkflowAction(StrEnum):
    """What can be done to a workflow that exists."""

    CANCEL = "cancel"
    RESUME = "resume"
    RESTART = "restart"
    FORK = "fork"
    RETRY = "retry"
    DELETE = "delete"

    @property
    def permission(self) -> Permission:
        """What an actor needs for it."""
        return _PERMISSIONS[self]


_PERMISSIONS = {
    WorkflowAction.CANCEL: Permission.CANCEL_WORKFLOW,
    WorkflowAction.RESUME: Permission.RESUME_WORKFLOW,
    WorkflowAction.RESTART: Permission.FORK_WORKFLOW,
    WorkflowAction.FORK: Permission.FORK_WORKFLOW,
    WorkflowAction.RETRY: Permission.FORK_WORKFLOW,
    WorkflowAction.DELETE: Permission.DELETE_WORKFLOW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, and why."""

    action: WorkflowAction
    reason: str = ""
    start_step: int = 1  # where a fork runs anew, from 1
    include_children: bool = False  # of what is cancelled or deleted


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came of an order, by workflow."""

    changed: list[str] = field(default_factory=list)
    unchanged: dict[str, str] = field(default_factory=dict)  # id to why
    made: dict[str, str] = field(default_factory=dict)  # id to its copy's id


def act_on(actor: Actor, order: Order, workflow_ids: Iterable[str]) -> Answer:
    """Carry out an order on workflows, a bounded batch in each transaction.

    A copy (restart, fork, retry) changes nothing of its origin; `changed` then holds
    the origins that were copied.

    Raises:
        NotAuthorized: the actor may not do it to any of them.
        ValueError: `start_step` is below 1, or an id is not valid.

    Guarantees: each workflow leaves an entry in the audit trail, committed together
    with what was done to it. A batch that fails leaves the batches before it done.
    """
    wanted = list(dict.fromkeys(workflow_ids))
    answer = Answer()
    act = Act(
        action=f"{order.action}_workflow", target_type="workflow", reason=order.reason
    )

    def work(batch: list[str]) -> BulkResult:
        return _change(order, batch, answer.made)

    refusal: NotAuthorized | None = None
    for first in range(0, len(wanted), BULK_BATCH_ROWS):
        batch = wanted[first : first + BULK_BATCH_ROWS]
        try:
            result = perform_bulk(actor, act, order.action.permission, batch, work)
        except NotAuthorized as error:
            if not may(actor, order.action.permission):
                raise
            refusal = error  # of this batch; others may be allowed
            answer.unchanged |= dict.fromkeys(batch, NOT_PERMITTED)
            continue
        answer.changed += result.changed
        answer.unchanged |= result.unchanged
    nothing_allowed = set(answer.unchanged.values()) == {NOT_PERMITTED}
    if refusal is not None and nothing_allowed and not answer.changed:
        raise refusal
    return answer


def send(
    actor: Actor,
    workflow_id: str,
    message: Any,
    *,
    topic: str | None = None,
    idempotency_key: str | None = None,
    reason: str = "",
) -> None:
    """Send a message to a workflow.

    Raises:
        NotAuthorized: the actor may not send messages to it.
        NonExistentWorkflow: there is no such workflow.
    """
    act = Act(action="send_message", target_type="workflow", reason=reason)

    def work() -> None:
        client.send(workflow_id, message, topic, idempotency_key=idempotency_key)

    perform(actor, act, Permission.SEND_MESSAGE, workflow_id, work)


def start(actor: Actor, order: client.StartOrder, reason: str = "") -> str:
    """Start a workflow by its registered name; return its id.

    As `start_or_find`, which also says whether it was there before.
    """
    return start_or_find(actor, order, reason).workflow_id


def start_or_find(
    actor: Actor, order: client.StartOrder, reason: str = ""
) -> client.StartAnswer:
    """Start a workflow by its registered name, unless its id is in use.

    Under a used id nothing starts, and the answer says so.

    Raises:
        NotAuthorized: the actor may not start workflows.
        UnregisteredWorkflow: nothing has this name in this process.
        ConflictingWorkflow: the id belongs to another function.
        QueueDeduplicated: its deduplication id is held by another one.
        SerializationError: an argument cannot be encoded.
        TypeError: the arguments do not fit the function.
        ValueError: an id, key, priority, delay or time-out is not valid.
    """
    order = order.with_id()
    workflow_id: str = order.workflow_id or ""
    act = Act(action="start_workflow", target_type="workflow", reason=reason)

    def work() -> client.StartAnswer:
        with client.SetStartedBy(actor.name):
            return client.start_or_find(order)

    return perform(actor, act, Permission.START_WORKFLOW, workflow_id, work)


def _change(order: Order, batch: list[str], made: dict[str, str]) -> BulkResult:
    match order.action:
        case WorkflowAction.CANCEL:
            return client.cancel_workflows(
                batch, cancel_children=order.include_children
            )
        case WorkflowAction.RESUME:
            return client.resume_workflows(batch)
        case WorkflowAction.DELETE:
            return client.delete_workflows(
                batch, delete_children=order.include_children
            )
        case WorkflowAction.RESTART:
            return _copy(client.restart_workflow, batch, made)
        case WorkflowAction.RETRY:
            return _copy(client.retry_workflow, batch, made)
        case WorkflowAction.FORK:
            start_step = order.start_step
            return _copy(lambda one: client.fork_workflow(one, start_step), batch, made)


def _copy(
    copy: Callable[[str], client.WorkflowHandle[object]],
    batch: list[str],
    made: dict[str, str],
) -> BulkResult:
    changed, unchanged = [], {}
    for workflow_id in batch:
        try:
            made[workflow_id] = copy(workflow_id).workflow_id
        except (NonExistentWorkflow, ConflictingWorkflow) as error:
            unchanged[workflow_id] = (
                client.NO_SUCH_WORKFLOW
                if isinstance(error, NonExistentWorkflow)
                else str(error)
            )
        else:
            changed.append(workflow_id)
    return BulkResult(changed=changed, unchanged=unchanged)
