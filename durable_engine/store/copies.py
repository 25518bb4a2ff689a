"""Statements that make a workflow from another one, and that delete workflows."""

from collections.abc import Sequence

from durable_engine.store.dialects import Session

_PARTS = (
    "step_delete",
    "event_delete",
    "eventhistory_delete",
    "message_delete",
    "streamentry_delete",
    "transactioncheckpoint_delete",
    "waitingkey_delete",
)


def fork(
    session: Session,
    workflow_id: str,
    new_id: str,
    *,
    start_step: int,
    queue_name: str,
    app_version: str,
    keep_seed: bool,
) -> bool:
    """Copy a workflow up to a position, within the caller's transaction.

    Returns:
        False if there is no such workflow, or the new id is in use: then nothing
        is copied.
    """
    parameters = {
        "id": workflow_id,
        "new_id": new_id,
        "start_step": start_step,
        "queue_name": queue_name,
        "app_version": app_version,
        "keep_seed": keep_seed,
    }
    if not session.rows("fork_insert", parameters):
        return False
    # The steps first: what else is copied is copied for the steps that are there.
    session.rows("fork_steps", parameters)
    session.rows("fork_history", parameters)
    session.rows("fork_events", parameters)
    session.rows("fork_streams", parameters)
    return True


def failure(session: Session, workflow_id: str) -> tuple[int | None, int | None]:
    """Return the positions of the last failed and of the last completed step."""
    failed, completed = session.rows("failure_read", {"id": workflow_id})[0]
    return failed, completed


def failed_child(
    session: Session, workflow_id: str, position: int
) -> tuple[str, str, int] | None:
    """Return which child failed at a failed step, its status, and where it began.

    None where the step failed by itself, or waited for a workflow that is no child.
    """
    found = session.row("failure_child", {"id": workflow_id, "position": position})
    return None if found is None else (found[0], found[1], found[2])


def await_fork(
    session: Session,
    workflow_id: str,
    new_id: str,
    *,
    start_step: int,
    failed_id: str,
    child_id: str,
    begun_at: int,
) -> None:
    """Let a fork begin by waiting for the fork of the child that failed its origin.

    Args:
        session: in the transaction that makes both.
        workflow_id: the origin.
        new_id: its fork.
        start_step: the position that failed, where the fork begins.
        failed_id: the child that failed there.
        child_id: the fork of that child.
        begun_at: the position that began the child.
    """
    parameters = {
        "id": workflow_id,
        "new_id": new_id,
        "start_step": start_step,
        "failed_id": failed_id,
        "child_id": child_id,
        "begun_at": begun_at,
    }
    for statement in ("fork_adopt", "fork_exchange", "fork_await"):
        session.rows(statement, parameters)


def delete(session: Session, workflow_ids: Sequence[str]) -> list[str]:
    """Delete workflows and all that belongs to them, in one transaction."""
    with session.transaction():
        parameters = {"ids": session.array(workflow_ids)}
        gone = [row[0] for row in session.rows("workflow_delete", parameters)]
        delete_parts(session, gone)
    return gone


def delete_parts(session: Session, workflow_ids: Sequence[str]) -> None:
    """Delete what belongs to workflows whose rows this transaction deleted."""
    if not workflow_ids:
        return
    parameters = {"ids": session.array(workflow_ids)}
    for statement in _PARTS:
        session.rows(statement, parameters)


def delete_proofs(session: Session, workflow_ids: Sequence[str]) -> None:
    """Delete what workflows proved on this alias, which is not the engine's."""
    parameters = {"ids": session.array(workflow_ids)}
    session.rows("transactioncheckpoint_delete", parameters)


def offspring(session: Session, workflow_ids: Sequence[str], limit: int) -> list[str]:
    """Return the direct children of workflows, ended or not, at most `limit`."""
    parameters = {"ids": session.array(workflow_ids), "limit": limit}
    return [row[0] for row in session.rows("workflow_offspring", parameters)]


def set_attributes(
    session: Session, workflow_ids: Sequence[str], attributes: str | None
) -> list[str]:
    """Replace attributes (JSON text); return the ids changed."""
    parameters = {
        "ids": session.array(workflow_ids),
        "attributes": attributes,
    }
    return [row[0] for row in session.rows("attributes_update", parameters)]
