"""The timeline of a workflow: bars in lanes, with a scale of time.

Up to `TIMELINE_BARS` steps have a bar each; beyond that neighbours share one, so that a
workflow of any length is one picture of bounded size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.utils.translation import gettext as _

from console import formats
from console.tables.instants import Elapsed, now
from console.tables.versions import digest
from durable_engine.states import StepState

LANE_PIXELS, BAR_PIXELS, HEAD_PIXELS = 24, 19, 24
MOST_LANES = 14
LEAST_PERCENT = 0.15  # a bar that short can still be seen
MOST_TICKS = 7
_LABEL_PERCENT = 6.0  # of the picture's width, which a label needs
_ZOOMS = 7
_WAITS = frozenset(
    f"durable.{name}"
    for name in (
        "sleep",
        "recv",
        "get_event",
        "get_result",
        "wait_first",
        "asyncio_wait",
        "read_stream",
    )
)
_NICE_SECONDS = (
    *(base * 10.0**power for power in range(-3, 1) for base in (1, 2, 5)),
    *(10.0, 20.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(3600.0 * hours for hours in (1, 2, 6, 12)),
    *(86_400.0 * days for days in (1, 2, 7, 30, 90, 365, 3650)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step, or several that stand beside each other."""

    first: int  # position
    last: int
    name: str
    child_workflow_id: str | None
    attempts: int
    started_at: datetime
    completed_at: datetime | None  # None: not all have ended
    failed: int
    cut_off_at: datetime | None  # when the workflow ended, if it has

    @property
    def grouped(self) -> bool:
        """Whether it stands for several steps."""
        return self.last > self.first

    @property
    def before(self) -> int:
        """The position before it."""
        return self.first - 1

    @property
    def end(self) -> datetime | None:
        """When it stopped running; None: it has not."""
        ends = [at for at in (self.completed_at, self.cut_off_at) if at is not None]
        found = min(ends, default=None)
        return found if found is not None and found <= now() else None

    @property
    def status(self) -> StepState:
        """As the table of steps shows it; of several, the worst."""
        if self.failed:
            return StepState.ERROR
        return StepState.SUCCESS if self._ended else StepState.PENDING

    @property
    def kind(self) -> str:
        """`group`, `child`, `wait` or `step`, for its look."""
        if self.grouped:
            return "group"
        if self.child_workflow_id:
            return "child"
        return "wait" if self.name in _WAITS else "step"

    @property
    def label(self) -> str:
        """What is written on the bar."""
        if self.grouped:
            return f"{self.first}–{self.last}"  # noqa: RUF001 - a range
        name = self.name.rpartition(".")[2]
        tries = f" ×{self.attempts}" if self.attempts > 1 else ""  # noqa: RUF001 - times
        return f"{name}{tries}"

    @property
    def title(self) -> str:
        """What a pointer resting on it, or a screen reader, is told."""
        length = Elapsed(start=self.started_at, end=self.end).text
        if self.grouped:
            text = _("steps %(first)d to %(last)d, %(failed)d failed · %(length)s")
            return text % {
                "first": self.first,
                "last": self.last,
                "failed": self.failed,
                "length": length,
            }
        tries = _(" · %d attempts") % self.attempts if self.attempts > 1 else ""
        return f"{self.first} · {self.name} · {self.status} · {length}{tries}"

    @property
    def version(self) -> str:
        """Changes when its look does."""
        return f"{self.last} {self.status} {self.end} {self.attempts}"

    @property
    def _ended(self) -> bool:
        return self.completed_at is not None and self.completed_at <= now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One span where it is drawn; lengths across in percent of the whole."""

    span: Span
    x: str
    width: str
    lane: int

    @property
    def room(self) -> int:
        """How many times the picture is doubled until its label has room."""
        percent = float(self.width.removesuffix("%"))
        return next(
            (n for n in range(_ZOOMS) if percent * 2**n >= _LABEL_PERCENT), _ZOOMS
        )

    @property
    def y(self) -> int:
        """The upper edge in pixels."""
        return HEAD_PIXELS + self.lane * LANE_PIXELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One mark of the scale; a finer one is shown when there is room for it."""

    x: str
    text: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When each step ran; steps that overlap lie in different lanes."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    start: datetime
    end: datetime

    @property
    def height(self) -> int:
        """Of the whole picture, in pixels."""
        lanes = 1 + max((bar.lane for bar in self.bars), default=0)
        return HEAD_PIXELS + lanes * LANE_PIXELS

    @property
    def length(self) -> str:
        """The time from the first beginning to the last end."""
        return formats.duration((self.end - self.start).total_seconds())

    @property
    def version(self) -> str:
        """Changes when a bar does; while the workflow runs, at every call."""
        return digest(self.end, *(bar.span.version for bar in self.bars))

    @property
    def grouped(self) -> bool:
        """Whether steps share bars."""
        return any(bar.span.grouped for bar in self.bars)

    @property
    def steps(self) -> int:
        """How many steps it shows."""
        return sum(bar.span.last - bar.span.first + 1 for bar in self.bars)

    @property
    def steps_text(self) -> str:
        """The same for people."""
        return f"{self.steps:,}"

    @classmethod
    def of(cls, spans: Sequence[Span]) -> Self | None:
        """Lay spans out, in order of position; None: there are none."""
        if not spans:
            return None
        today = now()
        start = min(span.started_at for span in spans)
        ends = [max(span.end or today, span.started_at) for span in spans]
        # What the workflow does now is recorded when it is done.
        end = max(ends) if spans[-1].cut_off_at else max(today, *ends)
        whole = max((end - start).total_seconds(), 1e-6)
        bars = _laid(spans, ends, start, whole)
        return cls(bars=tuple(bars), ticks=tuple(_scale(whole)), start=start, end=end)


def _laid(
    spans: Sequence[Span], ends: Sequence[datetime], start: datetime, whole: float
) -> Iterator[Bar]:
    free: list[datetime] = []
    for span, end in zip(spans, ends, strict=True):
        lane = _free_lane(free, span.started_at, end)
        x = 100 * (span.started_at - start).total_seconds() / whole
        width = 100 * (end - span.started_at).total_seconds() / whole
        shown = max(width, LEAST_PERCENT)
        left = min(x, 100 - shown)
        yield Bar(span=span, x=f"{left:.3f}%", width=f"{shown:.3f}%", lane=lane)


def _free_lane(free: list[datetime], start: datetime, end: datetime) -> int:
    """Take the first lane that is free at `start` until `end`; the last if none is."""
    for lane, since in enumerate(free):
        if since <= start:
            free[lane] = end
            return lane
    if len(free) < MOST_LANES:
        free.append(end)
    return len(free) - 1


def _scale(whole: float) -> Iterator[Tick]:
    """Mark round times: few at first, five times as many at each closer look."""
    coarse = next((s for s in _NICE_SECONDS if whole / s <= MOST_TICKS), whole)
    fine = coarse / 25
    for number in range(int(whole / fine) + 1):
        seconds = number * fine
        level = 0 if number % 25 == 0 else 1 if number % 5 == 0 else 2
        yield Tick(
            x=f"{100 * seconds / whole:.3f}%",
            text=_round(seconds),
            level=level,
        )


def _round(seconds: float) -> str:
    """Write a round time without zeros: `20 s`, `1 m`, `1 h 20 m`."""
    for unit in (formats.DAY, formats.HOUR, formats.MINUTE, 1):
        if seconds >= unit and seconds % unit == 0:
            return formats.coarse_duration(seconds)
        if seconds >= unit:
            break
    return formats.duration(seconds) if seconds else "0"
