"""Where each public name is loaded from at its first use.

Read by the package root only, which says the same to type checkers; a test compares
the two.
"""

ROOMS = {
    "client": (
        "ScheduleInput apply_schedules apply_schedules_async backfill_schedule "
        "backfill_schedule_async cancel_workflow cancel_workflow_async "
        "cancel_workflows cancel_workflows_async create_schedule "
        "create_schedule_async delete_schedule delete_schedule_async delete_workflow "
        "delete_workflow_async delete_workflows delete_workflows_async fork_workflow "
        "fork_workflow_async get_schedule get_schedule_async list_schedules "
        "list_schedules_async pause_schedule pause_schedule_async prune_workflows "
        "restart_workflow restart_workflow_async resume_schedule "
        "resume_schedule_async resume_workflow resume_workflow_async resume_workflows "
        "resume_workflows_async retry_workflow retry_workflow_async trigger_schedule "
        "trigger_schedule_async update_workflow_attributes "
        "update_workflow_attributes_async"
    ),
    "client.queues": (
        "list_queues list_queues_async pause_queue pause_queue_async resume_queue "
        "resume_queue_async set_queue_limits set_queue_limits_async "
        "set_workflow_delay set_workflow_delay_async"
    ),
    "client.reading": (
        "get_latest_application_version get_latest_application_version_async "
        "get_workflow_status get_workflow_status_async list_application_versions "
        "list_application_versions_async list_executors list_executors_async "
        "list_queued_workflows list_queued_workflows_async list_stranded_versions "
        "list_stranded_versions_async list_workflow_steps list_workflow_steps_async "
        "list_workflows list_workflows_async workflows_for workflows_for_async"
    ),
    "errors": (
        "AtomicBlock AwaitedWorkflowCancelled "
        "AwaitedWorkflowMaxRecoveryAttemptsExceeded ConflictingRegistration "
        "ConflictingWorkflow DatabaseUnavailable DurableError DurableWarning "
        "EngineStopped MaxStepRetriesExceeded NonDeterminism NonExistentSchedule "
        "NonExistentWorkflow NotAuthorized OutsideWorkflow PayloadTooLarge "
        "QueryInWorkflow QueueDeduplicated SerializationError StepTimeout "
        "StreamTimeout SynchronousCallInEventLoop UnregisteredInstance "
        "UnregisteredWorkflow WorkflowCancelled WorkflowFailed"
    ),
    "primitives.debouncing": "Debouncer",
    "primitives.determinism": "now random uuid4",
    "primitives.events": (
        "get_all_events get_all_events_async get_event get_event_async set_event "
        "set_event_async"
    ),
    "primitives.gathering": "asyncio_wait wait_first wait_first_async",
    "primitives.handles": (
        "WorkflowHandle WorkflowHandleAsync get_result get_result_async "
        "retrieve_workflow retrieve_workflow_async"
    ),
    "primitives.instances": "DBOSConfiguredInstance dbos_class register_instance",
    "primitives.items": "Call",
    "primitives.messages": (
        "SendMessage recv recv_async send send_async send_bulk send_bulk_async"
    ),
    "primitives.patching": "deprecate_patch deprecate_patch_async patch patch_async",
    "primitives.queues": (
        "Queue SetEnqueueOptions enqueue_workflow enqueue_workflow_async "
        "register_queue register_queue_async"
    ),
    "primitives.scheduling": "scheduled",
    "primitives.sleep": "sleep sleep_async",
    "primitives.starting": (
        "SetStartedBy SetWorkflowAttributes SetWorkflowID SetWorkflowTimeout "
        "start_workflow start_workflow_async"
    ),
    "primitives.step": "StepOptions run_step run_step_async step",
    "primitives.streams": (
        "close_stream close_stream_async read_stream read_stream_async write_stream "
        "write_stream_async"
    ),
    "primitives.transaction": "transaction",
    "primitives.workflow": "workflow",
    "records": (
        "ApplicationVersionInfo BulkResult ExecutorInfo QueueInfo ScheduleInfo "
        "StepInfo StepStatus StrandedVersion WorkflowStatus"
    ),
    "worker.embedded": "destroy launch",
}

ROOM_OF = {name: room for room, names in ROOMS.items() for name in names.split()}
