"""Schedules in a test: every tick that time has passed over starts its workflow.

As if a worker had been there all the time, however far the test moves the clock at
once.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from durable_engine.clock import from_epoch
from durable_engine.cron import ticks_after
from durable_engine.records import ScheduleRow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.ticks import tick_id, tick_row
from durable_engine.signals import schedule_ticked
from durable_engine.store import schedules
from durable_engine.store.session import Session
from durable_engine.testing.errors import RunawayError

_MOST_TICKS = 10_000
_ANY_LATENESS_SECONDS = 1e9


class Ticker:
    """The schedules of one engine, watched from the moment it was built."""

    def __init__(self, host: Engine) -> None:
        self._host = host
        self._since_seconds = host.now()
        self._declared: set[str] = set()

    def declare(self) -> None:
        """Store what code declares, before time moves on."""
        for schedule in self._host.registry.schedules():
            if schedule.name not in self._declared:
                self._declared.add(schedule.name)
                write = partial(schedules.write, schedule=schedule, replace=True)
                self._host.reads.run(write)

    def fire(self) -> int:
        """Start the workflows of all ticks until now; return how many.

        Raises:
            RunawayError: a schedule ticked more than 10,000 times since the last look.
        """
        self.declare()
        host = self._host
        rows = host.reads.run(schedules.read_all)
        fired = 0
        for schedule in rows:
            if schedule.paused or not host.registry.has_workflow(
                schedule.workflow_name
            ):
                continue
            for tick in self._ticks(schedule):
                fired += self._start(schedule, tick)
        return fired

    def _ticks(self, schedule: ScheduleRow) -> Iterator[datetime]:
        base = max(schedule.active_since, schedule.last_slot or 0.0)
        if not schedule.automatic_backfill:
            base = max(base, self._since_seconds)
        now = from_epoch(self._host.now())
        ticks = ticks_after(schedule.expression, schedule.timezone, from_epoch(base))
        for number, tick in enumerate(ticks):
            if tick > now:
                return
            if number == _MOST_TICKS:
                message = (
                    f"the schedule {schedule.name!r} ({schedule.expression}) is due "
                    f"more than {_MOST_TICKS:,} times: advance in shorter intervals, "
                    "with a drain() after each"
                )
                raise RunawayError(message)
            yield tick

    def _start(self, schedule: ScheduleRow, tick: datetime) -> bool:
        host = self._host
        row = tick_row(host, schedule, tick, tick_id(schedule, tick))

        def fire(session: Session) -> bool:
            slot = tick.timestamp()
            return schedules.fire(session, schedule, slot, row, _ANY_LATENESS_SECONDS)

        won = host.reads.run(fire)
        if won:
            schedule_ticked.send_robust(
                type(host),
                schedule_name=schedule.name,
                workflow_id=row.id,
                scheduled_at=tick,
            )
        return won
