"""New workflows made from old ones: restart, fork, retry."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from durable_engine.client.acting import afterwards, in_session, settled
from durable_engine.errors import ConflictingWorkflow, NonExistentWorkflow
from durable_engine.ids import (
    check_key,
    check_workflow_id,
    id_of_child,
    new_workflow_id,
)
from durable_engine.notify.base import QUEUE
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.primitives.recording import at_position
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.runtime.requests import take_id
from durable_engine.states import WorkflowState
from durable_engine.store import copies, workflows
from durable_engine.store.session import Session

_RESTART = "durable.restart_workflow"
_FORK = "durable.fork_workflow"
_RETRY = "durable.retry_workflow"

_RETRIED = (
    WorkflowState.ERROR,
    WorkflowState.CANCELLED,
    WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED,
)
_MOST_GENERATIONS = 100


def restart_workflow(workflow_id: str) -> WorkflowHandle[Any]:
    """Run a workflow again from its beginning, under a new id, with its inputs.

    Args:
        workflow_id: whose; its status does not matter.

    Returns:
        The handle of the new workflow; its id is `SetWorkflowID`'s or a new one.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    refuse_in_event_loop("restart_workflow")
    return WorkflowHandle(perform(_restart(workflow_id)))


async def restart_workflow_async(workflow_id: str) -> WorkflowHandleAsync[Any]:
    """Run a workflow again from its beginning: twin of `restart_workflow`."""
    return WorkflowHandleAsync(await perform_async(_restart(workflow_id)))


def fork_workflow(
    workflow_id: str, start_step: int, *, application_version: str | None = None
) -> WorkflowHandle[Any]:
    """Run a workflow again from one of its steps, under a new id.

    Completed steps before `start_step` are copied with their results, and with what
    they published: events and stream entries. Messages stay with the origin.

    Args:
        workflow_id: the origin; its status does not matter.
        start_step: the first position that runs anew; 1 runs everything anew.
        application_version: whose workers run it; default the current version.

    Returns:
        The handle of the fork; its id is `SetWorkflowID`'s or a new one.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        ConflictingWorkflow: the id belongs to another function.
        ValueError: `start_step` is not a whole number of at least 1.
    """
    refuse_in_event_loop("fork_workflow")
    fork = _fork(workflow_id, start_step, application_version)
    return WorkflowHandle(perform(fork))


async def fork_workflow_async(
    workflow_id: str, start_step: int, *, application_version: str | None = None
) -> WorkflowHandleAsync[Any]:
    """Run a workflow again from one of its steps: twin of `fork_workflow`."""
    fork = _fork(workflow_id, start_step, application_version)
    return WorkflowHandleAsync(await perform_async(fork))


def retry_workflow(workflow_id: str) -> WorkflowHandle[Any]:
    """Fork a workflow at the step that failed.

    That is its last step recorded with an error; if there is none, everything after
    its last completed step runs anew. Where a child failed, the child is retried in
    the same way, and the fork waits for that.

    Returns:
        The handle of the fork; its id is `SetWorkflowID`'s or a new one.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    refuse_in_event_loop("retry_workflow")
    return WorkflowHandle(perform(_retry(workflow_id)))


async def retry_workflow_async(workflow_id: str) -> WorkflowHandleAsync[Any]:
    """Fork a workflow at the step that failed: twin of `retry_workflow`."""
    return WorkflowHandleAsync(await perform_async(_retry(workflow_id)))


def _restart(workflow_id: str) -> Operation[str]:
    def make(session: Session, copy: _Copy) -> bool:
        return copy.make(session, start_step=1, keep_seed=False)

    return (yield from _copied(_RESTART, workflow_id, None, make))


def _fork(workflow_id: str, start_step: int, version: str | None) -> Operation[str]:
    _check_position(start_step)
    if version is not None:
        check_key(version, what="application_version")

    def make(session: Session, copy: _Copy) -> bool:
        return copy.make(session, start_step=start_step)

    return (yield from _copied(_FORK, workflow_id, version, make))


def _check_position(start_step: object) -> None:
    if (
        isinstance(start_step, bool)
        or not isinstance(start_step, int)
        or start_step < 1
    ):
        message = f"start_step must be a position, 1 or more, not {start_step!r}"
        raise ValueError(message)


def _retry(workflow_id: str) -> Operation[str]:
    return (yield from _copied(_RETRY, workflow_id, None, _retried))


def _retried(session: Session, copy: "_Copy", depth: int = 1) -> bool:
    """Fork at the step that failed; where a child failed it, retry the child.

    The fork then waits for that, so that what the child has done stays done.
    """
    failed, completed = copies.failure(session, copy.workflow_id)
    start_step = failed or (completed or 0) + 1
    if not copy.make(session, start_step=start_step):
        return False
    if failed is None or depth >= _MOST_GENERATIONS:
        return True
    found = copies.failed_child(session, copy.workflow_id, failed)
    if found is None:
        return True
    failed_id, status, begun_at = found
    if status not in _RETRIED:
        return True
    new_child = id_of_child(copy.new_id, begun_at)
    child = replace(copy, workflow_id=failed_id, new_id=new_child)
    if _retried(session, child, depth + 1):
        copies.await_fork(
            session,
            copy.workflow_id,
            copy.new_id,
            start_step=failed,
            failed_id=failed_id,
            child_id=new_child,
            begun_at=begun_at,
        )
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """One workflow that is to be made from another one."""

    workflow_id: str  # the origin
    new_id: str
    app_version: str

    def make(
        self, session: Session, *, start_step: int, keep_seed: bool = True
    ) -> bool:
        """Make it; False if there is no origin, or the new id is in use."""
        return copies.fork(
            session,
            self.workflow_id,
            self.new_id,
            start_step=start_step,
            queue_name=INTERNAL_QUEUE,
            app_version=self.app_version,
            keep_seed=keep_seed,
        )


def _copied(
    name: str,
    workflow_id: str,
    version: str | None,
    make: Callable[[Session, _Copy], bool],
) -> Operation[str]:
    """Copy a workflow; return the id of the copy. One position in a workflow."""
    check_workflow_id(workflow_id)
    chosen = take_id()

    def act(run: Run | None, position: int) -> Operation[str]:
        host = engine()
        # In a workflow the id follows from the position: a crash before the step is
        # recorded finds the copy that was made.
        own = id_of_child(run.workflow_id, position) if run else new_workflow_id()
        copy = _Copy(
            workflow_id=workflow_id,
            new_id=check_workflow_id(chosen or own),
            app_version=version or host.app_version,
        )

        def work(session: Session) -> str:
            with session.transaction():
                made = make(session, copy)
                found = copy.new_id if made else _existing(session, copy)
            afterwards(host, lambda: host.publish((QUEUE, "")))
            return found

        yield from settled(host, [workflow_id])
        yield from in_session(host, work, writes=True)
        return copy.new_id

    return (yield from at_position(name, act))


def _existing(session: Session, copy: _Copy) -> str:
    """Return the id that is in use already, if it is of the same function."""
    origin = workflows.read_outcome(session, copy.workflow_id)
    if origin is None:
        raise NonExistentWorkflow(workflow_id=copy.workflow_id)
    found = workflows.read_outcome(session, copy.new_id)
    if found is not None and found.name != origin.name:
        raise ConflictingWorkflow(
            workflow_id=copy.new_id, recorded_name=found.name, called_name=origin.name
        )
    return copy.new_id
