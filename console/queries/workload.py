"""What goes on and went on lately: bounded reads, shared by all pages of a process."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console.queries.executors import none_alive
from console.queries.recent import recent
from console.spans import Span
from durable_engine import client, inspection
from durable_engine.models import Executor, Workflow
from durable_engine.records import Failure, InFlight, QueueInfo, Slice

NOW_SECONDS = 1.0
"""How old what is shown of the present may be."""

SAMPLE_ROWS = 300
"""Workflows read of each slice of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was started and what failed in a range of time."""

    span: Span
    start: datetime
    until: datetime  # the database's clock
    slices: list[Slice]
    failures: list[Failure]  # newest first, 10,000 at most

    @property
    def started(self) -> int:
        """How many workflows were created, about where `exact` is false."""
        return sum(one.created for one in self.slices)

    @property
    def exact(self) -> bool:
        """Whether every slice was counted to its end."""
        return all(one.exact for one in self.slices)

    @property
    def seconds(self) -> float:
        """The length of the range so far."""
        return max((self.until - self.start).total_seconds(), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """A queue, with since when its oldest workflow waits to begin."""

    info: QueueInfo
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is in flight now, and who could run it."""

    in_flight: InFlight
    oldest: datetime | None  # creation of what waits longest to begin
    deserted: bool  # no process is there to run anything
    begun: bool  # whether anything was ever started here


def history(span: Span) -> History:
    """Read what was started and what failed in a range of time."""

    def read() -> History:
        now = inspection.database_now()
        start = span.start(now)
        return History(
            span=span,
            start=start,
            until=min(span.until or now, now),
            slices=inspection.created_by_slice(
                start, float(span.slice_seconds), span.slices, sample_rows=SAMPLE_ROWS
            ),
            failures=inspection.newest_failures(start, until=span.until),
        )

    return recent(f"history:{span.key}", span.fresh_seconds, read)


def present() -> Present:
    """Read what is in flight."""

    def read() -> Present:
        oldest = inspection.oldest_enqueued().values()
        return Present(
            in_flight=inspection.in_flight(),
            oldest=min(oldest, default=None),
            deserted=none_alive(),
            begun=Workflow.objects.exists() or Executor.objects.exists(),
        )

    return recent("present", NOW_SECONDS, read)


def queues(*, fresh: bool = False) -> list[QueueLoad]:
    """Read every queue by name, each with its depth and its oldest workflow.

    Args:
        fresh: read now, not what was read a moment ago.
    """

    def read() -> list[QueueLoad]:
        oldest = inspection.oldest_enqueued()
        return [
            QueueLoad(info=info, oldest=oldest.get(info.name))
            for info in client.list_queues()
        ]

    return recent("queues", 0.0 if fresh else NOW_SECONDS, read)


def latest_failures(limit_rows: int) -> list[str]:
    """Return the ids of what failed last within thirty days, the newest first."""

    def read() -> list[str]:
        since = inspection.database_now() - timedelta(days=30)
        found = inspection.newest_failures(since, limit_rows)
        return [one.workflow_id for one in found]

    return recent(f"failures:{limit_rows}", NOW_SECONDS, read)
