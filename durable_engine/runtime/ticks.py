"""The workflow that a tick of a schedule starts."""

from datetime import datetime
from typing import Any

from durable_engine import serialization
from durable_engine.clock import from_epoch
from durable_engine.cron import zone_of
from durable_engine.ids import check_workflow_id
from durable_engine.records import NewWorkflow, ScheduleRow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.states import WorkflowState


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
