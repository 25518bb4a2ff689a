"""What an operator may do to one workflow."""

from collections.abc import Callable
from dataclasses import dataclass

from console.audit import Act, Actor, Outcome, note
from console.permissions import Permission, may
from durable_engine import client
from durable_engine.records import BulkResult

MOST_REASON_CHARACTERS = 2000


class NotPermitted(Exception):  # noqa: N818 - what happened, not a fault
    """The actor lacks the permission; the attempt is on record."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission.value)
        self.permission = permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an act."""

    changed: bool
    detail: str  # why nothing has changed


def cancel(actor: Actor, workflow_id: str, reason: str = "") -> Answer:
    """Cancel a workflow: one that waits ends now, one that runs at its next call.

    Raises:
        NotPermitted: the actor may not cancel workflows.
    """
    act = _act("cancel_workflow", workflow_id, reason)
    return _perform(actor, act, Permission.CANCEL_WORKFLOW, client.cancel_workflows)


def resume(actor: Actor, workflow_id: str, reason: str = "") -> Answer:
    """Let a workflow go on behind its last completed step.

    Raises:
        NotPermitted: the actor may not resume workflows.
    """
    act = _act("resume_workflow", workflow_id, reason)
    return _perform(actor, act, Permission.RESUME_WORKFLOW, client.resume_workflows)


def _act(action: str, workflow_id: str, reason: str) -> Act:
    return Act(
        action=action,
        target_type="workflow",
        target_id=workflow_id,
        reason=reason.strip()[:MOST_REASON_CHARACTERS],
    )


def _perform(
    actor: Actor,
    act: Act,
    permission: Permission,
    work: Callable[[list[str]], BulkResult],
) -> Answer:
    if not may(actor.user, permission):
        note(actor, act, Outcome.REFUSED, permission.value)
        raise NotPermitted(permission)
    try:
        result = work([act.target_id])
    except Exception as error:
        note(actor, act, Outcome.FAILED, f"{type(error).__name__}: {error}")
        raise
    detail = result.unchanged.get(act.target_id, "")
    note(actor, act, Outcome.UNCHANGED if detail else Outcome.DONE, detail)
    return Answer(changed=not detail, detail=detail)
