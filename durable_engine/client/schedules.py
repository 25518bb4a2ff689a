"""Schedules, from any process: create, replace, list, pause, delete."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from durable_engine import serialization
from durable_engine.client.acting import act_once
from durable_engine.clock import from_epoch
from durable_engine.cron import (
    check_schedule,
    next_tick,
    zone_of,
)
from durable_engine.errors import ConflictingRegistration, NonExistentSchedule
from durable_engine.ids import check_key, is_key
from durable_engine.primitives.scheduling import check_schedule_name
from durable_engine.primitives.starting import workflow_registration
from durable_engine.records import ScheduleInfo, ScheduleRow
from durable_engine.runtime.engine import Engine, engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.store import schedules
from durable_engine.store.session import Session


class ScheduleInput(TypedDict):
    """One schedule of `apply_schedules`; meanings as in `create_schedule`."""

    schedule_name: str
    workflow_fn: Callable[..., Any] | str
    schedule: str
    context: NotRequired[Any]
    automatic_backfill: NotRequired[bool]
    cron_timezone: NotRequired[str | None]
    queue_name: NotRequired[str | None]


def create_schedule(
    *,
    schedule_name: str,
    workflow_fn: Callable[..., Any] | str,
    schedule: str,
    context: object = None,
    automatic_backfill: bool = False,
    cron_timezone: str | None = None,
    queue_name: str | None = None,
) -> None:
    """Create a schedule; workers notice it at once.

    The workflow is called with the tick's time and the context.

    Args:
        schedule_name: at most 200 printable characters.
        workflow_fn: the workflow, or its registered name.
        schedule: a cron expression of five fields, or six with seconds first.
        context: anything that the serializer can encode.
        automatic_backfill: whether ticks that no worker saw are made up for.
        cron_timezone: such as `Europe/Paris`; default UTC.
        queue_name: through which the workflows go; default past all queues.

    Raises:
        ConflictingRegistration: the name is taken by a schedule that differs.
        ValueError: the name, the schedule or the time zone is not valid.
        UnregisteredWorkflow: the function is no workflow.
    """
    refuse_in_event_loop("create_schedule")
    row = _row(
        schedule_name=schedule_name,
        workflow_fn=workflow_fn,
        schedule=schedule,
        context=context,
        automatic_backfill=automatic_backfill,
        cron_timezone=cron_timezone,
        queue_name=queue_name,
    )
    perform(_create(row))


async def create_schedule_async(
    *,
    schedule_name: str,
    workflow_fn: Callable[..., Any] | str,
    schedule: str,
    context: object = None,
    automatic_backfill: bool = False,
    cron_timezone: str | None = None,
    queue_name: str | None = None,
) -> None:
    """Create a schedule: twin of `create_schedule`."""
    row = _row(
        schedule_name=schedule_name,
        workflow_fn=workflow_fn,
        schedule=schedule,
        context=context,
        automatic_backfill=automatic_backfill,
        cron_timezone=cron_timezone,
        queue_name=queue_name,
    )
    await perform_async(_create(row))


def apply_schedules(inputs: Iterable[ScheduleInput]) -> None:
    """Create or replace several schedules in one transaction.

    One that is there keeps its pause and its newest tick; others are left alone.

    Raises:
        ValueError: a name, schedule or time zone is not valid; nothing is changed.
        UnregisteredWorkflow: a function is no workflow; nothing is changed.
    """
    refuse_in_event_loop("apply_schedules")
    perform(_apply([_row(**one) for one in inputs]))


async def apply_schedules_async(inputs: Iterable[ScheduleInput]) -> None:
    """Create or replace several schedules: twin of `apply_schedules`."""
    await perform_async(_apply([_row(**one) for one in inputs]))


def list_schedules(
    *,
    status: str | Iterable[str] | None = None,
    workflow_name: str | Iterable[str] | None = None,
    schedule_name_prefix: str | Iterable[str] | None = None,
) -> list[ScheduleInfo]:
    """Return schedules by name, of at most 10,000. Filters take one or several.

    Args:
        status: `ACTIVE`, `PAUSED`.
        workflow_name: what they start, by registered name.
        schedule_name_prefix: how their names begin.
    """
    refuse_in_event_loop("list_schedules")
    wanted = _Wanted.of(status, workflow_name, schedule_name_prefix)
    return perform(_list(wanted))


async def list_schedules_async(
    *,
    status: str | Iterable[str] | None = None,
    workflow_name: str | Iterable[str] | None = None,
    schedule_name_prefix: str | Iterable[str] | None = None,
) -> list[ScheduleInfo]:
    """Return schedules by name: twin of `list_schedules`."""
    wanted = _Wanted.of(status, workflow_name, schedule_name_prefix)
    return await perform_async(_list(wanted))


def get_schedule(name: str) -> ScheduleInfo | None:
    """Return the schedule of that name, or None if there is none."""
    refuse_in_event_loop("get_schedule")
    return perform(_get(name))


async def get_schedule_async(name: str) -> ScheduleInfo | None:
    """Return the schedule of that name: twin of `get_schedule`."""
    return await perform_async(_get(name))


def pause_schedule(name: str) -> None:
    """Start nothing at the ticks from now on.

    Raises:
        NonExistentSchedule: there is no such schedule.
    """
    refuse_in_event_loop("pause_schedule")
    perform(_change("pause_schedule", name, _pause))


async def pause_schedule_async(name: str) -> None:
    """Start nothing at the ticks from now on: twin of `pause_schedule`."""
    await perform_async(_change("pause_schedule", name, _pause))


def resume_schedule(name: str) -> None:
    """Go on with the next tick; those in the pause are not made up for.

    Raises:
        NonExistentSchedule: there is no such schedule.
    """
    refuse_in_event_loop("resume_schedule")
    perform(_change("resume_schedule", name, _resume))


async def resume_schedule_async(name: str) -> None:
    """Go on with the next tick: twin of `resume_schedule`."""
    await perform_async(_change("resume_schedule", name, _resume))


def delete_schedule(name: str) -> None:
    """Delete a schedule; the workflows that it started stay.

    One that is declared in code comes back with the next worker that starts.

    Raises:
        NonExistentSchedule: there is no such schedule.
    """
    refuse_in_event_loop("delete_schedule")
    perform(_change("delete_schedule", name, schedules.delete))


async def delete_schedule_async(name: str) -> None:
    """Delete a schedule: twin of `delete_schedule`."""
    await perform_async(_change("delete_schedule", name, schedules.delete))


def _row(
    *,
    schedule_name: str,
    workflow_fn: Callable[..., Any] | str,
    schedule: str,
    context: object = None,
    automatic_backfill: bool = False,
    cron_timezone: str | None = None,
    queue_name: str | None = None,
) -> ScheduleRow:
    """Check a definition and return it as stored."""
    host = engine()
    timezone = cron_timezone or "UTC"
    check_schedule(schedule, timezone)
    if isinstance(workflow_fn, str):
        workflow_name = check_key(workflow_fn, what="the name of a workflow")
    else:
        workflow_name = workflow_registration(workflow_fn).name
    if queue_name is not None:
        check_key(queue_name, what="the name of a queue")
    text = None
    if context is not None:
        text = serialization.encode(
            host.serializer,
            context,
            what=f"the context of schedule {schedule_name!r}",
            limit_bytes=host.settings.max_payload_bytes,
        )
    return ScheduleRow(
        name=check_schedule_name(schedule_name),
        workflow_name=workflow_name,
        expression=schedule,
        timezone=timezone,
        context=text,
        queue_name=queue_name,
        automatic_backfill=bool(automatic_backfill),
    )


def _create(row: ScheduleRow) -> Operation[None]:
    def work(_: Engine, session: Session) -> None:
        if schedules.write(session, row, replace=False):
            return
        found = schedules.read_one(session, row.name)
        if found is not None and _definition(found) != _definition(row):
            raise ConflictingRegistration(
                name=row.name,
                first=f"the schedule {found.expression!r} of {found.workflow_name}",
                second=f"the schedule {row.expression!r} of {row.workflow_name}",
            )

    yield from act_once("create_schedule", work)


def _definition(row: ScheduleRow) -> tuple[object, ...]:
    return (
        row.workflow_name,
        row.expression,
        row.timezone,
        row.context,
        row.queue_name,
        row.automatic_backfill,
        row.declared_in_code,
    )


def _apply(rows: list[ScheduleRow]) -> Operation[None]:
    def work(_: Engine, session: Session) -> None:
        with session.transaction():
            # In one order everywhere, so that two processes do not lock crosswise.
            for row in sorted(rows, key=lambda row: row.name):
                schedules.write(session, row, replace=True)

    yield from act_once("apply_schedules", work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which schedules are listed; None: all."""

    statuses: tuple[str, ...] | None
    workflow_names: tuple[str, ...] | None
    prefixes: tuple[str, ...] | None

    @classmethod
    def of(
        cls,
        status: str | Iterable[str] | None,
        workflow_name: str | Iterable[str] | None,
        prefix: str | Iterable[str] | None,
    ) -> "_Wanted":
        """Build it of what was given: one text, several, or None."""
        return cls(
            statuses=_texts(status),
            workflow_names=_texts(workflow_name),
            prefixes=_texts(prefix),
        )

    def matches(self, row: ScheduleRow) -> bool:
        """Whether a schedule is one of them."""
        return (
            (self.statuses is None or _status(row) in self.statuses)
            and (
                self.workflow_names is None or row.workflow_name in self.workflow_names
            )
            and (self.prefixes is None or row.name.startswith(self.prefixes))
        )


def _texts(given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    return (given,) if isinstance(given, str) else tuple(given)


def _status(row: ScheduleRow) -> str:
    return "PAUSED" if row.paused else "ACTIVE"


def _list(wanted: _Wanted) -> Operation[list[ScheduleInfo]]:
    def work(host: Engine, session: Session) -> list[ScheduleInfo]:
        found = schedules.read_all(session)
        return [_info(host, row) for row in found if wanted.matches(row)]

    found: list[ScheduleInfo] = yield from act_once(
        "list_schedules", work, writes=False
    )
    return found


def _get(name: str) -> Operation[ScheduleInfo | None]:
    def work(host: Engine, session: Session) -> ScheduleInfo | None:
        row = schedules.read_one(session, name) if is_key(name) else None
        return None if row is None else _info(host, row)

    found: ScheduleInfo | None = yield from act_once("get_schedule", work, writes=False)
    return found


def _info(host: Engine, row: ScheduleRow) -> ScheduleInfo:
    zone = zone_of(row.timezone)
    after = max(host.clock.now(), row.last_slot or 0.0)
    upcoming = None
    if not row.paused:
        upcoming = next_tick(row.expression, row.timezone, from_epoch(after))
    context = None
    if row.context is not None:
        context = serialization.decode(host.serializer, row.context)
    fired = None if row.last_slot is None else from_epoch(row.last_slot)
    return ScheduleInfo(
        schedule_name=row.name,
        workflow_name=row.workflow_name,
        schedule=row.expression,
        cron_timezone=row.timezone,
        context=context,
        queue_name=row.queue_name,
        automatic_backfill=row.automatic_backfill,
        declared_in_code=row.declared_in_code,
        status=_status(row),
        last_fired_at=None if fired is None else fired.astimezone(zone),
        next_fire_at=upcoming,
        created_at=from_epoch(row.created_at),
    )


def _pause(session: Session, name: str) -> bool:
    return schedules.pause(session, name, paused=True)


def _resume(session: Session, name: str) -> bool:
    return schedules.pause(session, name, paused=False)


def _change(
    operation: str, name: str, change: Callable[[Session, str], bool]
) -> Operation[None]:
    def work(_: Engine, session: Session) -> None:
        if not is_key(name) or not change(session, name):
            raise NonExistentSchedule(name=name)

    yield from act_once(operation, work)
