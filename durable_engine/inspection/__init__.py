"""Reading workflows through the ORM: lists, statuses, steps, executors."""

from durable_engine.inspection.listing import (
    WorkflowList,
    list_queued_workflows,
    list_workflows,
)
from durable_engine.inspection.reading import (
    get_workflow_status,
    list_executors,
    list_workflow_steps,
    workflows_for,
)
from durable_engine.inspection.versions import (
    get_latest_application_version,
    list_application_versions,
    list_stranded_versions,
)

__all__ = [
    "WorkflowList",
    "get_latest_application_version",
    "get_workflow_status",
    "list_application_versions",
    "list_executors",
    "list_queued_workflows",
    "list_stranded_versions",
    "list_workflow_steps",
    "list_workflows",
    "workflows_for",
]
