"""Statements about messages and events."""

from durable_engine.records import EventRow, MessageRow, ReceiveRow, StepRow
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import step_parameters

_NO_STEP = StepRow(
    workflow_id="", epoch=0, position=0, name="", started_at=0.0, completed_at=None
)


def write_event(
    session: Session, row: EventRow, executor_id: str, *, in_block: bool = False
) -> bool:
    """Publish a value, mostly with its step; False when the fence refused.

    In a block of the caller's the fence is not kept until its commit: what ends the
    block has one of its own, or is a step, which may be done more than once.
    """
    parameters = step_parameters(row.step, executor_id)
    parameters |= {"key": row.key, "value": row.value, "in_block": in_block}
    statement = "event_publish" if row.inside_step else "event_write"
    return bool(session.rows(statement, parameters))


def read_event(session: Session, workflow_id: str, key: str) -> str | None:
    """Return the latest value of an event as stored, or None."""
    row = session.row("event_read", {"workflow_id": workflow_id, "key": key})
    return None if row is None else row[0]


def read_events(session: Session, workflow_id: str) -> dict[str, str]:
    """Return the latest value of every event of a workflow, as stored."""
    rows = session.rows("events_read", {"workflow_id": workflow_id})
    return {row[0]: row[1] for row in rows}


def send(session: Session, row: MessageRow, executor_id: str) -> tuple[bool, bool]:
    """Send a message; return whether the destination exists and it was accepted."""
    parameters = step_parameters(row.step or _NO_STEP, executor_id)
    parameters |= {
        "has_step": row.step is not None,
        "destination_id": row.destination_id,
        "topic": row.topic,
        "body": row.body,
        "idempotency_key": row.idempotency_key,
        "sender_workflow_id": row.sender_workflow_id,
    }
    exists, accepted = session.rows("message_write", parameters)[0]
    return bool(exists), bool(accepted)


def has_unread(session: Session, workflow_id: str, topic: str) -> bool:
    """Whether an unread message of a topic waits for a workflow."""
    parameters = {"workflow_id": workflow_id, "topic": topic}
    return session.row("message_unread", parameters) is not None


def receive(
    session: Session, row: ReceiveRow, executor_id: str
) -> tuple[bool, str | None, bool]:
    """Take the oldest message; return (still owned, its body, taken now)."""
    parameters = step_parameters(row.step, executor_id) | {"topic": row.topic}
    owned, body, recorded = session.rows("message_receive", parameters)[0]
    return bool(owned), body, bool(recorded)
