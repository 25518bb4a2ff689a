"""What goes on, in numbers; instants are aware datetimes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledWorkflow:
    """One workflow of a sample."""

    name: str
    status: str
    ran_seconds: float | None  # from its beginning to its end, if it has ended
    queued_seconds: float | None  # from its creation to its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The workflows that were created in a slice of time.

    `sample` holds the first of them: all, where there are no more than asked for.
    """

    start: datetime
    seconds: float
    created: int
    exact: bool  # False: `created` is an estimate
    sample: tuple[SampledWorkflow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A workflow that failed: in error, or given up."""

    workflow_id: str
    name: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """How many workflows have not ended; counts end at a bound."""

    enqueued: int
    delayed: int
    waiting: int  # unloaded: asleep, or until something happens
    held: int  # by a process: running, or waiting in its memory

    @property
    def pending(self) -> int:
        """Those that have begun."""
        return self.waiting + self.held
