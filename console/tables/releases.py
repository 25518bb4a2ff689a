"""Versions of the application, and what is in flight of each."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from console import formats
from console.conf import COUNT_LIMIT
from console.tables.instants import Instant
from console.tables.versions import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """One version of the application."""

    name: str
    created_at: datetime | None  # None: no process of it ever registered
    last_seen_at: datetime | None
    current: bool  # of the process that serves this page
    latest: bool  # first seen last
    workers: int  # living processes that run it
    in_flight: int

    @property
    def stranded(self) -> bool:
        """Whether workflows wait for a version that nobody runs."""
        return bool(self.name and self.in_flight and not self.workers)

    @property
    def in_flight_text(self) -> str:
        """How many have not ended, bounded."""
        return formats.at_least(self.in_flight, COUNT_LIMIT)

    @property
    def created(self) -> Instant | None:
        """When it was seen first."""
        return None if self.created_at is None else Instant(at=self.created_at)

    @property
    def seen(self) -> Instant | None:
        """When a process of it registered last."""
        return None if self.last_seen_at is None else Instant(at=self.last_seen_at)

    @property
    def query(self) -> str:
        """Of the list of what is in flight."""
        return urlencode({"status": "ACTIVE", "app_version": self.name})

    @property
    def all_query(self) -> str:
        """Of the list of all its workflows."""
        return urlencode({"app_version": self.name})

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(*(getattr(self, name) for name in self.__dataclass_fields__))
