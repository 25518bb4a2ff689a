"""Statements about workflows that wait for calls with their key to cease."""

from durable_engine.records import NewWorkflow
from durable_engine.store import workflows
from durable_engine.store.dialects import Session


def extend(
    session: Session, row: NewWorkflow, timeout_seconds: float | None
) -> str | None:
    """Give the workflow that waits new inputs and a new delay; return its id."""
    parameters = _key(row) | {
        "inputs": row.inputs,
        "delay_seconds": row.delay_seconds,
        "timeout_seconds": timeout_seconds,
    }
    found = session.row("debounce_extend", parameters)
    return None if found is None else found[0]


def free(session: Session, row: NewWorkflow) -> None:
    """Take the key from a workflow that waits no more."""
    session.rows("debounce_free", _key(row))


def begin(session: Session, row: NewWorkflow) -> bool:
    """Insert a workflow that waits; False when its id or key is in use."""
    return bool(workflows.insert(session, [row]))


def holder(session: Session, row: NewWorkflow) -> tuple[str, str] | None:
    """Return (id, name) of the workflow that has the id, or the key."""
    found = session.row("start_read", _key(row) | {"id": row.id})
    return None if found is None else (found[0], found[1])


def _key(row: NewWorkflow) -> dict[str, str | None]:
    return {
        "queue_name": row.queue_name,
        "deduplication_id": row.deduplication_id,
        "name": row.name,
    }
