"""`@scheduled`, and the workflow that a tick of a schedule starts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from durable_engine import serialization
from durable_engine.clock import from_epoch
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.primitives.starting import workflow_registration
from durable_engine.primitives.ticks import check_schedule, zone_of
from durable_engine.records import NewWorkflow, ScheduleRow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import INTERNAL_QUEUE, registry
from durable_engine.states import WorkflowState

F = TypeVar("F", bound=Callable[..., Any])

_MOST_NAME_CHARACTERS = 200  # so that `sched-…` of it is a workflow id


def scheduled(
    schedule: str,
    *,
    timezone: str = "UTC",
    name: str | None = None,
    automatic_backfill: bool = False,
) -> Callable[[F], F]:
    """Run a workflow at the ticks of a cron schedule; each tick starts once.

    Stands above `@workflow`. The workflow is called with the tick's time and with the
    time at which it was started, both aware, in the schedule's zone.

    Args:
        schedule: five fields, or six with seconds first.
        timezone: such as `Europe/Paris`.
        name: of the schedule; default the workflow's.
        automatic_backfill: whether ticks that no worker saw are made up for.

    Raises:
        ValueError: the schedule or the time zone is not valid.
        UnregisteredWorkflow: the function is no workflow.
        ConflictingRegistration: another workflow's schedule has the name.
    """
    check_schedule(schedule, timezone)

    def decorate(function: F) -> F:
        workflow_name = workflow_registration(function).name
        registry.add_schedule(
            ScheduleRow(
                name=check_schedule_name(name or workflow_name),
                workflow_name=workflow_name,
                expression=schedule,
                timezone=timezone,
                automatic_backfill=automatic_backfill,
                declared_in_code=True,
            )
        )
        return function

    return decorate


def check_schedule_name(name: str) -> str:
    """Return the name if workflow ids can be made of it.

    Raises:
        ValueError: it is not printable, or has more than 200 characters.
    """
    check_key(name, what="the name of a schedule")
    if len(name) > _MOST_NAME_CHARACTERS:
        message = (
            f"the name of a schedule must have at most {_MOST_NAME_CHARACTERS} "
            f"characters; {name[:40]!r}… has {len(name)}"
        )
        raise ValueError(message)
    return name


def tick_id(schedule: ScheduleRow, tick: datetime) -> str:
    """Return the id of the workflow of a tick."""
    return check_workflow_id(f"sched-{schedule.name}-{tick.isoformat()}")


def tick_row(
    host: Engine, schedule: ScheduleRow, tick: datetime, workflow_id: str
) -> NewWorkflow:
    """Build the workflow that a tick starts, for any worker to take.

    Args:
        host: of this process.
        schedule: whose tick.
        tick: the time that the workflow is given, in the schedule's zone.
        workflow_id: its id.
    """
    second: Any = None
    if schedule.declared_in_code:
        second = from_epoch(host.now()).astimezone(zone_of(schedule.timezone))
    elif schedule.context is not None:
        second = serialization.decode(host.serializer, schedule.context)
    known = host.registry.has_workflow(schedule.workflow_name)
    return NewWorkflow(
        id=workflow_id,
        name=schedule.workflow_name,
        status=WorkflowState.ENQUEUED,
        inputs=serialization.encode_inputs(
            host.serializer,
            (tick, second),
            {},
            limit_bytes=host.settings.max_payload_bytes,
        ),
        queue_name=schedule.queue_name or INTERNAL_QUEUE,
        app_version=host.app_version if known else "",
        schedule_name=schedule.name,
    )
