"""Deleting what ended long ago, in bounded batches."""

from durable_engine.store.copies import delete_parts
from durable_engine.store.dialects import Session


def delete_old(session: Session, *, age_seconds: float, limit: int) -> list[str]:
    """Delete workflows that ended that long ago with all that belongs to them.

    Returns:
        The ids deleted, at most `limit`; fewer when no more are left.

    Guarantees: one short transaction; a workflow that has not ended stays.
    """
    parameters = {"age_seconds": age_seconds, "limit": limit}
    with session.transaction():
        gone = [row[0] for row in session.rows("retention_delete", parameters)]
        delete_parts(session, gone)
    return gone
