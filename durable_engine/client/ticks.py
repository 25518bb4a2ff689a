"""Starting the workflows of schedules by hand, from any process."""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from durable_engine.client.acting import act_once
from durable_engine.clock import from_epoch
from durable_engine.cron import ticks_between, zone_of
from durable_engine.errors import NonExistentSchedule
from durable_engine.ids import is_key
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.records import NewWorkflow, ScheduleRow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.ticks import tick_id, tick_row
from durable_engine.store import schedules
from durable_engine.store.session import Session

_MOST_TICKS = 10_000
_BATCH_ROWS = 500


def trigger_schedule(name: str) -> WorkflowHandle[Any]:
    """Start the schedule's workflow now, also while it is paused.

    Returns:
        Its handle; the id is `sched-{name}-trigger-{time}`.

    Raises:
        NonExistentSchedule: there is no such schedule.
    """
    refuse_in_event_loop("trigger_schedule")
    return WorkflowHandle(perform(_trigger(name)))


async def trigger_schedule_async(name: str) -> WorkflowHandleAsync[Any]:
    """Start the schedule's workflow now: twin of `trigger_schedule`."""
    return WorkflowHandleAsync(await perform_async(_trigger(name)))


def backfill_schedule(
    name: str, start: datetime | str, end: datetime | str
) -> list[WorkflowHandle[Any]]:
    """Start the workflows of all ticks between two instants, also while paused.

    Their ids are those of live ticks: what was started is not started again.

    Args:
        name: of the schedule, whose present cron expression counts.
        start: aware, or ISO 8601 text with an offset; a tick at it does not count.
        end: the same.

    Returns:
        The handles of all these ticks, in order.

    Raises:
        NonExistentSchedule: there is no such schedule.
        ValueError: an instant is not valid, `end` is not after `start`, or there are
            more than 10,000 ticks.
    """
    refuse_in_event_loop("backfill_schedule")
    found = perform(_backfill(name, _instant("start", start), _instant("end", end)))
    return [WorkflowHandle(workflow_id) for workflow_id in found]


async def backfill_schedule_async(
    name: str, start: datetime | str, end: datetime | str
) -> list[WorkflowHandleAsync[Any]]:
    """Start the workflows of past ticks: twin of `backfill_schedule`."""
    backfill = _backfill(name, _instant("start", start), _instant("end", end))
    found = await perform_async(backfill)
    return [WorkflowHandleAsync(workflow_id) for workflow_id in found]


def _existing(session: Session, name: str) -> ScheduleRow:
    row = schedules.read_one(session, name) if is_key(name) else None
    if row is None:
        raise NonExistentSchedule(name=name)
    return row


def _trigger(name: str) -> Operation[str]:
    def work(host: Engine, session: Session) -> str:
        row = _existing(session, name)
        moment = from_epoch(host.now()).astimezone(zone_of(row.timezone))
        workflow_id = f"sched-{name}-trigger-{moment.isoformat()}"
        schedules.start(session, [tick_row(host, row, moment, workflow_id)])
        return workflow_id

    workflow_id: str = yield from act_once("trigger_schedule", work)
    return workflow_id


def _backfill(name: str, start: datetime, end: datetime) -> Operation[list[str]]:
    def work(host: Engine, session: Session) -> list[str]:
        row = _existing(session, name)
        _check_order(start, end)
        ticks = ticks_between(row.expression, row.timezone, start, end, _MOST_TICKS)
        rows: list[NewWorkflow] = [
            tick_row(host, row, tick, tick_id(row, tick)) for tick in ticks
        ]
        for first in range(0, len(rows), _BATCH_ROWS):
            schedules.start(session, rows[first : first + _BATCH_ROWS])
        return [new.id for new in rows]

    found: list[str] = yield from act_once("backfill_schedule", work)
    return found


def _check_order(start: datetime, end: datetime) -> None:
    if end <= start:
        message = (
            f"end must be after start: {end.isoformat()} is not after "
            f"{start.isoformat()}"
        )
        raise ValueError(message)


def _instant(what: str, value: datetime | str) -> datetime:
    moment = parse_datetime(value) if isinstance(value, str) else value
    if moment is None or moment.tzinfo is None:
        message = (
            f"{what} must be an aware datetime or ISO 8601 text with an offset, "
            f"not {value!r}"
        )
        raise ValueError(message)
    return moment
