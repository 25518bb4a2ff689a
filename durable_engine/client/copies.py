"""New workflows made from old ones: restart, fork, retry."""

from collections.abc import Callable

from durable_engine.client.acting import afterwards, in_session
from durable_engine.errors import ConflictingWorkflow, NonExistentWorkflow
from durable_engine.ids import check_key, check_workflow_id, new_workflow_id
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
from durable_engine.store import copies, workflows
from durable_engine.store.session import Session

_RESTART = "durable.restart_workflow"
_FORK = "durable.fork_workflow"
_RETRY = "durable.retry_workflow"

StartStep = Callable[[Session], int]


def restart_workflow(workflow_id: str) -> WorkflowHandle[object]:
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


async def restart_workflow_async(workflow_id: str) -> WorkflowHandleAsync[object]:
    """Run a workflow again from its beginning: twin of `restart_workflow`."""
    return WorkflowHandleAsync(await perform_async(_restart(workflow_id)))


def fork_workflow(
    workflow_id: str, start_step: int, *, application_version: str | None = None
) -> WorkflowHandle[object]:
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
) -> WorkflowHandleAsync[object]:
    """Run a workflow again from one of its steps: twin of `fork_workflow`."""
    fork = _fork(workflow_id, start_step, application_version)
    return WorkflowHandleAsync(await perform_async(fork))


def retry_workflow(workflow_id: str) -> WorkflowHandle[object]:
    """Fork a workflow at the step that failed.

    That is its last step recorded with an error; if there is none, everything after
    its last completed step runs anew.

    Returns:
        The handle of the fork; its id is `SetWorkflowID`'s or a new one.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    refuse_in_event_loop("retry_workflow")
    return WorkflowHandle(perform(_retry(workflow_id)))


async def retry_workflow_async(workflow_id: str) -> WorkflowHandleAsync[object]:
    """Fork a workflow at the step that failed: twin of `retry_workflow`."""
    return WorkflowHandleAsync(await perform_async(_retry(workflow_id)))


def _restart(workflow_id: str) -> Operation[str]:
    return (yield from _copy(_RESTART, workflow_id, lambda _: 1, keep_seed=False))


def _fork(workflow_id: str, start_step: int, version: str | None) -> Operation[str]:
    _check_position(start_step)
    if version is not None:
        check_key(version, what="application_version")
    copy = _copy(_FORK, workflow_id, lambda _: start_step, version=version)
    return (yield from copy)


def _check_position(start_step: object) -> None:
    if (
        isinstance(start_step, bool)
        or not isinstance(start_step, int)
        or start_step < 1
    ):
        message = f"start_step must be a position, 1 or more, not {start_step!r}"
        raise ValueError(message)


def _retry(workflow_id: str) -> Operation[str]:
    def failed_step(session: Session) -> int:
        failed, completed = copies.failure(session, workflow_id)
        return failed or (completed or 0) + 1

    return (yield from _copy(_RETRY, workflow_id, failed_step))


def _copy(
    name: str,
    workflow_id: str,
    start_step: StartStep,
    *,
    version: str | None = None,
    keep_seed: bool = True,
) -> Operation[str]:
    """Copy a workflow; return the id of the copy. One position in a workflow."""
    check_workflow_id(workflow_id)
    chosen = take_id()

    def act(run: Run | None, position: int) -> Operation[str]:
        host = engine()
        # In a workflow the id follows from the position: a crash before the step is
        # recorded finds the copy that was made.
        own = new_workflow_id() if run is None else f"{run.workflow_id}-{position}"
        new_id = chosen or own

        def work(session: Session) -> str:
            with session.transaction():
                made = copies.fork(
                    session,
                    workflow_id,
                    new_id,
                    start_step=start_step(session),
                    queue_name=INTERNAL_QUEUE,
                    app_version=version or host.app_version,
                    keep_seed=keep_seed,
                )
                return new_id if made else _existing(session, workflow_id, new_id)

        yield from in_session(host, work, writes=True)
        afterwards(host, lambda: host.publish((QUEUE, "")))
        return new_id

    return (yield from at_position(name, act))


def _existing(session: Session, workflow_id: str, new_id: str) -> str:
    """Return the id that is in use already, if it is of the same function."""
    origin = workflows.read_outcome(session, workflow_id)
    if origin is None:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    found = workflows.read_outcome(session, new_id)
    if found is not None and found.name != origin.name:
        raise ConflictingWorkflow(
            workflow_id=new_id, recorded_name=found.name, called_name=origin.name
        )
    return new_id
