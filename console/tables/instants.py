"""Points and lengths of time in a table."""

from dataclasses import dataclass
from datetime import datetime

from console import formats
from durable_engine.clock import from_epoch, wall_epoch


def now() -> datetime:
    """Return the instant that ages and running durations are counted to."""
    return from_epoch(wall_epoch())


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A point in time as pages show it: how long ago, with the whole on hover."""

    at: datetime

    @property
    def iso(self) -> str:
        """For the `datetime` attribute, which the browser counts on from."""
        return self.at.isoformat(timespec="milliseconds")

    @property
    def age(self) -> str:
        """`12 s ago`, as of now."""
        return formats.age(self.at, now())

    @property
    def absolute(self) -> str:
        """The instant to the second in the current time zone."""
        return formats.absolute(self.at)


def instant(at: datetime | None) -> Instant | None:
    """Wrap an instant for a template, if there is one."""
    return None if at is None else Instant(at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """How long something took, or has been taking since `start`."""

    start: datetime
    end: datetime | None

    @property
    def running(self) -> bool:
        """Whether the browser goes on counting."""
        return self.end is None

    @property
    def since(self) -> str:
        """For the attribute that the browser counts from."""
        return self.start.isoformat(timespec="milliseconds")

    @property
    def text(self) -> str:
        """The length as of now."""
        end = self.end or now()
        return formats.duration((end - self.start).total_seconds())
