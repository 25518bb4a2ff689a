"""Why the database refused a row, read after the fact.

A row that is there already with my claim's epoch was not refused: the answer to
its commit was lost (I6). Called by `batches` for every row without an answer.
"""

from typing import assert_never

from durable_engine.records import (
    ACCEPTED,
    Answer,
    ChildRow,
    EventRow,
    JournalRow,
    MessageRow,
    MessagesRow,
    NewWorkflow,
    OutcomeRow,
    ReceiveRow,
    ReleaseRow,
    StepRow,
    StreamRow,
    Verdict,
)
from durable_engine.states import WorkflowState
from durable_engine.store.dialects import Session


def explain(session: Session, row: JournalRow, executor_id: str) -> Answer:
    """Read why a row was refused; one that is there with my epoch was accepted."""
    match row:
        case NewWorkflow() | ChildRow():
            return _explain_birth(session, row, executor_id)
        case StepRow():
            return _explain_step(session, row)
        case EventRow() | StreamRow() if row.inside_step:
            return _explain_owner(session, row.step.workflow_id)
        case EventRow() | StreamRow() | ReceiveRow():
            return _explain_step(session, row.step)
        case MessageRow() | MessagesRow():
            # Only a step can be refused.
            return ACCEPTED if row.step is None else _explain_step(session, row.step)
        case OutcomeRow() | ReleaseRow():
            return _explain_end(session, row, executor_id)
        case _:
            assert_never(row)


def explain_start(session: Session, row: NewWorkflow, executor_id: str) -> Answer:
    """Read who holds the id, or the deduplication id, of a start."""
    parameters = {
        "id": row.id,
        "queue_name": row.queue_name,
        "deduplication_id": row.deduplication_id,
    }
    found = session.row("start_read", parameters)
    if found is None:  # it ended, or was deleted, in between
        return Answer(verdict=Verdict.MISSING)
    holder, _, status, owner, epoch, created_at = found
    # One process never starts an id twice at once (its registry of runs sees to
    # that): a row owned by me in its first epoch is mine, its answer was lost.
    mine = (row.id, WorkflowState.PENDING, executor_id, row.epoch)
    if row.executor_id is not None and (holder, status, owner, epoch) == mine:
        # Its body counts time from there, as every replay of it will.
        return Answer(verdict=Verdict.ACCEPTED, created_at=created_at)
    return Answer(verdict=Verdict.EXISTS, value=holder)


def is_completed(session: Session, step: StepRow) -> bool:
    """Whether something completed is recorded at the step's position."""
    parameters = {"workflow_id": step.workflow_id, "position": step.position}
    found = session.row("ownership_read", parameters)
    return found is not None and bool(found[4])


def _explain_owner(session: Session, workflow_id: str) -> Answer:
    """Say why a row was refused that leaves no trace to be read."""
    parameters = {"workflow_id": workflow_id, "position": 0}
    found = session.row("ownership_read", parameters)
    return Answer(verdict=Verdict.FENCED) if found is None else _refused(found[0])


def _explain_step(session: Session, step: StepRow) -> Answer:
    parameters = {"workflow_id": step.workflow_id, "position": step.position}
    found = session.row("ownership_read", parameters)
    if found is None:
        return Answer(verdict=Verdict.FENCED)
    status, _, _, recorded_epoch, completed, output = found
    # Only the owner of an epoch writes with it, and only once a position: the row
    # is mine, and the answer to its commit was lost.
    if recorded_epoch == step.epoch and (completed or step.completed_at is None):
        return Answer(verdict=Verdict.ACCEPTED, value=output)
    return _refused(status)


def _explain_birth(
    session: Session, row: NewWorkflow | ChildRow, executor_id: str
) -> Answer:
    """Say why a start was refused; what was born here comes with its birth."""
    if isinstance(row, NewWorkflow):
        return explain_start(session, row, executor_id)
    answer = _explain_step(session, row.step)
    if answer.verdict is not Verdict.ACCEPTED:
        return answer
    born = explain_start(session, row.workflow, executor_id)
    # Else any worker takes it, or something has become of it already.
    return born if born.verdict is Verdict.ACCEPTED else answer


def _explain_end(
    session: Session, row: OutcomeRow | ReleaseRow, executor_id: str
) -> Answer:
    parameters = {"workflow_id": row.workflow_id, "position": 0}
    found = session.row("ownership_read", parameters)
    if found is None:
        return Answer(verdict=Verdict.FENCED)
    status, epoch, owner = found[:3]
    mine: tuple[str, int, str | None]
    if isinstance(row, OutcomeRow):
        mine = (row.status, row.epoch, executor_id)
    else:
        mine = (WorkflowState.PENDING, row.epoch + 1, None)
    return ACCEPTED if (status, epoch, owner) == mine else _refused(status)


def _refused(status: str) -> Answer:
    cancelled = status == WorkflowState.CANCELLED
    return Answer(verdict=Verdict.CANCELLED if cancelled else Verdict.FENCED)
