"""Statements about streams."""

from durable_engine.records import StreamPage, StreamRow
from durable_engine.states import WorkflowState
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import step_parameters

_MOST_TRIES = 100


def write(
    session: Session, row: StreamRow, executor_id: str, *, in_block: bool = False
) -> bool:
    """Write one entry; False when the fence refused.

    In a block of the caller's the fence is not kept until its commit: what ends the
    block has one of its own, or is a step, which may be done more than once.
    """
    parameters = step_parameters(row.step, executor_id) | {
        "key": row.key,
        "value": row.value,
        "closes": row.value is None,
        "in_block": in_block,
    }
    if not row.inside_step:
        return bool(session.rows("stream_write", parameters))
    for _ in range(_MOST_TRIES):
        if session.rows("stream_append", parameters):
            return True
        if not _is_owned(session, row, executor_id):
            break
        # Somebody else wrote to the stream meanwhile, and took the number.
    return False


def _is_owned(session: Session, row: StreamRow, executor_id: str) -> bool:
    parameters = {"workflow_id": row.step.workflow_id, "position": row.step.position}
    found = session.row("ownership_read", parameters)
    owned = (WorkflowState.PENDING, row.step.epoch, executor_id)
    return found is not None and tuple(found[:3]) == owned


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
