"""Steps of a workflow, in a table."""

from dataclasses import dataclass
from datetime import datetime

from console import formats
from console.tables.instants import Elapsed, Instant, now
from console.tables.versions import digest
from durable_engine.states import StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One recorded position of a workflow. Holds no payload."""

    workflow_id: str
    position: int
    name: str
    child_workflow_id: str | None
    attempts: int
    started_at: datetime
    completed_at: datetime | None
    failed: bool
    first_started_at: datetime  # of the workflow's steps
    cut_off_at: datetime | None  # when the workflow ended, if it has

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(self.attempts, self.status, self.ended_at, self.failed)

    @property
    def status(self) -> StepState:
        """Derived: a step's status is not stored."""
        # A sleep is recorded with the end that it will have.
        if self.completed_at is None or self.completed_at > now():
            return StepState.PENDING
        return StepState.ERROR if self.failed else StepState.SUCCESS

    @property
    def module(self) -> str:
        """Where the step is defined: all of its name up to the last dot."""
        return self.name.removesuffix(self.function)

    @property
    def function(self) -> str:
        """The last part of the step's name."""
        return self.name.rpartition(".")[2] or self.name

    @property
    def ended_at(self) -> datetime | None:
        """When it stopped running: by itself, or because the workflow ended."""
        ends = [at for at in (self.completed_at, self.cut_off_at) if at is not None]
        end = min(ends, default=None)
        return end if end is not None and end <= now() else None

    @property
    def live(self) -> bool:
        """Whether the row may still change; recorded steps never do (I2)."""
        return self.status is StepState.PENDING

    @property
    def outcome(self) -> str:
        """Which payload there is to look at; empty while it runs."""
        if self.status is StepState.PENDING:
            return ""
        return "error" if self.failed else "output"

    @property
    def by_engine(self) -> bool:
        """Whether the engine made this step: a sleep, a message, an event."""
        return self.name.startswith("durable.")

    @property
    def began(self) -> str:
        """When it began, counted from the first step."""
        passed = self.started_at - self.first_started_at
        return formats.offset(passed.total_seconds())

    @property
    def started(self) -> Instant:
        """When it began."""
        return Instant(at=self.started_at)

    @property
    def elapsed(self) -> Elapsed:
        """How long it took, or has been taking."""
        return Elapsed(start=self.started_at, end=self.ended_at)
