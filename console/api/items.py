"""A workflow as an item of the API, with what its reader may see.

Who may not see payloads gets null in their place and `payload_hidden`: true; who may
not even view the workflow he acted on gets a reference.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from console.api.callers import Caller
from console.api.fields import Status
from console.api.links import Links, workflow_links
from console.api.plain import plain
from console.permissions import Permission
from console.queries.statuses import StatusPage
from durable_engine.records import WorkflowStatus
from durable_engine.serialization import RecordedError

Instant = datetime


class ErrorItem(BaseModel):
    """What was recorded of an error."""

    type: str = Field(
        description="Its class, as module and name.", examples=["ValueError"]
    )
    message: str | None = Field(description="Null for who may not see payloads.")
    traceback: str | None = Field(description="Likewise.")


class InputItem(BaseModel):
    """What a workflow is called with."""

    args: list[Any]
    kwargs: dict[str, Any]


class WorkflowReference(BaseModel):
    """A workflow that the caller may act on and may not view."""

    id: str = Field(examples=["order-42"])
    workflow_id: str = Field(description="The same as `id`.")
    name: str = Field(
        description="The registered name.", examples=["shop.workflows.checkout"]
    )
    status: Status = Field(examples=["SUCCESS"])
    links: Links


class WorkflowItem(WorkflowReference):
    """A workflow; instants are ISO 8601 with offset."""

    queue_name: str | None
    priority: int = Field(description="1 first; 0, unset, before all.")
    deduplication_id: str | None
    queue_partition_key: str | None
    app_version: str | None = Field(description="Whose workers run it.")
    executor_id: str | None = Field(description="The process that runs it now.")
    recovery_attempts: int
    parent_workflow_id: str | None
    forked_from: str | None
    schedule_name: str | None
    started_by: str | None = Field(description="Who started it, if that is known.")
    attributes: dict[str, Any] | None
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    completed_at: Instant | None
    deadline: Instant | None = Field(description="When it is cancelled.")
    delay_until: Instant | None
    wake_at: Instant | None = Field(description="Until when it waits, unloaded.")
    input: InputItem | None = Field(
        description="In lists only with `load_input`, else null."
    )
    output: Any = Field(
        description="Its result; in lists only with `load_output`, else null."
    )
    error: ErrorItem | None = Field(
        description="Why it failed; in lists only with `load_output`, else null."
    )
    payload_hidden: bool = Field(
        description="Attributes, input, output and the error's texts are null because "
        "the permission durable_engine.view_payload is missing."
    )


_FACTS = tuple(
    name
    for name in WorkflowItem.model_fields
    if name in WorkflowStatus.__dataclass_fields__
    and name not in ("attributes", "input", "output", "error")
)


def items_of(caller: Caller, page: StatusPage) -> list[WorkflowItem]:
    """Return the workflows of a page that the caller may view."""
    return [
        item_of(caller, status, page.errors.get(status.id))
        for status in page.statuses
        if caller.may(Permission.VIEW_WORKFLOW, status.id)
    ]


def item_of(
    caller: Caller, status: WorkflowStatus, error: RecordedError | None
) -> WorkflowItem:
    """Return a workflow as the caller may see it."""
    seen = caller.may(Permission.VIEW_PAYLOAD, status.id)
    given = status.input if seen else None
    facts: dict[str, Any] = {name: getattr(status, name) for name in _FACTS}
    return WorkflowItem(
        id=status.id,
        **facts,
        links=workflow_links(caller.home, status.id),
        attributes=status.attributes if seen else None,
        input=None if given is None else InputItem(**plain(given)),
        output=plain(status.output) if seen else None,
        error=None if error is None else error_of(error, seen=seen),
        payload_hidden=not seen,
    )


def reference_to(caller: Caller, status: WorkflowStatus) -> WorkflowReference:
    """Return what somebody may know of a workflow who may not view it."""
    return WorkflowReference(
        id=status.id,
        workflow_id=status.id,
        name=status.name,
        status=status.status,
        links=workflow_links(caller.home, status.id),
    )


def error_of(error: RecordedError, *, seen: bool) -> ErrorItem:
    """Return a recorded error, without its texts for who may not see payloads."""
    return ErrorItem(
        type=error.type_name,
        message=error.message if seen else None,
        traceback=error.traceback_text if seen else None,
    )
