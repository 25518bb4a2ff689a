"""Statements about steps: recording, reading for replay, proofs on other aliases."""

from collections.abc import Sequence
from typing import Any

from durable_engine.records import StepRow
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import step_parameters

_ANY_NUMBER = 2**62
_MOMENT_SECONDS = 0.001  # more than two databases round an instant apart


def latest(rows: Sequence[StepRow]) -> list[StepRow]:
    """Return the last row of each position: a begun step may end in its own batch."""
    return list({(row.workflow_id, row.position): row for row in rows}.values())


def record(
    session: Session, rows: Sequence[StepRow], executor_id: str
) -> set[tuple[Any, ...]]:
    """Record steps; return (workflow id, position) of those accepted."""
    shared = {"executor_id": executor_id}
    return session.accepts("step_insert", "steps_insert", rows, shared, key=_key)


def _key(row: StepRow) -> tuple[str, int]:
    return row.workflow_id, row.position


def record_last(session: Session, row: StepRow, executor_id: str) -> bool:
    """Record a step on the user's connection, right before its commit."""
    return bool(session.rows("step_commit", step_parameters(row, executor_id)))


def read(session: Session, workflow_id: str) -> dict[int, StepRow]:
    """Return everything recorded of a workflow, by position, in one query."""
    return _histories(session, [workflow_id], _ANY_NUMBER)[workflow_id]


def read_many(
    session: Session, workflow_ids: Sequence[str], limit: int
) -> dict[str, dict[int, StepRow]]:
    """Return the whole history of several workflows, in one query.

    Args:
        session: of the engine.
        workflow_ids: whose; at least one.
        limit: most rows; a workflow whose rows did not all fit is left out.
    """
    histories = _histories(session, workflow_ids, limit + 1)
    if sum(map(len, histories.values())) <= limit:
        return histories
    # Cut off: rows come by workflow, so that only the last one met may miss some,
    # and those without rows may not have been reached.
    met = [key for key, history in histories.items() if history]
    whole = sorted(met)[:-1]
    return {key: histories[key] for key in whole}


def _histories(
    session: Session, workflow_ids: Sequence[str], limit: int
) -> dict[str, dict[int, StepRow]]:
    histories: dict[str, dict[int, StepRow]] = {key: {} for key in workflow_ids}
    parameters = {"ids": session.array(workflow_ids), "limit": limit}
    for row in session.rows("steps_read", parameters):
        histories[row[0]][row[1]] = StepRow(
            workflow_id=row[0],
            position=row[1],
            name=row[2],
            output=row[3],
            error=row[4],
            child_workflow_id=row[5],
            epoch=row[6],
            attempts=row[7],
            started_at=row[8],
            completed_at=row[9],
        )
    return histories


def prove(session: Session, step: StepRow, created_at: float) -> bool:
    """Insert the proof of a transaction on another alias; False if it was there.

    Args:
        session: on the user's connection, in the transaction it proves.
        step: what was done.
        created_at: of the workflow; with its id it says which: an id that was deleted
            can be used again, and what is left of the earlier one is replaced.
    """
    parameters = {
        **step_parameters(step, ""),
        "created_at": created_at,
        "before": created_at - _MOMENT_SECONDS,
    }
    return bool(session.rows("checkpoint_insert", parameters))


def read_proof(
    session: Session, workflow_id: str, position: int, created_at: float
) -> tuple[str, str, int] | None:
    """Return (name, output, epoch) of a transaction's proof, or None."""
    parameters = {
        "workflow_id": workflow_id,
        "position": position,
        "before": created_at - _MOMENT_SECONDS,
        "after": created_at + _MOMENT_SECONDS,
    }
    row = session.row("checkpoint_read", parameters)
    return None if row is None else (row[0], row[1], row[2])
