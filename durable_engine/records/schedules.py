"""Schedules: as declared, as stored, and as the public API shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule as stored; instants are seconds since the epoch."""

    name: str
    workflow_name: str
    expression: str
    timezone: str
    context: str | None = None  # a payload
    queue_name: str | None = None  # None: past all queues
    automatic_backfill: bool = False
    declared_in_code: bool = False
    paused: bool = False
    last_slot: float | None = None  # the newest tick that was started
    active_since: float = 0.0  # ticks before are not missed
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleInfo:
    """One schedule as the public API shows it; instants are aware datetimes."""

    schedule_name: str
    workflow_name: str
    schedule: str  # the cron expression
    cron_timezone: str
    context: Any
    queue_name: str | None
    automatic_backfill: bool
    declared_in_code: bool
    status: str  # ACTIVE or PAUSED
    last_fired_at: datetime | None  # the newest tick that was started
    next_fire_at: datetime | None  # None: paused, or never again
    created_at: datetime

    @property
    def name(self) -> str:
        """The schedule's name, under its second name."""
        return self.schedule_name
