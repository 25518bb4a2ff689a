"""Schedules: when they were and will be due, and what came of their last ticks.

What a tick started is found by its id, which is made of the schedule's name and the
tick's time: one look by primary key for all schedules of a page.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The times of a schedule around now; they stay until the next one comes."""

    made_of: tuple[object, ...]  # what they follow from
    past: tuple[datetime, ...]  # newest first
    upcoming: tuple[datetime, ...]
    words: str
    problem: str

    def holds(self, made_of: tuple[object, ...], now: datetime) -> bool:
        """Tell whether they would come out the same again."""
        due = bool(self.upcoming) and self.upcoming[0] <= now
        return self.made_of == made_of and not due


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
    plans = {row.name: _plan(row, now) for row in found}
    ids = [_id(name, tick) for name, plan in plans.items() for tick in plan.past]
    statuses = _statuses(ids)
    return [_row(row, plans[row.name], statuses, now) for row in found]


def _row(
    row: Schedule, plan: _Plan, statuses: dict[str, str], now: datetime
) -> ScheduleRow:
    return ScheduleRow(
        name=row.name,
        workflow_name=row.workflow_name,
        expression=row.expression,
        words=plan.words,
        timezone=row.timezone,
        queue_name=row.queue_name,
        paused=row.paused,
        automatic_backfill=row.automatic_backfill,
        declared_in_code=row.declared_in_code,
        ticks=tuple(_tick(row, tick, statuses, now) for tick in plan.past),
        upcoming=plan.upcoming,
        problem=plan.problem,
    )


_plans: dict[str, _Plan] = {}
"""By name: telling times is dear, and a page asks every second."""


def _plan(row: Schedule, now: datetime) -> _Plan:
    until = row.updated_at if row.paused else None
    made_of = (row.expression, row.timezone, row.active_since, until, row.last_slot)
    known = _plans.get(row.name)
    if known is not None and known.holds(made_of, now):
        return known
    if len(_plans) > 2 * MOST_SCHEDULES:
        _plans.clear()
    _plans[row.name] = plan = _planned(row, made_of, now)
    return plan


def _planned(row: Schedule, made_of: tuple[object, ...], now: datetime) -> _Plan:
    rhythm = (row.expression, row.timezone)
    # A paused schedule was last changed when it was paused.
    until = row.updated_at if row.paused else now
    try:
        past = _since(ticks_before(*rhythm, until), row.active_since)
        future = ticks_after(*rhythm, max(now, row.last_slot or now))
        return _Plan(
            made_of=made_of,
            past=tuple(islice(past, TICKS_SHOWN)),
            upcoming=() if row.paused else tuple(islice(future, UPCOMING_SHOWN)),
            words=explained(row.expression),
            problem="",
        )
    except ValueError as error:  # such as a time zone that this host does not know
        return _Plan(
            made_of=made_of,
            past=(),
            upcoming=(),
            words=row.expression,
            problem=str(error),
        )


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
