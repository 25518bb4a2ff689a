"""What is measured of the engine: bounded reads, one a second at most for everybody."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from console.queries.recent import recent
from console.queries.workload import NOW_SECONDS, QueueLoad, queues
from durable_engine import inspection
from durable_engine.clock import monotonic
from durable_engine.cron import missed_tick
from durable_engine.models import AlertState, Executor, Schedule, Tally

MOST_EXECUTORS = 500
MOST_SCHEDULES = 500
MOST_ALERTS = 500
MOST_TALLIES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSample:
    """A process as measured."""

    executor_id: str
    hostname: str
    app_version: str
    kind: str  # `worker`, or `client`: it only runs what is called in it
    draining: bool
    silent_seconds: float  # since its last heartbeat
    lease_seconds: float  # until its lease ends; negative: it has
    places: dict[str, tuple[int, int]]  # by kind: how many are taken, of how many

    @property
    def state(self) -> str:
        """Return `alive`, `draining` or `dead`."""
        if self.lease_seconds <= 0:
            return "dead"
        return "draining" if self.draining else "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSample:
    """A schedule as measured."""

    name: str
    paused: bool
    late_seconds: float  # since the first tick that should have started; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Everything that is measured, read at about one moment."""

    at: datetime  # the database's clock
    read_seconds: float
    unfinished: dict[tuple[str, str], int]  # by status and name of workflow
    queues: list[QueueLoad]
    oldest: dict[str, datetime]  # by queue: creation of what waits longest to begin
    executors: list[ExecutorSample]
    schedules: list[ScheduleSample]
    alerts: dict[str, int]  # troubles that go on now, by kind
    tallies: dict[str, dict[tuple[str, str], float]]  # by metric: name, label


def sample() -> Sample:
    """Read everything, or return what was read less than a second ago."""
    return recent("metrics", NOW_SECONDS, _read)


def _read() -> Sample:
    began = monotonic()
    now = inspection.database_now()
    return Sample(
        at=now,
        unfinished=inspection.unfinished_by_name(),
        queues=queues(),
        oldest=inspection.oldest_enqueued(),
        executors=_executors(now),
        schedules=[_schedule(one, now) for one in _schedules()],
        alerts=_alerts(),
        tallies=_tallies(),
        read_seconds=monotonic() - began,
    )


def _tallies() -> dict[str, dict[tuple[str, str], float]]:
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    columns = ("metric", "name", "label", "value")
    for metric, name, label, value in Tally.objects.values_list(*columns)[
        :MOST_TALLIES
    ]:
        found[metric][name, label] = value
    return dict(found)


def _executors(now: datetime) -> list[ExecutorSample]:
    rows = Executor.objects.order_by("-lease_expires_at")[:MOST_EXECUTORS]
    return [
        ExecutorSample(
            executor_id=row.id,
            hostname=row.hostname,
            app_version=row.app_version,
            kind=row.kind,
            draining=row.draining,
            silent_seconds=max((now - row.heartbeat_at).total_seconds(), 0.0),
            lease_seconds=(row.lease_expires_at - now).total_seconds(),
            places={
                "threads": (row.threads_busy, row.threads),
                "coroutines": (row.coroutines_busy, row.coroutines),
            },
        )
        for row in rows
    ]


def _schedules() -> list[Schedule]:
    return list(Schedule.objects.order_by("name")[:MOST_SCHEDULES])


def _schedule(row: Schedule, now: datetime) -> ScheduleSample:
    late_seconds = 0.0
    if not row.paused:
        since = max(row.active_since, row.last_slot or row.active_since)
        try:
            missed = missed_tick(row.expression, row.timezone, since, now)
        except ValueError:  # a time zone that this host does not know
            missed = None
        if missed is not None:
            late_seconds = (now - missed).total_seconds()
    return ScheduleSample(name=row.name, paused=row.paused, late_seconds=late_seconds)


def _alerts() -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    going_on = AlertState.objects.filter(raised=True, since__isnull=False)
    for kind in going_on.values_list("kind", flat=True)[:MOST_ALERTS]:
        found[kind] += 1
    return dict(found)
