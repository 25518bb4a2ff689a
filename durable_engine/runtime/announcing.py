"""Which signals are sent of what happens to a run.

Called by the operations, which wait for the receivers, and by callbacks of the
journal, which must not: theirs are sent by the engine's announcer. Without receivers
nothing is built and nothing yielded.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from durable_engine.errors import AwaitedWorkflowMaxRecoveryAttemptsExceeded
from durable_engine.records import OutcomeRow
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.context import Run
from durable_engine.runtime.operations import Operation
from durable_engine.serialization import decode_error
from durable_engine.signals import (
    step_finished,
    workflow_failed,
    workflow_finished,
    workflow_started,
)
from durable_engine.states import StepState, WorkflowState

if TYPE_CHECKING:
    from durable_engine.runtime.engine import Engine

_FAILED = (WorkflowState.ERROR, WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED)


def announce_start(run: Run) -> Operation[None]:
    """Send that the body of a workflow begins, or begins again, in this process."""
    if workflow_started.receivers:
        said = {"workflow_id": run.workflow_id, "name": run.registration.name}
        yield Announcement(workflow_started, type(run.engine), said)


def announce_step(
    run: Run, position: int, name: str, error: BaseException | None, attempts: int
) -> Operation[None]:
    """Send that a step or a transaction ended here."""
    if step_finished.receivers:
        said = {
            "workflow_id": run.workflow_id,
            "position": position,
            "name": name,
            "status": str(StepState.SUCCESS if error is None else StepState.ERROR),
            "error": error,
            "attempts": attempts,
        }
        yield Announcement(step_finished, type(run.engine), said)


def announce_outcome(
    run: Run, row: OutcomeRow, error: BaseException | None
) -> Operation[None]:
    """Send what there is to say of a recorded outcome."""
    yield from _of_outcome(run, row, error)


def announce_outcome_aside(run: Run, row: OutcomeRow) -> None:
    """Have a recorded outcome announced by the thread for that; returns at once."""
    for announcement in _of_outcome(run, row, None):
        run.engine.announcer.submit(announcement.block)


def announcements_of_cancelled(
    engine: "Engine", cancelled: Mapping[str, str]
) -> Iterator[Announcement]:
    """Yield what there is to say of workflows that were ended without their body.

    Args:
        engine: of the process whose statement ended them.
        cancelled: their ids, with their names.
    """
    if workflow_finished.receivers:
        for workflow_id, name in cancelled.items():
            said = {"workflow_id": workflow_id, "name": name}
            status = str(WorkflowState.CANCELLED)
            yield Announcement(
                workflow_finished, type(engine), {**said, "status": status}
            )


def _of_outcome(
    run: Run, row: OutcomeRow, error: BaseException | None
) -> Iterator[Announcement]:
    """Yield the signals of an outcome that somebody listens to, in their order."""
    said = {"workflow_id": run.workflow_id, "name": run.registration.name}
    sender = type(run.engine)
    if workflow_finished.receivers:
        yield Announcement(
            workflow_finished, sender, {**said, "status": str(row.status)}
        )
    if workflow_failed.receivers and row.status in _FAILED:
        reason = error or _error_of(run, row)
        yield Announcement(workflow_failed, sender, {**said, "error": reason})


def _error_of(run: Run, row: OutcomeRow) -> Exception:
    if row.error is not None:
        return decode_error(run.workflow_id, row.error)
    return AwaitedWorkflowMaxRecoveryAttemptsExceeded(
        workflow_id=run.workflow_id,
        max_recovery_attempts=run.registration.max_recovery_attempts,
    )
