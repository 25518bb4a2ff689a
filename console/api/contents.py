"""What belongs to a workflow: steps, events, messages, streams, children."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from ninja import Query
from pydantic import BaseModel, Field

from console.api.callers import ApiRequest, Caller
from console.api.filters import refuse_unknown
from console.api.items import ErrorItem, WorkflowItem, error_of, items_of
from console.api.paging import Page, Paging, cursor_after, name_in, number_in
from console.api.plain import plain
from console.api.problems import Problem, understood
from console.api.routers import READING
from console.api.routers import workflow_router as router
from console.api.waiting import give_back_thread, places, room
from console.api.workflows import PATH, view
from console.conf import API_WAIT_SECONDS
from console.permissions import Permission
from console.queries import recorded, statuses
from console.queries.recorded import StepPage
from console.queries.workflows import exists
from durable_engine import client
from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import check_key
from durable_engine.records import StepInfo


class StepItem(BaseModel):
    """One recorded step."""

    position: int = Field(description="Counted from 1.")
    name: str
    status: str = Field(description="PENDING, SUCCESS or ERROR.")
    output: Any = Field(description="Null for who may not see payloads.")
    error: ErrorItem | None
    child_workflow_id: str | None
    attempts: int
    started_at: datetime
    completed_at: datetime | None
    payload_hidden: bool = Field(
        description="Output and the error's texts are null because the permission "
        "durable_engine.view_payload is missing."
    )


class EventItem(BaseModel):
    """The latest value that the workflow published under a key."""

    key: str
    value: Any
    position: int = Field(description="Of the call that published it.")
    updated_at: datetime


class MessageItem(BaseModel):
    """One message, received or not."""

    id: int
    topic: str | None
    message: Any
    idempotency_key: str | None
    sender_workflow_id: str | None = Field(description="Null: sent from outside.")
    created_at: datetime
    consumed_position: int | None = Field(
        description="Of the recv that took it; null: unread."
    )


class StreamItem(BaseModel):
    """One entry of a stream."""

    offset: int = Field(description="Counted from 0.")
    value: Any
    created_at: datetime


class StepsPage(Page[StepItem]):
    """One page of steps."""


class EventsPage(Page[EventItem]):
    """One page of events, by key."""


class MessagesPage(Page[MessageItem]):
    """One page of messages, the oldest first."""


class ChildrenPage(Page[WorkflowItem]):
    """One page of children, the newest first."""


class StreamPage(Page[StreamItem]):
    """What a stream holds now after an offset."""

    ended: bool = Field(description="Nothing more will come; `next` is then null.")


class StreamQuery(Paging):
    """Which entries, and how long to wait for the first of them."""

    after: int = Field(
        -1, ge=-1, le=2**31 - 1, description="Only entries after this offset."
    )
    wait: float = Field(
        0,
        ge=0,
        le=API_WAIT_SECONDS,
        description="Seconds to wait for an entry, if there is none yet.",
    )


@router.get(
    f"{PATH}/steps", response=StepsPage, tags=READING, operation_id="list_steps"
)
def list_steps(
    request: ApiRequest, workflow_id: str, query: Query[Paging]
) -> StepsPage:
    """Return the recorded steps of a workflow by position."""
    caller = request.auth
    view(caller, workflow_id)
    refuse_unknown(request, Paging)
    after = number_in(query.cursor, 0)
    page = recorded.steps(workflow_id, after=after, limit=query.limit)
    seen = caller.may(Permission.VIEW_PAYLOAD, workflow_id)
    last = page.rows[-1].position if page.rows else after
    return StepsPage(
        items=[_step(step, page, seen=seen) for step in page.rows],
        next=cursor_after(last) if page.more else None,
    )


@router.get(
    f"{PATH}/events", response=EventsPage, tags=READING, operation_id="list_events"
)
def list_events(
    request: ApiRequest, workflow_id: str, query: Query[Paging]
) -> EventsPage:
    """Return what a workflow published, by key; needs view_payload."""
    _look_inside(request.auth, workflow_id)
    refuse_unknown(request, Paging)
    page = recorded.events(workflow_id, after=name_in(query.cursor), limit=query.limit)
    items = [
        EventItem(
            key=event.key,
            value=plain(event.value),
            position=event.position,
            updated_at=event.updated_at,
        )
        for event in page.rows
    ]
    return EventsPage(
        items=items, next=cursor_after(items[-1].key) if page.more else None
    )


@router.get(
    f"{PATH}/messages",
    response=MessagesPage,
    tags=READING,
    operation_id="list_messages",
)
def list_messages(
    request: ApiRequest, workflow_id: str, query: Query[Paging]
) -> MessagesPage:
    """Return the messages sent to a workflow, in order; needs view_payload."""
    _look_inside(request.auth, workflow_id)
    refuse_unknown(request, Paging)
    after = number_in(query.cursor, 0)
    page = recorded.messages(workflow_id, after=after, limit=query.limit)
    items = [
        MessageItem(
            id=one.id,
            topic=one.topic,
            message=plain(one.message),
            idempotency_key=one.idempotency_key,
            sender_workflow_id=one.sender_workflow_id,
            created_at=one.created_at,
            consumed_position=one.consumed_position,
        )
        for one in page.rows
    ]
    return MessagesPage(
        items=items, next=cursor_after(items[-1].id) if page.more else None
    )


@router.get(
    f"{PATH}/children",
    response=ChildrenPage,
    tags=READING,
    operation_id="list_children",
)
def list_children(
    request: ApiRequest, workflow_id: str, query: Query[Paging]
) -> ChildrenPage:
    """Return the children of a workflow, the newest first, without payloads."""
    caller = request.auth
    view(caller, workflow_id)
    refuse_unknown(request, Paging)
    if not exists(workflow_id):
        raise NonExistentWorkflow(workflow_id=workflow_id)
    filters = {"parent_workflow_id": workflow_id, **query.model_dump()}
    with understood():
        page = statuses.page(filters)
    return ChildrenPage(items=items_of(caller, page), next=page.next_cursor)


@router.get(
    f"{PATH}/streams/{{durable_key:key}}",
    response=StreamPage,
    tags=READING,
    operation_id="read_stream",
)
async def read_stream(
    request: ApiRequest, workflow_id: str, key: str, query: Query[StreamQuery]
) -> StreamPage:
    """Return entries of a stream as they grow; needs view_payload.

    `next` leads on until the stream is closed or its workflow has ended.
    """
    caller = request.auth
    refuse_unknown(request, StreamQuery)
    await sync_to_async(_look_inside)(caller, workflow_id)
    try:
        check_key(key, what="the key of a stream")
    except ValueError as error:
        raise Problem(404, str(error)) from error
    after = number_in(query.cursor, query.after)
    if query.wait:
        with room.place(caller, most=places(request)):
            await give_back_thread()
            await client.wait_for_entry_async(
                workflow_id, key, offset=after + 1, timeout_seconds=query.wait
            )
    return await sync_to_async(_entries)(workflow_id, key, after, query.limit)


def _entries(workflow_id: str, key: str, after: int, limit: int) -> StreamPage:
    found = recorded.stream(workflow_id, key, after=after, limit=limit)
    last = found.rows[-1].offset if found.rows else after
    return StreamPage(
        items=[
            StreamItem(
                offset=entry.offset,
                value=plain(entry.value),
                created_at=entry.created_at,
            )
            for entry in found.rows
        ],
        next=None if found.ended else cursor_after(last),
        ended=found.ended,
    )


def _look_inside(caller: Caller, workflow_id: str) -> None:
    """Refuse who may not see what a workflow says, and unknown ids."""
    view(caller, workflow_id)
    caller.require(Permission.VIEW_PAYLOAD, workflow_id)
    if not exists(workflow_id):
        raise NonExistentWorkflow(workflow_id=workflow_id)


def _step(step: StepInfo, page: StepPage, *, seen: bool) -> StepItem:
    error = page.errors.get(step.position)
    return StepItem(
        position=step.position,
        name=step.name,
        status=step.status,
        output=plain(step.output) if seen else None,
        error=None if error is None else error_of(error, seen=seen),
        child_workflow_id=step.child_workflow_id,
        attempts=step.attempts,
        started_at=step.started_at,
        completed_at=step.completed_at,
        payload_hidden=not seen,
    )
