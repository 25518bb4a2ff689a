"""How an execution leaves its process: settled, given back, or let go.

```
 outcome recorded ─► settled: handed out, announced
 unloading        ─► given back: continued by replay, where it is claimed
 cancelled, taken over ─► let go: the row says what became of it
```

Called by `execution`, and by callbacks of the journal, so nothing here waits.
"""

import logging
from collections.abc import Callable

from durable_engine.errors import WorkflowUnloaded
from durable_engine.notify.base import QUEUE, RESULT
from durable_engine.records import OutcomeRow, RecordedOutcome, ReleaseRow, Verdict
from durable_engine.runtime.announcing import announce_outcome_aside
from durable_engine.runtime.context import Run, Unloading
from durable_engine.runtime.entries import Entry
from durable_engine.states import WorkflowState
from durable_engine.store.session import Session

logger = logging.getLogger(__name__)


def settle_if_accepted(run: Run, row: OutcomeRow, entry: Entry) -> bool:
    """Hand out an outcome if it was recorded, and have it announced.

    Nothing is told of one that was refused: somebody else decides, such as an operator
    who cancelled meanwhile. Quick, for callbacks.

    Returns:
        Whether it was recorded; else the run is the caller's to let go.
    """
    if entry.answer is None or entry.answer.verdict is not Verdict.ACCEPTED:
        return False
    hand_out(run, row)
    announce_outcome_aside(run, row)
    return True


def settle_or_let_go(run: Run, row: OutcomeRow, entry: Entry) -> None:
    """Settle an outcome that was recorded, and let the run go where it was not."""
    if not settle_if_accepted(run, row, entry):
        let_go(run)


def hand_out(run: Run, row: OutcomeRow) -> None:
    """Hand out a recorded outcome: to waiters here, and as a hint elsewhere."""
    engine = run.engine
    engine.tallies.ended(
        run.registration.name, row.status, engine.clock.now() - run.claimed.created_at
    )
    run.outcome = RecordedOutcome(
        status=row.status,
        name=run.registration.name,
        output=row.output,
        error=row.error,
    )
    _leave(run)
    engine.publish((RESULT, run.workflow_id))


def let_go(run: Run) -> None:
    """End an interrupted execution; an unloading one gives its row back."""
    if isinstance(run.stop, WorkflowUnloaded):
        give_back(run)
    elif run.overdue():
        _cancel_overdue(run)
    else:
        _leave(run)


def _cancel_overdue(run: Run) -> None:
    """Record that the deadline ended the workflow; harmless if a sweep already did."""
    row = OutcomeRow(
        workflow_id=run.workflow_id, epoch=run.epoch, status=WorkflowState.CANCELLED
    )

    def recorded(entry: Entry) -> None:
        if not settle_if_accepted(run, row, entry):
            _leave(run)

    run.engine.journal.append(row, recorded)
    run.engine.journal.hurry()


def give_back(run: Run) -> None:
    """Release a workflow: it continues by replay wherever it is claimed.

    One that is being unloaded is left to be due, or woken, later; any other is due
    at once.
    """
    run.closed = True
    engine = run.engine
    unloading = run.unloading or Unloading(wake_at=engine.clock.now(), waiting_on=None)
    row = ReleaseRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        wake_at=unloading.wake_at,
        waiting_on=unloading.waiting_on,
        also=unloading.also,
    )
    engine.journal.append(row, lambda _: _given_back(run, unloading))
    engine.journal.hurry()


def _given_back(run: Run, unloading: Unloading) -> None:
    _leave(run)
    engine = run.engine
    if unloading.probe is not None:
        # What came between the last look and the release woke nobody: the row did
        # not say yet that it waits. From now on it does; look once more.
        engine.threads.submit(_wake_if_found, run, unloading.probe)
    elif run.unloading is None:
        engine.publish((QUEUE, ""))


def _wake_if_found(run: Run, probe: Callable[[Session], bool]) -> None:
    engine = run.engine

    def look(session: Session) -> bool:
        if not probe(session):
            return False
        parameters = {"ids": session.array([run.workflow_id])}
        with session.transaction():
            woken = bool(session.rows("workflows_wake", parameters))
            if woken:  # what else would have woken it is waited for no more
                session.rows("waitingkey_delete", parameters)
        return woken

    try:
        if engine.reads.run(look, writes=True):
            engine.publish((QUEUE, ""))
    except Exception:
        # The sweep for lost wake-ups will find it.
        logger.exception("could not look again for %s", run.workflow_id)


def _leave(run: Run) -> None:
    with run.engine.runs_lock:
        if run.engine.runs.get(run.workflow_id) is run:
            del run.engine.runs[run.workflow_id]
        callbacks, run.finished = run.finished, []
    for callback in callbacks:
        callback()
    if run.outcome is None:
        # Who waits here trusted this run; the hint at what ended it, such as a
        # cancellation, came while it still ran.
        run.engine.hub.wake((RESULT, run.workflow_id))


def log_fields(run: Run) -> dict[str, object]:
    """Return the ids that belong in every log record about a run."""
    return {
        "workflow_id": run.workflow_id,
        "workflow_name": run.registration.name,
        "epoch": run.epoch,
        "executor_id": run.engine.executor_id,
    }
