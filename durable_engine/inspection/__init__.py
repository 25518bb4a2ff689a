"""Reading workflows through the ORM: lists, statuses, steps, executors."""

from durable_engine.inspection.conditions import (
    with_attributes,
    with_prefix,
    with_text,
)
from durable_engine.inspection.finding import (
    Counted,
    Found,
    Wanted,
    count_rows,
    first_rows,
)
from durable_engine.inspection.listing import (
    WorkflowList,
    list_queued_workflows,
    list_workflows,
)
from durable_engine.inspection.published import (
    list_events,
    list_messages,
    list_stream,
)
from durable_engine.inspection.reading import (
    get_workflow_status,
    list_executors,
    list_workflow_steps,
    workflows_for,
)
from durable_engine.inspection.statistics import (
    created_by_slice,
    database_now,
    in_flight,
    newest_failures,
    oldest_enqueued,
    unfinished_by_name,
)
from durable_engine.inspection.versions import (
    get_latest_application_version,
    list_application_versions,
    list_stranded_versions,
)

__all__ = [
    "Counted",
    "Found",
    "Wanted",
    "WorkflowList",
    "count_rows",
    "created_by_slice",
    "database_now",
    "first_rows",
    "get_latest_application_version",
    "get_workflow_status",
    "in_flight",
    "list_application_versions",
    "list_events",
    "list_executors",
    "list_messages",
    "list_queued_workflows",
    "list_stranded_versions",
    "list_stream",
    "list_workflow_steps",
    "list_workflows",
    "newest_failures",
    "oldest_enqueued",
    "unfinished_by_name",
    "with_attributes",
    "with_prefix",
    "with_text",
    "workflows_for",
]
