"""Reading what a workflow tells the world and is told: events, messages, streams.

Pages by keyset. Values are decoded, whole; a caller that has to bound its memory looks
at their sizes first.
"""

from durable_engine.inspection.decoding import readable
from durable_engine.models import Event, Message, StreamEntry
from durable_engine.records import EventInfo, MessageInfo, StreamEntryInfo
from durable_engine.runtime.engine import engine


def list_events(
    workflow_id: str, *, after: str = "", limit: int = 1000
) -> list[EventInfo]:
    """Return the latest values of a workflow's events, by key.

    Args:
        workflow_id: whose; an unknown one has none.
        after: only keys after this one.
        limit: most rows.
    """
    serializer = engine().serializer
    rows = Event.objects.filter(workflow_id=workflow_id, key__gt=after)
    return [
        EventInfo(
            key=row.key,
            value=readable(serializer, row.value),
            position=row.position,
            updated_at=row.updated_at,
        )
        for row in rows.order_by("key")[:limit]
    ]


def list_messages(
    workflow_id: str, *, after: int = 0, limit: int = 1000
) -> list[MessageInfo]:
    """Return the messages sent to a workflow, received or not, in order.

    Args:
        workflow_id: whose; an unknown one has none.
        after: only messages after the one with this id.
        limit: most rows.
    """
    serializer = engine().serializer
    rows = Message.objects.filter(workflow_id=workflow_id, id__gt=after)
    return [
        MessageInfo(
            id=row.id,
            topic=row.topic or None,
            message=readable(serializer, row.body),
            idempotency_key=row.idempotency_key,
            sender_workflow_id=row.sender_workflow_id,
            created_at=row.created_at,
            consumed_position=row.consumed_position,
        )
        for row in rows.order_by("id")[:limit]
    ]


def list_stream(
    workflow_id: str, key: str, *, after: int = -1, limit: int = 1000
) -> list[StreamEntryInfo]:
    """Return the entries of a stream that are there, in order.

    Args:
        workflow_id: whose; an unknown one has none.
        key: of the stream.
        after: only entries after this offset.
        limit: most rows.
    """
    serializer = engine().serializer
    rows = StreamEntry.objects.filter(
        workflow_id=workflow_id, key=key, offset__gt=after
    )
    return [
        StreamEntryInfo(
            offset=row.offset,
            value=None if row.value is None else readable(serializer, row.value),
            closes=row.closes,
            created_at=row.created_at,
        )
        for row in rows.order_by("offset")[:limit]
    ]
