"""Cancel and resume, from any process."""

from collections.abc import Iterable, Iterator
from typing import Any

from durable_engine.client.acting import (
    act_on_many,
    act_on_one,
    afterwards,
    require_there,
    several,
)
from durable_engine.errors import WorkflowCancelled
from durable_engine.notify.base import CONTROL, QUEUE, RESULT
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.records import BulkResult
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.announcing import announcements_of_cancelled
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.states import ACTIVE, WorkflowState
from durable_engine.store import workflows
from durable_engine.store.session import Session

_CANCEL = "durable.cancel_workflow"
_RESUME = "durable.resume_workflow"
_MOST_CHILDREN = 10_000


def cancel_workflow(workflow_id: str, cancel_children: bool = False) -> None:
    """Cancel a workflow: one that waits ends now, one that runs at its next call.

    Args:
        workflow_id: whose; one that has ended is left alone.
        cancel_children: also cancel children, and theirs.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; whether it was cancelled is not known then.
    """
    refuse_in_event_loop("cancel_workflow")
    perform(_cancel_one(workflow_id, cancel_children))


async def cancel_workflow_async(
    workflow_id: str,
    cancel_children: bool = False,
) -> None:
    """Cancel a workflow: twin of `cancel_workflow`."""
    await perform_async(_cancel_one(workflow_id, cancel_children))


def cancel_workflows(
    workflow_ids: Iterable[str], *, cancel_children: bool = False
) -> BulkResult:
    """Cancel several workflows in one statement; says which changed and why not.

    Children that are cancelled with them are among those that changed.

    Raises:
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; which were cancelled is not known then.
    """
    refuse_in_event_loop("cancel_workflows")
    return perform(_cancel_many(several(workflow_ids), cancel_children))


async def cancel_workflows_async(
    workflow_ids: Iterable[str], *, cancel_children: bool = False
) -> BulkResult:
    """Cancel several workflows: twin of `cancel_workflows`."""
    return await perform_async(_cancel_many(several(workflow_ids), cancel_children))


def resume_workflow(workflow_id: str) -> WorkflowHandle[Any]:
    """Let a workflow continue after its last completed step.

    Cancelled, dead-lettered, queued and delayed ones, and running ones whose owner
    is gone; attempts begin anew, on the current version, past any queue. One that
    has ended, or that a live worker runs, is left alone.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; whether it was resumed is not known then.
    """
    refuse_in_event_loop("resume_workflow")
    perform(act_on_one(_RESUME, workflow_id, _resume))
    return WorkflowHandle(workflow_id)


async def resume_workflow_async(workflow_id: str) -> WorkflowHandleAsync[Any]:
    """Let a workflow continue: twin of `resume_workflow`."""
    await perform_async(act_on_one(_RESUME, workflow_id, _resume))
    return WorkflowHandleAsync(workflow_id)


def resume_workflows(workflow_ids: Iterable[str]) -> BulkResult:
    """Let several workflows continue; says which changed and why not.

    Raises:
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; which were resumed is not known then.
    """
    refuse_in_event_loop("resume_workflows")
    return perform(act_on_many(_RESUME, several(workflow_ids), _resume))


async def resume_workflows_async(workflow_ids: Iterable[str]) -> BulkResult:
    """Let several workflows continue: twin of `resume_workflows`."""
    return await perform_async(act_on_many(_RESUME, several(workflow_ids), _resume))


def _cancel_one(workflow_id: str, cancel_children: bool) -> Operation[None]:
    require_there(
        (yield from _cancel_many([workflow_id], cancel_children)), workflow_id
    )


def _cancel_many(
    workflow_ids: list[str], cancel_children: bool
) -> Operation[BulkResult]:
    cancellation = _Cancellation(cancel_children=cancel_children)
    result = yield from act_on_many(_CANCEL, workflow_ids, cancellation)
    yield from cancellation.announcements()
    return result


class _Cancellation:
    """One call that cancels: its statements, and whom to tell of what they ended.

    Called again after an error it goes on where it was. An answer may have been lost
    then: what was not over before the statement, and is cancelled after it, counts as
    ended here. So it is told, and its children are looked for.
    """

    def __init__(self, *, cancel_children: bool) -> None:
        self._cancel_children = cancel_children
        self._changed: dict[str, str] = {}  # ids to names
        self._level: list[str] | None = None  # of parents and children, to be done
        self._active: set[str] | None = None  # of that level; None: not looked yet
        self._ended: dict[str, str] = {}  # and not announced yet

    def announcements(self) -> Iterator[Announcement]:
        """Yield what is to be said, once this is committed."""
        if self._ended:
            yield from announcements_of_cancelled(engine(), self._ended)

    def __call__(
        self, host: Engine, session: Session, workflow_ids: list[str]
    ) -> list[str]:
        """Cancel level by level, if children are meant, too.

        A cancelled parent starts no child that would be missed.
        """
        level = workflow_ids if self._level is None else self._level
        while level:
            self._level = level
            self._tell(host, self._cancel(session, level))
            more = self._cancel_children and len(self._changed) < _MOST_CHILDREN
            level = (
                workflows.active_children(session, level, _MOST_CHILDREN)
                if more
                else []
            )
            self._level, self._active = level, None
        return list(self._changed)

    def _cancel(self, session: Session, level: list[str]) -> dict[str, str]:
        """Cancel one level; return what that changed, ids to names."""
        if self._active is None:
            found = workflows.statuses(session, level)
            self._active = {one for one in level if found.get(one) in ACTIVE}
            return workflows.cancel(session, level)
        cancelled = workflows.cancel(session, level)
        for one in self._active - cancelled.keys() - self._changed.keys():
            outcome = workflows.read_outcome(session, one)
            if outcome is not None and outcome.status == WorkflowState.CANCELLED:
                cancelled[one] = outcome.name
        return cancelled

    def _tell(self, host: Engine, cancelled: dict[str, str]) -> None:
        self._changed |= cancelled
        if host.store.in_callers_transaction():
            host.store.on_commit(lambda: self._committed(host, cancelled))
        else:
            _stop(host, cancelled)
            self._ended |= cancelled

    def _committed(self, host: Engine, cancelled: dict[str, str]) -> None:
        _stop(host, cancelled)
        for announcement in announcements_of_cancelled(host, cancelled):
            announcement.block()


def _stop(host: Engine, workflow_ids: Iterable[str]) -> None:
    """Stop what runs here, and tell the others."""
    for workflow_id in workflow_ids:
        run = host.runs.get(workflow_id)
        if run is not None:
            run.halt(WorkflowCancelled(workflow_id))
    topics = [(kind, one) for one in workflow_ids for kind in (CONTROL, RESULT)]
    # Places that waiting workflows held in their queues are free now.
    host.publish(*topics, (QUEUE, ""))


def _resume(host: Engine, session: Session, workflow_ids: list[str]) -> list[str]:
    changed = workflows.resume(
        session,
        workflow_ids,
        queue_name=INTERNAL_QUEUE,
        app_version=host.app_version,
    )
    topics = [(QUEUE, ""), *((CONTROL, one) for one in changed)]
    afterwards(host, lambda: host.publish(*topics))
    return changed
