"""Schedules: when they were and will be due, and what came of their last ticks.

What a tick started is found by its id, which is made of the schedule's name and the
tick's time: one look by primary key for all schedules of a page.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import islice

from console.queries.recent import recent
from console.tables.schedules import Missing, Preview, ScheduleRow, Tick
from durable_engine import inspection
from durable_engine.conf import settings
from durable_engine.cron import explained, ticks_after, ticks_before, ticks_between
from durable_engine.models import Schedule, Workflow

MOST_SCHEDULES = 500
TICKS_SHOWN = 10
UPCOMING_SHOWN = 5
PREVIEW_TICKS = 10_000
NOW_SECONDS = 1.0
_IDS_AT_ONCE = 500


def all_rows(*, fresh: bool = False) -> list[ScheduleRow]:
    """Read every schedule by name, with its last and next ticks.

    Args:
        fresh: read now, not what was read a moment ago.
    """
    return recent("schedules", 0.0 if fresh else NOW_SECONDS, _read)


def row_named(name: str, *, fresh: bool = False) -> ScheduleRow | None:
    """Read one schedule; None: there is none of that name."""
    return next((row for row in all_rows(fresh=fresh) if row.name == name), None)


def preview(name: str, start: datetime, end: datetime) -> Preview:
    """Say what a backfill would start, without starting anything.

    Raises:
        ValueError: the schedule is due more than 10,000 times between the two.
        Schedule.DoesNotExist: there is no such schedule.
    """
    row = Schedule.objects.get(pk=name)
    ticks = ticks_between(row.expression, row.timezone, start, end, PREVIEW_TICKS)
    there = len(_statuses([_id(name, tick) for tick in ticks]))
    return Preview(
        ticks=len(ticks),
        there=there,
        first=ticks[0] if ticks else None,
        last=ticks[-1] if ticks else None,
    )


def _read() -> list[ScheduleRow]:
    now = inspection.database_now()
    found = list(Schedule.objects.order_by("name")[:MOST_SCHEDULES])
    past = {row.name: _past(row, now) for row in found}
    ids = [_id(name, tick) for name, ticks in past.items() for tick in ticks]
    statuses = _statuses(ids)
    return [_row(row, past[row.name], statuses, now) for row in found]


def _row(
    row: Schedule, past: list[datetime], statuses: dict[str, str], now: datetime
) -> ScheduleRow:
    problem, upcoming = "", []
    try:
        if not row.paused:
            after = max(now, row.last_slot or now)
            ticks = ticks_after(row.expression, row.timezone, after)
            upcoming = list(islice(ticks, UPCOMING_SHOWN))
        words = explained(row.expression)
    except ValueError as error:
        problem, words = str(error), row.expression
    return ScheduleRow(
        name=row.name,
        workflow_name=row.workflow_name,
        expression=row.expression,
        words=words,
        timezone=row.timezone,
        queue_name=row.queue_name,
        paused=row.paused,
        automatic_backfill=row.automatic_backfill,
        declared_in_code=row.declared_in_code,
        ticks=tuple(_tick(row, tick, statuses, now) for tick in past),
        upcoming=tuple(upcoming),
        problem=problem,
    )


def _past(row: Schedule, now: datetime) -> list[datetime]:
    """Return the last ticks at which the schedule was to start something."""
    # A paused schedule was last changed when it was paused.
    until = row.updated_at if row.paused else now
    try:
        ticks = ticks_before(row.expression, row.timezone, until)
        return list(islice(_since(ticks, row.active_since), TICKS_SHOWN))
    except ValueError:
        return []


def _since(ticks: Iterator[datetime], start: datetime) -> Iterator[datetime]:
    for tick in ticks:
        if tick <= start:
            return
        yield tick


def _tick(
    row: Schedule, tick: datetime, statuses: dict[str, str], now: datetime
) -> Tick:
    workflow_id = _id(row.name, tick)
    status = statuses.get(workflow_id)
    missing = None
    if status is None:
        grace = timedelta(seconds=settings().lease_seconds)
        newer = row.last_slot is None or row.last_slot < tick
        if now - tick <= grace and newer and not row.paused:
            missing = Missing.DUE
        elif row.automatic_backfill and newer and not row.paused:
            missing = Missing.WAITING
        else:
            missing = Missing.MISSED
    return Tick(at=tick, workflow_id=workflow_id, status=status, missing=missing)


def _statuses(workflow_ids: Collection[str]) -> dict[str, str]:
    wanted = list(workflow_ids)
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _IDS_AT_ONCE):
        batch = Workflow.objects.filter(id__in=wanted[first : first + _IDS_AT_ONCE])
        found |= dict(batch.values_list("id", "status"))
    return found


def _id(name: str, tick: datetime) -> str:
    """Return the id of the workflow of a tick: part of the engine's contract."""
    return f"sched-{name}-{tick.isoformat()}"
