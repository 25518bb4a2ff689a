"""What is wrong at this moment: bounded reads, and no memory.

Called by `watch` only. Each function looks for one kind of trouble, and is not called
where the setting switches that kind off.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from durable_engine.clock import from_epoch
from durable_engine.cron import missed_tick
from durable_engine.records import ScheduleRow
from durable_engine.records.alerts import AlertKind, Trouble
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.store import executors, queues, schedules, statistics, tallies
from durable_engine.store.session import Session
from durable_engine.thresholds import AlertSettings

_MOST_HEADS = 1_000
_MOST_DEAD = 100
_COUNTED_ROWS = 1_000
_IDS_SHOWN = 10

Failed = tuple[str, str, float]  # id, name, epoch seconds of its end


def found(session: Session, settings: AlertSettings, now: float) -> list[Trouble]:
    """Return what is wrong, but failures, which are news and no state.

    Args:
        session: of the engine.
        settings: which kinds, and from when on.
        now: epoch seconds of the database.
    """
    troubles: list[Trouble] = []
    if settings.queue_stuck_seconds is not None:
        troubles += _queues(session, settings.queue_stuck_seconds, now)
    if settings.schedule_missed_seconds is not None:
        rows = schedules.read_all(session)
        troubles += _schedules(rows, settings.schedule_missed_seconds, now)
    if settings.executor_dead_seconds is not None:
        troubles += _dead(session, settings.executor_dead_seconds)
    if settings.version_stranded_seconds is not None:
        troubles += _stranded(session, settings.version_stranded_seconds)
    if settings.no_worker_seconds is not None and not executors.versions_alive(session):
        message = "no worker is alive: nothing that is started or enqueued runs"
        troubles.append(
            Trouble(
                kind=AlertKind.NO_WORKER,
                subject="",
                message=message,
                after_seconds=settings.no_worker_seconds,
            )
        )
    return troubles


def failures(failed: Iterable[Failed]) -> list[Trouble]:
    """Return workflows that failed, newest first, as one trouble a name."""
    by_name: dict[str, list[Failed]] = defaultdict(list)
    for one in failed:
        by_name[one[1]].append(one)
    return [
        Trouble(
            kind=AlertKind.WORKFLOW_FAILED,
            subject=name,
            message="",  # depends on how many were not told of before
            since=some[-1][2],
            count=len(some),
            workflow_ids=tuple(one[0] for one in some[:_IDS_SHOWN]),
        )
        for name, some in by_name.items()
    ]


def _queues(session: Session, seconds: float, now: float) -> Iterator[Trouble]:
    """Yield queues whose oldest waits, while nothing was taken for as long."""
    oldest = statistics.queues_oldest(session, _MOST_HEADS)
    if not any(now - since >= seconds for since in oldest.values()):
        return
    taken = tallies.last_starts(session)
    known = {row[0]: row for row in queues.read(session)}
    for queue, since in sorted(oldest.items()):
        _, declared, overridden, paused, _ = known.get(queue, (queue, {}, {}, False, 0))
        # A slow rate is no trouble: what it holds back waits a period by design.
        limiter = {**declared, **overridden}.get("limiter") or {}
        patience = seconds + float(limiter.get("period") or 0.0)
        idle_since = max(since, taken.get(queue, 0.0))
        if paused or now - idle_since < patience:
            continue
        what = f"the queue {queue!r}" if queue != INTERNAL_QUEUE else "direct starts"
        yield Trouble(
            kind=AlertKind.QUEUE_STUCK,
            subject=queue,
            message=(
                f"{what} is stuck: its oldest workflow waits for {now - since:.0f} s, "
                f"and nothing was taken from it for {now - idle_since:.0f} s"
            ),
            since=idle_since,
        )


def _schedules(
    rows: Iterable[ScheduleRow], seconds: float, now: float
) -> Iterator[Trouble]:
    """Yield schedules with a tick that should have started long ago."""
    for row in rows:
        if row.paused:
            continue
        since = from_epoch(max(row.active_since, row.last_slot or 0.0))
        until = from_epoch(now)
        try:
            missed = missed_tick(row.expression, row.timezone, since, until)
        except ValueError:  # a time zone that this host does not know
            continue
        if missed is None or now - missed.timestamp() < seconds:
            continue
        yield Trouble(
            kind=AlertKind.SCHEDULE_MISSED,
            subject=row.name,
            message=f"the schedule {row.name!r} has not started its tick of "
            f"{missed.isoformat()}",
            since=missed.timestamp(),
        )


def _dead(session: Session, seconds: float) -> Iterator[Trouble]:
    """Yield processes without a lease whose workflows nobody has taken over."""
    for executor_id in executors.dead_owners(session, _MOST_DEAD):
        yield Trouble(
            kind=AlertKind.EXECUTOR_DEAD,
            subject=executor_id,
            message=f"the process {executor_id!r} is dead and still owns workflows, "
            "which nobody takes over",
            after_seconds=seconds,
        )


def _stranded(session: Session, seconds: float) -> Iterator[Trouble]:
    """Yield versions with workflows in flight that no live worker runs."""
    for name, rows in sorted(
        executors.versions_stranded(session, _COUNTED_ROWS).items()
    ):
        number = f"{rows}" if rows < _COUNTED_ROWS else f"{rows} or more"
        yield Trouble(
            kind=AlertKind.VERSION_STRANDED,
            subject=name,
            message=f"no worker runs version {name!r}, which has {number} workflows "
            "in flight: start one, or resume them on the current version",
            after_seconds=seconds,
        )
