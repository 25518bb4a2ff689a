"""Statements about schedules."""

from collections.abc import Sequence
from dataclasses import asdict

from durable_engine.records import NewWorkflow, ScheduleRow
from durable_engine.store import workflows
from durable_engine.store.dialects import Session

MOST_SCHEDULES = 10_000


def read_all(session: Session) -> list[ScheduleRow]:
    """Return every schedule by name, at most 10,000."""
    return _read(session, None)


def read_one(session: Session, name: str) -> ScheduleRow | None:
    """Return the schedule of that name, or None."""
    return next(iter(_read(session, name)), None)


def _read(session: Session, name: str | None) -> list[ScheduleRow]:
    parameters = {"name": name, "limit": MOST_SCHEDULES}
    return [
        ScheduleRow(
            name=row[0],
            workflow_name=row[1],
            expression=row[2],
            timezone=row[3],
            context=row[4],
            queue_name=row[5],
            automatic_backfill=bool(row[6]),
            declared_in_code=bool(row[7]),
            paused=bool(row[8]),
            last_slot=row[9],
            active_since=row[10],
            created_at=row[11],
        )
        for row in session.rows("schedules_read", parameters)
    ]


def write(session: Session, schedule: ScheduleRow, *, replace: bool) -> bool:
    """Insert a schedule, or replace one; False when nothing had to be written."""
    parameters = asdict(schedule) | {"replace": replace}
    return bool(session.rows("schedule_write", parameters))


def fire(
    session: Session,
    schedule: ScheduleRow,
    slot: float,
    workflow: NewWorkflow,
    grace_seconds: float,
) -> bool:
    """Start the workflow of one tick; False when the tick is not the caller's.

    Guarantees: the tick is noted and the workflow inserted in one transaction.
    """
    parameters = asdict(schedule) | {"slot": slot, "grace_seconds": grace_seconds}
    with session.transaction():
        if not session.rows("schedule_fire", parameters):
            return False
        workflows.insert(session, [workflow])
    return True


def start(session: Session, rows: Sequence[NewWorkflow]) -> None:
    """Insert workflows of ticks that are not noted; those that exist stay."""
    workflows.insert(session, rows)


def pause(session: Session, name: str, *, paused: bool) -> bool:
    """Pause or resume a schedule; False if there is none."""
    return bool(session.rows("schedule_pause", {"name": name, "paused": paused}))


def delete(session: Session, name: str) -> bool:
    """Delete a schedule; False if there was none."""
    return bool(session.rows("schedule_delete", {"name": name}))
