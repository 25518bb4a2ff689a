"""The step at which a workflow stands."""

from dataclasses import dataclass
from datetime import datetime

from console.tables.instants import Elapsed, Instant, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The step that goes on, or the one that failed. Holds no payload."""

    position: int
    name: str
    attempts: int
    since: datetime
    until: datetime | None  # of a sleep: the end that it will have
    failed: bool

    @property
    def function(self) -> str:
        """The last part of the step's name."""
        return self.name.rpartition(".")[2] or self.name

    @property
    def elapsed(self) -> Elapsed:
        """How long it has been going on."""
        return Elapsed(start=self.since, end=None)

    @property
    def due(self) -> Instant | None:
        """When it ends by itself, where that is known."""
        return instant(self.until)
