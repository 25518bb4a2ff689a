"""Statements about steps: recording, reading for replay, proofs on other aliases."""

from collections.abc import Sequence

from durable_engine.records import StepRow
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import as_json, step_parameters


def latest(rows: Sequence[StepRow]) -> list[StepRow]:
    """Return the last row of each position: a begun step may end in its own batch."""
    return list({(row.workflow_id, row.position): row for row in rows}.values())


def record(
    session: Session, rows: Sequence[StepRow], executor_id: str
) -> set[tuple[str, int]]:
    """Record steps; return (workflow id, position) of those accepted."""
    if len(rows) == 1:
        found = session.rows("step_insert", step_parameters(rows[0], executor_id))
    else:
        parameters = {"steps": as_json(rows), "executor_id": executor_id}
        found = session.rows("steps_insert", parameters)
    return {(row[0], row[1]) for row in found}


def read(session: Session, workflow_id: str) -> dict[int, StepRow]:
    """Return everything recorded of a workflow, by position, in one query."""
    return {
        row[0]: StepRow(
            workflow_id=workflow_id,
            position=row[0],
            name=row[1],
            output=row[2],
            error=row[3],
            child_workflow_id=row[4],
            epoch=row[5],
            attempts=row[6],
            started_at=row[7],
            completed_at=row[8],
        )
        for row in session.rows("steps_read", {"workflow_id": workflow_id})
    }


def prove(session: Session, step: StepRow) -> bool:
    """Insert the proof of a transaction on another alias; False if it was there."""
    return bool(session.rows("checkpoint_insert", step_parameters(step, "")))


def read_proof(
    session: Session, workflow_id: str, position: int
) -> tuple[str, str, int] | None:
    """Return (name, output, epoch) of a transaction's proof, or None."""
    parameters = {"workflow_id": workflow_id, "position": position}
    row = session.row("checkpoint_read", parameters)
    return None if row is None else (row[0], row[1], row[2])
