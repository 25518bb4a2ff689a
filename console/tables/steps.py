"""Steps of a workflow, in a table and on a timeline, and payloads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from console import formats
from console.tables.instants import Elapsed, Instant, now
from console.tables.versions import digest
from durable_engine.serialization.failures import RecordedError
from durable_engine.states import StepState

_FOREIGN = re.compile(r"!([a-z][a-z0-9_-]{0,30})!")  # how such a payload begins
LANE_PIXELS, LANE_GAP_PIXELS = 16, 3
MOST_LANES = 12
LEAST_PERCENT = 0.2  # a bar that short can still be seen


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One step on the timeline; lengths in percent of the whole."""

    step: StepRow
    x: str
    width: str
    lane: int

    @property
    def y(self) -> int:
        """The upper edge of its lane in pixels."""
        return self.lane * LANE_PIXELS

    @property
    def title(self) -> str:
        """What a pointer resting on it is told."""
        return f"{self.step.position} · {self.step.name} · {self.step.elapsed.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When each step ran, as bars; steps that overlap lie in different lanes."""

    segments: tuple[Segment, ...]
    start: datetime
    end: datetime

    @property
    def height(self) -> int:
        """Of all lanes together, in pixels."""
        lanes = 1 + max((segment.lane for segment in self.segments), default=0)
        return lanes * LANE_PIXELS - LANE_GAP_PIXELS

    @property
    def length(self) -> str:
        """The time from the first beginning to the last end."""
        return formats.duration((self.end - self.start).total_seconds())

    @property
    def version(self) -> str:
        """Changes when a bar does; while the workflow runs, at every call."""
        return digest(self.end, *(s.step.version for s in self.segments))

    @classmethod
    def of(cls, steps: Sequence[StepRow]) -> Self | None:
        """Lay steps out, in order of position; None: there are none."""
        if not steps:
            return None
        today = now()
        start = min(step.started_at for step in steps)
        ends = [max(step.ended_at or today, step.started_at) for step in steps]
        # What the workflow does now is recorded when it is done.
        end_of_all = max(ends) if steps[-1].cut_off_at else max(today, *ends)
        whole = max((end_of_all - start).total_seconds(), 1e-6)
        free: list[datetime] = []
        segments = []
        for step, end in zip(steps, ends, strict=True):
            lane = _free_lane(free, step.started_at, end)
            x = 100 * (step.started_at - start).total_seconds() / whole
            width = 100 * (end - step.started_at).total_seconds() / whole
            shown = max(width, LEAST_PERCENT)
            segments.append(
                Segment(
                    step=step,
                    x=f"{min(x, 100 - shown):.3f}%",
                    width=f"{shown:.3f}%",
                    lane=lane,
                )
            )
        return cls(segments=tuple(segments), start=start, end=end_of_all)


def _free_lane(free: list[datetime], start: datetime, end: datetime) -> int:
    """Take the first lane that is free at `start` until `end`; the last if none is."""
    for lane, since in enumerate(free):
        if since <= start:
            free[lane] = end
            return lane
    if len(free) < MOST_LANES:
        free.append(end)
    return len(free) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The beginning of an input, output or error, as stored."""

    text: str
    characters: int
    failure: RecordedError | None  # what the text says, if it is an error's

    @property
    def opaque(self) -> str:
        """The serializer that alone can read it; empty if people can."""
        found = _FOREIGN.match(self.text)
        return found[1] if found else ""

    @property
    def readable(self) -> str:
        """The text laid out for reading."""
        return formats.indented(self.text)

    @property
    def cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.characters > len(self.text)

    @property
    def size(self) -> str:
        """The length of the whole."""
        return formats.size(self.characters)
