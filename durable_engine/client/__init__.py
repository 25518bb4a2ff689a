"""Acting on workflows from any process: what an operator or a page can do.

Every call works outside workflows, in steps, and in workflows, where it takes one
position and is not repeated by a replay. `client.reading` is not imported here: it
needs the models, and the others do not.
"""

from durable_engine.client.acting import NO_SUCH_WORKFLOW
from durable_engine.client.control import (
    cancel_workflow,
    cancel_workflow_async,
    cancel_workflows,
    cancel_workflows_async,
    resume_workflow,
    resume_workflow_async,
    resume_workflows,
    resume_workflows_async,
)
from durable_engine.client.copies import (
    fork_workflow,
    fork_workflow_async,
    restart_workflow,
    restart_workflow_async,
    retry_workflow,
    retry_workflow_async,
)
from durable_engine.client.describing import (
    NOTHING,
    ParameterDescription,
    WorkflowDescription,
    describe_workflow,
    describe_workflows,
)
from durable_engine.client.queues import (
    list_queues,
    list_queues_async,
    pause_queue,
    pause_queue_async,
    resume_queue,
    resume_queue_async,
    set_queue_limits,
    set_queue_limits_async,
    set_workflow_delay,
    set_workflow_delay_async,
)
from durable_engine.client.removal import (
    delete_workflow,
    delete_workflow_async,
    delete_workflows,
    delete_workflows_async,
    update_workflow_attributes,
    update_workflow_attributes_async,
)
from durable_engine.client.retention import (
    prune_workflows,
)
from durable_engine.client.schedules import (
    ScheduleInput,
    apply_schedules,
    apply_schedules_async,
    create_schedule,
    create_schedule_async,
    delete_schedule,
    delete_schedule_async,
    get_schedule,
    get_schedule_async,
    list_schedules,
    list_schedules_async,
    pause_schedule,
    pause_schedule_async,
    resume_schedule,
    resume_schedule_async,
)
from durable_engine.client.starting import (
    StartAnswer,
    StartOrder,
    start_or_find,
    start_registered,
)
from durable_engine.client.ticks import (
    backfill_schedule,
    backfill_schedule_async,
    trigger_schedule,
    trigger_schedule_async,
)
from durable_engine.client.waiting import wait_for_end_async, wait_for_entry_async
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.primitives.messages import send, send_async
from durable_engine.primitives.starting import SetStartedBy

__all__ = [
    "NOTHING",
    "NO_SUCH_WORKFLOW",
    "ParameterDescription",
    "ScheduleInput",
    "SetStartedBy",
    "StartAnswer",
    "StartOrder",
    "WorkflowDescription",
    "WorkflowHandle",
    "WorkflowHandleAsync",
    "apply_schedules",
    "apply_schedules_async",
    "backfill_schedule",
    "backfill_schedule_async",
    "cancel_workflow",
    "cancel_workflow_async",
    "cancel_workflows",
    "cancel_workflows_async",
    "create_schedule",
    "create_schedule_async",
    "delete_schedule",
    "delete_schedule_async",
    "delete_workflow",
    "delete_workflow_async",
    "delete_workflows",
    "delete_workflows_async",
    "describe_workflow",
    "describe_workflows",
    "fork_workflow",
    "fork_workflow_async",
    "get_schedule",
    "get_schedule_async",
    "list_queues",
    "list_queues_async",
    "list_schedules",
    "list_schedules_async",
    "pause_queue",
    "pause_queue_async",
    "pause_schedule",
    "pause_schedule_async",
    "prune_workflows",
    "restart_workflow",
    "restart_workflow_async",
    "resume_queue",
    "resume_queue_async",
    "resume_schedule",
    "resume_schedule_async",
    "resume_workflow",
    "resume_workflow_async",
    "resume_workflows",
    "resume_workflows_async",
    "retry_workflow",
    "retry_workflow_async",
    "send",
    "send_async",
    "set_queue_limits",
    "set_queue_limits_async",
    "set_workflow_delay",
    "set_workflow_delay_async",
    "start_or_find",
    "start_registered",
    "trigger_schedule",
    "trigger_schedule_async",
    "update_workflow_attributes",
    "update_workflow_attributes_async",
    "wait_for_end_async",
    "wait_for_entry_async",
]
