"""Statements about workflow rows: start, claim, end, control, read."""

from collections.abc import Sequence

from durable_engine.records import (
    ClaimedWorkflow,
    NewWorkflow,
    OutcomeRow,
    RecordedOutcome,
    ReleaseRow,
)
from durable_engine.store.dialects import Session, as_json
from durable_engine.store.parameters import (
    claimed_workflows,
)


def insert(session: Session, rows: Sequence[NewWorkflow]) -> dict[str, float]:
    """Insert what is not there; return created_at by id for what was inserted."""
    found = session.each("workflow_insert", "workflows_insert", rows, {})
    return {row[0]: row[1] for row in found}


def end(session: Session, rows: Sequence[OutcomeRow], executor_id: str) -> set[str]:
    """Record outcomes; return the ids accepted."""
    shared = {"executor_id": executor_id}
    ended = session.accepts(
        "outcome_update",
        "outcomes_update",
        rows,
        shared,
        key=lambda row: (row.workflow_id,),
    )
    return {workflow_id for (workflow_id,) in ended}


def release(session: Session, rows: Sequence[ReleaseRow], executor_id: str) -> set[str]:
    """Give workflows back; return the ids accepted.

    In a transaction of the caller's, if a row says what `also` wakes its workflow.
    """
    parameters = {"releases": as_json(rows), "executor_id": executor_id}
    freed = {row[0] for row in session.rows("workflows_release", parameters)}
    waiting = [row for row in rows if row.waiting_on and row.workflow_id in freed]
    if waiting:  # also what an earlier wait, which a timer ended, has left
        ids = session.array(row.workflow_id for row in waiting)
        session.rows("waitingkey_delete", {"ids": ids})
        keys = [
            {"workflow_id": row.workflow_id, "key": key}
            for row in waiting
            for key in row.also
        ]
        if keys:
            session.rows("waitingkeys_write", {"rows": as_json(keys)})
    return freed


def claim(
    session: Session,
    *,
    executor_id: str,
    app_version: str,
    names: Sequence[str],
    queues: Sequence[str],
    limit: int,
) -> list[ClaimedWorkflow]:
    """Take up to `limit` workflows that are due or queued, most urgent first."""
    parameters = {
        "executor_id": executor_id,
        "app_version": app_version,
        "versions": session.array(sorted({app_version, ""})),
        "names": session.array(names),
        "queues": session.array(queues),
        "limit": limit,
    }
    rows = session.rows("workflow_claim", parameters)
    return claimed_workflows(rows)


def read_outcome(session: Session, workflow_id: str) -> RecordedOutcome | None:
    """Return status and payloads of a workflow, or None if there is none."""
    row = session.row("outcome_read", {"id": workflow_id})
    if row is None:
        return None
    return RecordedOutcome(status=row[0], name=row[1], output=row[2], error=row[3])


def cancel(session: Session, workflow_ids: Sequence[str]) -> dict[str, str]:
    """Cancel what has not ended; return what changed, ids to names."""
    parameters = {"ids": session.array(workflow_ids)}
    return {row[0]: row[1] for row in session.rows("workflow_cancel", parameters)}


def resume(
    session: Session, workflow_ids: Sequence[str], *, queue_name: str, app_version: str
) -> list[str]:
    """Let stopped or stranded workflows continue; return the ids changed."""
    parameters = {
        "ids": session.array(workflow_ids),
        "queue_name": queue_name,
        "app_version": app_version,
    }
    return [row[0] for row in session.rows("workflow_resume", parameters)]


def wake_waiting(session: Session, keys: Sequence[str]) -> bool:
    """Make due what waits unloaded for these keys; whether there was any."""
    # Together: once woken, a workflow may wait again, for other keys.
    with session.transaction():
        found = session.rows("waiting_wake", {"keys": session.array(keys)})
        woken = [row[0] for row in found]
        if woken:
            session.rows("waitingkey_delete", {"ids": session.array(woken)})
    return bool(woken)


def sweep_waiting(session: Session, limit: int) -> list[str]:
    """Make due what waits unloaded though its wake-up has come; return the ids."""
    return [row[0] for row in session.rows("waiting_sweep", {"limit": limit})]


def expire(session: Session, limit: int) -> dict[str, str]:
    """Cancel workflows whose deadline has passed; return them, ids to names."""
    rows = session.rows("workflows_expire", {"limit": limit})
    return {row[0]: row[1] for row in rows}


def statuses(session: Session, workflow_ids: Sequence[str]) -> dict[str, str]:
    """Return the status of each workflow that exists."""
    parameters = {"ids": session.array(workflow_ids)}
    return {row[0]: row[1] for row in session.rows("workflow_statuses", parameters)}


def active_children(
    session: Session, workflow_ids: Sequence[str], limit: int
) -> list[str]:
    """Return direct children that have not ended, at most `limit`."""
    parameters = {"ids": session.array(workflow_ids), "limit": limit}
    return [row[0] for row in session.rows("workflow_children", parameters)]


def owned(session: Session, executor_id: str) -> dict[str, int]:
    """Return the epoch of each workflow that the executor owns, by id."""
    parameters = {"executor_id": executor_id}
    return {row[0]: row[1] for row in session.rows("workflows_owned", parameters)}
