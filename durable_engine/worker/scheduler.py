"""Starts the workflows of schedules at their ticks.

Every worker runs one; none leads. Each computes the next tick of each schedule it can
serve, on its estimate of the database's clock, and when that is due asks the database
for the right to start it: the first one gets it, and inserts the workflow in the same
transaction. A worker that was frozen, or whose clock is off, is refused.

```
 read ─► next tick known ─ due ─► asked ─┬─ won: started ─┬─► next tick after it,
   ▲                                     │                │   and after now
   └─ told, or after a while ◄───────────┴─ refused: read again
```
"""

import logging
import math
import random
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from durable_engine.clock import from_epoch, monotonic
from durable_engine.cron import next_tick
from durable_engine.notify.base import OPERATIONS, QUEUE
from durable_engine.records import ScheduleRow
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.ticks import tick_id, tick_row
from durable_engine.signals import schedule_ticked
from durable_engine.store import schedules
from durable_engine.store.session import Fault, KeptSession
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_READ_SECONDS = 30.0
_UNHINTED_READ_SECONDS = 2.0
_REFUSED_SECONDS = 0.05
_FAILED_SECONDS = 60.0
_MOST_AT_ONCE = 100


@dataclass(slots=True)
class Plan:
    """A schedule as last read, and its next tick."""

    schedule: ScheduleRow
    tick: datetime | None  # None: never again
    not_before: float = 0.0  # on the monotonic clock, after a refusal


def plan_of(
    schedule: ScheduleRow,
    now_seconds: float,
    earlier: Plan | None = None,
    watching_since: float = math.inf,
) -> Plan:
    """Return a schedule with its next tick.

    Args:
        schedule: as read just now.
        now_seconds: the database's clock, in seconds since the epoch.
        earlier: the plan before, whose tick stays if it is still to come or due:
            reading again must not make a tick late.
        watching_since: when this worker began; what was created later, and never
            fired, is known by its creation, not by when it was read first.
    """
    base = max(schedule.active_since, schedule.last_slot or 0.0)
    if not schedule.automatic_backfill:
        if earlier is not None and _still_valid(earlier, schedule, base):
            return Plan(schedule, earlier.tick, earlier.not_before)
        new = (
            base == schedule.active_since >= watching_since
            and now_seconds - base <= _READ_SECONDS
        )
        base = base if new else max(base, now_seconds)
    return Plan(
        schedule, next_tick(schedule.expression, schedule.timezone, from_epoch(base))
    )


def _still_valid(earlier: Plan, schedule: ScheduleRow, base_seconds: float) -> bool:
    rhythm = (schedule.expression, schedule.timezone)
    return (
        earlier.tick is not None
        and (earlier.schedule.expression, earlier.schedule.timezone) == rhythm
        and earlier.tick.timestamp() > base_seconds
    )


class Scheduler(Service):
    """The loop of one worker process."""

    name = "scheduler"

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._session = KeptSession(engine.store, "scheduler")
        self._waiter = engine.hub.subscribe((OPERATIONS, ""))
        self._plans: dict[str, Plan] = {}
        self._watching_since = math.inf
        self._declared = False
        self._read_at = 0.0
        self.fired = 0

    def wake(self) -> None:
        """End the current pause."""
        self._waiter.wake()

    def work(self) -> None:
        """Start what is due, and wait for the next tick or for news."""
        if not self._declared:
            self._watching_since = min(self._watching_since, self._engine.now())
            self._declare()
        if monotonic() >= self._read_at:
            self._read()
        now = self._engine.now()
        due = sorted(
            (plan for plan in self._plans.values() if _is_due(plan, now)),
            key=lambda plan: plan.tick.timestamp() if plan.tick else 0.0,
        )
        fired = [plan for plan in due[:_MOST_AT_ONCE] if self._try(plan)]
        if any(fired):
            self._engine.publish((QUEUE, ""))
        if self.stopping.is_set():
            return
        if not self._plans:
            self._session.close()  # no connection is kept where nothing is scheduled
        self._pause()

    def _declare(self) -> None:
        """Store the schedules that are declared in the code of this process."""
        for schedule in self._engine.registry.schedules():
            self._session.run(partial(schedules.write, schedule=schedule, replace=True))
        self._declared = True

    def _read(self) -> None:
        now = self._engine.now()
        rows = self._session.run(schedules.read_all, writes=False)
        earlier, self._plans = self._plans, {}
        for row in rows:
            if self._serves(row):
                self._plan(row, now, earlier.get(row.name), self._watching_since)
        hinted = self._engine.hub.connected
        pause = _READ_SECONDS if hinted else _UNHINTED_READ_SECONDS
        jitter = random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        self._read_at = monotonic() + pause * jitter

    def _plan(
        self,
        schedule: ScheduleRow,
        now_seconds: float,
        earlier: Plan | None,
        watching_since: float = math.inf,
    ) -> Plan | None:
        try:
            plan = plan_of(schedule, now_seconds, earlier, watching_since)
        except ValueError:  # a time zone that this host does not know
            logger.exception("schedule %s cannot be served here", schedule.name)
            return None
        self._plans[schedule.name] = plan
        return plan

    def _serves(self, schedule: ScheduleRow) -> bool:
        """Whether this process knows the workflow, and still declares the schedule."""
        registry = self._engine.registry
        if schedule.paused or not registry.has_workflow(schedule.workflow_name):
            return False
        return not schedule.declared_in_code or registry.declares_schedule(
            schedule.name
        )

    def _try(self, plan: Plan) -> bool:
        """Fire a tick; one that cannot be started must not hold up the others."""
        try:
            return self._fire(plan)
        except Exception as error:
            if self._engine.store.classify(error) is not Fault.PERMANENT:
                raise
            logger.exception("schedule %s could not start", plan.schedule.name)
            plan.not_before = monotonic() + _FAILED_SECONDS
            return False

    def _fire(self, plan: Plan) -> bool:
        """Start the workflow of a tick, if it is this worker's to start."""
        schedule, tick = plan.schedule, plan.tick
        if tick is None:
            return False
        engine = self._engine
        row = tick_row(engine, schedule, tick, tick_id(schedule, tick))
        won = self._session.run(
            lambda session: schedules.fire(
                session,
                schedule,
                tick.timestamp(),
                row,
                engine.settings.lease_seconds,
            )
        )
        if won:
            self.fired += 1
            self._announce(schedule.name, row.id, tick)
            after = tick.timestamp()
            if not schedule.automatic_backfill:
                after = max(after, engine.now())
            plan.tick = next_tick(
                schedule.expression, schedule.timezone, from_epoch(after)
            )
            return True
        self._refused(plan, tick)
        return False

    def _announce(self, name: str, workflow_id: str, tick: datetime) -> None:
        if schedule_ticked.receivers:
            said = {
                "schedule_name": name,
                "workflow_id": workflow_id,
                "scheduled_at": tick,
            }
            announcement = Announcement(schedule_ticked, type(self._engine), said)
            self._engine.announcer.submit(announcement.block)

    def _refused(self, plan: Plan, tick: datetime) -> None:
        """Read a schedule again: the tick was another worker's, or it has changed."""
        name = plan.schedule.name
        found = self._session.run(
            lambda session: schedules.read_one(session, name), writes=False
        )
        if found is None or not self._serves(found):
            self._plans.pop(name, None)
            return
        late = self._engine.now() - tick.timestamp()
        keep = plan if late <= self._engine.settings.lease_seconds else None
        again = self._plan(found, self._engine.now(), keep)
        if again is not None:
            # Refused although nothing has changed: too early, by the database's clock.
            again.not_before = monotonic() + _REFUSED_SECONDS

    def _pause(self) -> None:
        """Wait until a tick is due, until it is time to read, or until told."""
        now, moment = self._engine.now(), monotonic()
        until = self._read_at - moment
        for plan in self._plans.values():
            if plan.tick is not None:
                left = plan.tick.timestamp() - now
                until = min(until, max(left, plan.not_before - moment))
        if until <= 0:
            return
        self._waiter.wait(until)
        if monotonic() - moment < until:
            self._read_at = 0.0  # told: a schedule was created or changed

    def join(self) -> None:
        """Wait for the loop to end, and close what it held."""
        super().join()
        self._waiter.close()
        self._session.close()


def _is_due(plan: Plan, now_seconds: float) -> bool:
    return (
        plan.tick is not None
        and plan.tick.timestamp() <= now_seconds
        and monotonic() >= plan.not_before
    )
