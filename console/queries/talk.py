"""What a workflow has told and been told: the newest, and the beginning of each."""

from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.functions import Length, Substr

from console.conf import TALK_CHARACTERS, TALK_ROWS
from console.tables.talk import EntryRow, EventRow, MessageRow, StreamRow, Talk
from durable_engine.models import Event, Message, StreamEntry

_STREAM_ENTRIES = 20


def talk(workflow_id: str) -> Talk:
    """Read the newest of everything, the beginning of each value."""
    return Talk(
        events=_events(workflow_id),
        messages=_messages(workflow_id),
        streams=_streams(workflow_id),
    )


def _events(workflow_id: str) -> tuple[EventRow, ...]:
    found = Event.objects.filter(workflow_id=workflow_id).order_by("key")
    rows = _beginnings(found, "value").values_list(
        "key", "position", "updated_at", "beginning", "characters"
    )
    return tuple(
        EventRow(key=key, position=position, at=at, text=text, characters=characters)
        for key, position, at, text, characters in rows[:TALK_ROWS]
    )


def _messages(workflow_id: str) -> tuple[MessageRow, ...]:
    found = Message.objects.filter(workflow_id=workflow_id).order_by("-id")
    rows = _beginnings(found, "body").values(
        "id",
        "topic",
        "sender_workflow_id",
        "consumed_position",
        "created_at",
        "beginning",
        "characters",
    )
    return tuple(
        MessageRow(
            id=row["id"],
            topic=row["topic"],
            sender=row["sender_workflow_id"],
            consumed_position=row["consumed_position"],
            at=row["created_at"],
            text=row["beginning"],
            characters=row["characters"],
        )
        for row in rows[:TALK_ROWS]
    )


def _streams(workflow_id: str) -> tuple[StreamRow, ...]:
    found = StreamEntry.objects.filter(workflow_id=workflow_id)
    keys = found.values("key").annotate(last=Max("offset")).order_by("key")
    return tuple(
        _stream(found.filter(key=row["key"]), row["key"], row["last"])
        for row in keys[:_STREAM_ENTRIES]
    )


def _stream(found: QuerySet[Any], key: str, last: int) -> StreamRow:
    rows = _beginnings(found.order_by("-offset"), "value").values_list(
        "offset", "closes", "created_at", "beginning", "characters"
    )
    entries = tuple(
        EntryRow(offset=offset, closes=closes, at=at, text=text, characters=size or 0)
        for offset, closes, at, text, size in rows[:_STREAM_ENTRIES]
    )
    closed = bool(entries) and entries[0].closes
    return StreamRow(
        key=key, length=last + (0 if closed else 1), closed=closed, entries=entries
    )


def _beginnings(found: QuerySet[Any], column: str) -> QuerySet[Any]:
    annotated: QuerySet[Any] = found.annotate(
        beginning=Substr(column, 1, TALK_CHARACTERS), characters=Length(column)
    )
    return annotated
