"""Statements about streams."""

from durable_engine.records import StreamPage, StreamRow
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import step_parameters


def write(session: Session, row: StreamRow, executor_id: str) -> bool:
    """Write one entry; False when the fence refused."""
    parameters = step_parameters(row.step, executor_id) | {
        "key": row.key,
        "value": row.value,
        "closes": row.value is None,
    }
    statement = "stream_append" if row.inside_step else "stream_write"
    return bool(session.rows(statement, parameters))


def read(
    session: Session, workflow_id: str, key: str, *, offset: int, limit: int
) -> StreamPage | None:
    """Return the entries from an offset on; None if there is no such workflow."""
    parameters = {
        "workflow_id": workflow_id,
        "key": key,
        "offset": offset,
        "limit": limit,
    }
    rows = session.rows("stream_read", parameters)
    if not rows:
        return None
    return StreamPage(
        status=rows[0][0],
        entries=tuple((row[2], bool(row[3])) for row in rows if row[1] is not None),
    )
