"""Durable execution for Django: programs that survive any failure.

`import durable_engine as durable` imports no model and needs neither settings nor
the app registry: attributes are loaded at first use.

Besides the names of `__all__` there are seven attributes that are looked up at every
use: `workflow_id`, `started_by`, `step_id` and `step_status` (of the code that runs
here, or None), `application_version`, `executor_id`, and `logger`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from durable_engine.rooms import ROOM_OF

if TYPE_CHECKING:
    import logging

    from durable_engine.client import (
        ScheduleInput,
        apply_schedules,
        apply_schedules_async,
        backfill_schedule,
        backfill_schedule_async,
        cancel_workflow,
        cancel_workflow_async,
        cancel_workflows,
        cancel_workflows_async,
        create_schedule,
        create_schedule_async,
        delete_schedule,
        delete_schedule_async,
        delete_workflow,
        delete_workflow_async,
        delete_workflows,
        delete_workflows_async,
        fork_workflow,
        fork_workflow_async,
        get_schedule,
        get_schedule_async,
        list_schedules,
        list_schedules_async,
        pause_schedule,
        pause_schedule_async,
        prune_workflows,
        restart_workflow,
        restart_workflow_async,
        resume_schedule,
        resume_schedule_async,
        resume_workflow,
        resume_workflow_async,
        resume_workflows,
        resume_workflows_async,
        retry_workflow,
        retry_workflow_async,
        trigger_schedule,
        trigger_schedule_async,
        update_workflow_attributes,
        update_workflow_attributes_async,
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
    from durable_engine.client.reading import (
        get_latest_application_version,
        get_latest_application_version_async,
        get_workflow_status,
        get_workflow_status_async,
        list_application_versions,
        list_application_versions_async,
        list_executors,
        list_executors_async,
        list_queued_workflows,
        list_queued_workflows_async,
        list_stranded_versions,
        list_stranded_versions_async,
        list_workflow_steps,
        list_workflow_steps_async,
        list_workflows,
        list_workflows_async,
        workflows_for,
        workflows_for_async,
    )
    from durable_engine.errors import (
        AtomicBlock,
        AwaitedWorkflowCancelled,
        AwaitedWorkflowMaxRecoveryAttemptsExceeded,
        ConflictingRegistration,
        ConflictingWorkflow,
        DatabaseUnavailable,
        DurableError,
        DurableWarning,
        EngineStopped,
        MaxStepRetriesExceeded,
        NonDeterminism,
        NonExistentSchedule,
        NonExistentWorkflow,
        NotAuthorized,
        OutsideWorkflow,
        PayloadTooLarge,
        QueryInWorkflow,
        QueueDeduplicated,
        SerializationError,
        StepTimeout,
        StreamTimeout,
        SynchronousCallInEventLoop,
        UnregisteredInstance,
        UnregisteredWorkflow,
        WorkflowCancelled,
        WorkflowFailed,
    )
    from durable_engine.primitives.debouncing import (
        Debouncer,
    )
    from durable_engine.primitives.determinism import now, random, uuid4
    from durable_engine.primitives.events import (
        get_all_events,
        get_all_events_async,
        get_event,
        get_event_async,
        set_event,
        set_event_async,
    )
    from durable_engine.primitives.gathering import (
        asyncio_wait,
        wait_first,
        wait_first_async,
    )
    from durable_engine.primitives.handles import (
        WorkflowHandle,
        WorkflowHandleAsync,
        get_result,
        get_result_async,
        retrieve_workflow,
        retrieve_workflow_async,
    )
    from durable_engine.primitives.instances import (
        DBOSConfiguredInstance,
        dbos_class,
        register_instance,
    )
    from durable_engine.primitives.items import Call
    from durable_engine.primitives.messages import (
        SendMessage,
        recv,
        recv_async,
        send,
        send_async,
        send_bulk,
        send_bulk_async,
    )
    from durable_engine.primitives.patching import (
        deprecate_patch,
        deprecate_patch_async,
        patch,
        patch_async,
    )
    from durable_engine.primitives.queues import (
        Queue,
        SetEnqueueOptions,
        enqueue_workflow,
        enqueue_workflow_async,
        register_queue,
        register_queue_async,
    )
    from durable_engine.primitives.scheduling import (
        scheduled,
    )
    from durable_engine.primitives.sleep import sleep, sleep_async
    from durable_engine.primitives.starting import (
        SetStartedBy,
        SetWorkflowAttributes,
        SetWorkflowID,
        SetWorkflowTimeout,
        start_workflow,
        start_workflow_async,
    )
    from durable_engine.primitives.step import (
        StepOptions,
        run_step,
        run_step_async,
        step,
    )
    from durable_engine.primitives.streams import (
        close_stream,
        close_stream_async,
        read_stream,
        read_stream_async,
        write_stream,
        write_stream_async,
    )
    from durable_engine.primitives.transaction import transaction
    from durable_engine.primitives.workflow import workflow
    from durable_engine.records import (
        ApplicationVersionInfo,
        BulkResult,
        ExecutorInfo,
        QueueInfo,
        ScheduleInfo,
        StepInfo,
        StepStatus,
        StrandedVersion,
        WorkflowStatus,
    )
    from durable_engine.worker.embedded import destroy, launch

    application_version: str
    executor_id: str
    logger: logging.Logger
    started_by: str | None
    step_id: int | None
    step_status: StepStatus | None
    workflow_id: str | None

# fmt: off
__all__ = [
    "ApplicationVersionInfo", "AtomicBlock", "AwaitedWorkflowCancelled",
    "AwaitedWorkflowMaxRecoveryAttemptsExceeded", "BulkResult", "Call",
    "ConflictingRegistration", "ConflictingWorkflow", "DBOSConfiguredInstance",
    "DatabaseUnavailable", "Debouncer", "DurableError", "DurableWarning",
    "EngineStopped", "ExecutorInfo", "MaxStepRetriesExceeded", "NonDeterminism",
    "NonExistentSchedule", "NonExistentWorkflow", "NotAuthorized", "OutsideWorkflow",
    "PayloadTooLarge", "QueryInWorkflow", "Queue", "QueueDeduplicated", "QueueInfo",
    "ScheduleInfo", "ScheduleInput", "SendMessage", "SerializationError",
    "SetEnqueueOptions", "SetStartedBy", "SetWorkflowAttributes", "SetWorkflowID",
    "SetWorkflowTimeout", "StepInfo", "StepOptions", "StepStatus", "StepTimeout",
    "StrandedVersion", "StreamTimeout", "SynchronousCallInEventLoop",
    "UnregisteredInstance", "UnregisteredWorkflow", "WorkflowCancelled",
    "WorkflowFailed", "WorkflowHandle", "WorkflowHandleAsync", "WorkflowStatus",
    "apply_schedules", "apply_schedules_async", "asyncio_wait", "backfill_schedule",
    "backfill_schedule_async", "cancel_workflow", "cancel_workflow_async",
    "cancel_workflows", "cancel_workflows_async", "close_stream", "close_stream_async",
    "create_schedule", "create_schedule_async", "dbos_class", "delete_schedule",
    "delete_schedule_async", "delete_workflow", "delete_workflow_async",
    "delete_workflows", "delete_workflows_async", "deprecate_patch",
    "deprecate_patch_async", "destroy", "enqueue_workflow", "enqueue_workflow_async",
    "fork_workflow", "fork_workflow_async", "get_all_events", "get_all_events_async",
    "get_event", "get_event_async", "get_latest_application_version",
    "get_latest_application_version_async", "get_result", "get_result_async",
    "get_schedule", "get_schedule_async", "get_workflow_status",
    "get_workflow_status_async", "launch", "list_application_versions",
    "list_application_versions_async", "list_executors", "list_executors_async",
    "list_queued_workflows", "list_queued_workflows_async", "list_queues",
    "list_queues_async", "list_schedules", "list_schedules_async",
    "list_stranded_versions", "list_stranded_versions_async", "list_workflow_steps",
    "list_workflow_steps_async", "list_workflows", "list_workflows_async", "now",
    "patch", "patch_async", "pause_queue", "pause_queue_async", "pause_schedule",
    "pause_schedule_async", "prune_workflows", "random", "read_stream",
    "read_stream_async", "recv", "recv_async", "register_instance", "register_queue",
    "register_queue_async", "restart_workflow", "restart_workflow_async",
    "resume_queue", "resume_queue_async", "resume_schedule", "resume_schedule_async",
    "resume_workflow", "resume_workflow_async", "resume_workflows",
    "resume_workflows_async", "retrieve_workflow", "retrieve_workflow_async",
    "retry_workflow", "retry_workflow_async", "run_step", "run_step_async", "scheduled",
    "send", "send_async", "send_bulk", "send_bulk_async", "set_event",
    "set_event_async", "set_queue_limits", "set_queue_limits_async",
    "set_workflow_delay", "set_workflow_delay_async", "sleep", "sleep_async",
    "start_workflow", "start_workflow_async", "step", "transaction", "trigger_schedule",
    "trigger_schedule_async", "update_workflow_attributes",
    "update_workflow_attributes_async", "uuid4", "wait_first", "wait_first_async",
    "workflow", "workflows_for", "workflows_for_async", "write_stream",
    "write_stream_async",
]
# fmt: on

__version__ = "0.1.0"


if not TYPE_CHECKING:
    # Hidden from type checkers: they know every name, and find the misspelt ones.

    def __getattr__(name: str) -> Any:
        room = ROOM_OF.get(name)
        if room is not None:
            from durable_engine import early  # noqa: PLC0415 - lazy

            if early.is_too_early(room):
                return early.standing_in(room, name)
            value = getattr(importlib.import_module(f"durable_engine.{room}"), name)
            globals()[name] = value
            return value
        match name:
            case "workflow_id" | "started_by" | "step_id" | "step_status":
                from durable_engine.runtime.context import place_of  # noqa: PLC0415 - lazy

                return place_of(name)
            case "application_version" | "executor_id":
                from durable_engine.runtime.engine import engine  # noqa: PLC0415 - lazy

                host = engine()
                return host.executor_id if name == "executor_id" else host.app_version
            case "logger":
                from durable_engine.logs import workflow_logger  # noqa: PLC0415 - lazy

                return workflow_logger()
        message = f"module 'durable_engine' has no attribute {name!r}"
        raise AttributeError(message)


def __dir__() -> list[str]:
    live = ["application_version", "executor_id", "logger", "started_by"]
    return sorted([*__all__, *live, "step_id", "step_status", "workflow_id"])
