"""What a workflow has told and been told: events, messages, streams."""

from dataclasses import dataclass
from datetime import datetime

from console import formats
from console.tables.instants import Instant
from console.tables.payloads import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One value: an event's latest, a message, or an entry of a stream."""

    text: str | None  # the beginning, as stored; None: the end of a stream
    characters: int
    at: datetime

    @property
    def instant(self) -> Instant:
        """When it was said."""
        return Instant(at=self.at)

    @property
    def payload(self) -> Payload:
        """The value for reading."""
        return Payload(text=self.text or "", characters=self.characters, failure=None)

    @property
    def short(self) -> bool:
        """Whether it fits a line."""
        return self.text is not None and len(self.text) <= 100 and not self.opaque

    @property
    def opaque(self) -> str:
        """The serializer that alone can read it."""
        return self.payload.opaque

    @property
    def size(self) -> str:
        """How long the whole is."""
        return formats.size(self.characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(Said):
    """The latest value of a key."""

    key: str
    position: int

    @property
    def before(self) -> int:
        """The position before the step that set it."""
        return self.position - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow(Said):
    """One message, read or not."""

    id: int
    topic: str
    sender: str | None
    consumed_position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow(Said):
    """One entry of a stream."""

    offset: int
    closes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """One stream: how long it is and its newest entries, newest first."""

    key: str
    length: int
    closed: bool
    entries: tuple[EntryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """All of it, bounded."""

    events: tuple[EventRow, ...]
    messages: tuple[MessageRow, ...]
    streams: tuple[StreamRow, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing has been said."""
        return not (self.events or self.messages or self.streams)
