"""Workflows: list, start, read, and wait for their end."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse
from ninja import Query, Status
from pydantic import BaseModel, Field

from console.actions import workflows as acting
from console.api.callers import ApiRequest, Caller
from console.api.fields import Attributes, Count, Id, Key, Text, WriteBody
from console.api.filters import WorkflowQuery, refuse_unknown
from console.api.items import (
    WorkflowItem,
    WorkflowReference,
    item_of,
    items_of,
    reference_to,
)
from console.api.links import workflow_links
from console.api.paging import Page
from console.api.problems import Problem, understood
from console.api.routers import READING
from console.api.routers import workflow_router as router
from console.api.waiting import give_back_thread, places, room
from console.conf import API_WAIT_SECONDS
from console.permissions import Permission
from console.queries import statuses
from durable_engine import client
from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import check_workflow_id

PATH = "/workflows/{durable_key:workflow_id}"
"""The address of one workflow."""


class WorkflowPage(Page[WorkflowItem]):
    """One page of workflows."""


class SearchedPage(WorkflowPage):
    """One page of workflows that a text was searched for in."""

    search_limited: bool = Field(
        description="Inputs were searched among the newest 100,000 only."
    )


class LookedPage(SearchedPage):
    """One page of workflows that ended before it was full."""

    looked_to: datetime = Field(
        description="All that matches up to this time of creation is here, though the "
        "page is not full, or even empty; `next` looks further."
    )


class StartBody(WriteBody):
    """What is to be started, and how."""

    name: Text = Field(
        description="The registered name.", examples=["shop.workflows.checkout"]
    )
    args: list[Any] = Field(default_factory=list, examples=[[42]])
    kwargs: dict[str, Any] = Field(default_factory=dict)
    workflow_id: Id | None = Field(
        None,
        description="Its id; a used one starts nothing and answers what is there.",
        examples=["order-42"],
    )
    queue: Key | None = Field(
        None, description="Where it waits for its turn; null: any worker takes it."
    )
    timeout_seconds: float | None = Field(
        None, gt=0, le=1e9, description="Counted from its claim."
    )
    priority: Count | None = Field(None, description="In its queue, 1 first.")
    delay_seconds: float | None = Field(
        None, ge=0, le=1e9, description="DELAYED until then."
    )
    deduplication_id: Key | None = Field(
        None, description="Unique in the queue until its holder ends."
    )
    queue_partition_key: Key | None = None
    attributes: Attributes | None = Field(None, examples=[{"customer": 7}])

    def order(self) -> client.StartOrder:
        """Return it as the engine takes it."""
        values = self.model_dump(exclude={"reason", "args"})
        return client.StartOrder(args=tuple(self.args), **values)


class WaitQuery(BaseModel):
    """How long to wait."""

    wait: float = Field(
        0,
        ge=0,
        le=API_WAIT_SECONDS,
        description="Seconds to wait for its end, if it has not ended; the answer "
        "comes then, or when they are over.",
    )


@router.get(
    "/workflows",
    response=LookedPage | SearchedPage | WorkflowPage,
    tags=READING,
    operation_id="list_workflows",
)
def list_workflows(request: ApiRequest, query: Query[WorkflowQuery]) -> WorkflowPage:
    """Return workflows that match every filter given, by time of creation."""
    caller = request.auth
    caller.require(Permission.VIEW_WORKFLOW)
    refuse_unknown(request, WorkflowQuery)
    with understood():
        page = statuses.page(query.arguments(caller))
    items = items_of(caller, page)
    if not (query.search or page.looked_to):
        return WorkflowPage(items=items, next=page.next_cursor)
    searched = SearchedPage(
        items=items, next=page.next_cursor, search_limited=page.search_limited
    )
    if page.looked_to is None:
        return searched
    return LookedPage(**dict(searched), looked_to=page.looked_to)


@router.post(
    "/workflows",
    response={
        200: WorkflowItem | WorkflowReference,
        201: WorkflowItem | WorkflowReference,
    },
    tags=READING,
    operation_id="start_workflow",
)
def start_workflow(
    request: ApiRequest, response: HttpResponse, body: StartBody
) -> Status[WorkflowItem | WorkflowReference]:
    """Start a workflow; under an id that is in use, answer 200 with what is there."""
    caller = request.auth
    with understood():
        found = acting.start_or_find(caller.actor, body.order(), body.reason or "")
    if found.new:
        tell_location(response, caller, found.workflow_id)
    shown = shown_to(caller, found.workflow_id)
    return Status(201 if found.new else 200, shown)


@router.get(PATH, response=WorkflowItem, tags=READING, operation_id="get_workflow")
async def get_workflow(
    request: ApiRequest, workflow_id: str, query: Query[WaitQuery]
) -> WorkflowItem:
    """Return one workflow with its payloads; wait for its end if asked to."""
    caller = request.auth
    refuse_unknown(request, WaitQuery)
    await sync_to_async(view)(caller, workflow_id)
    if query.wait:
        with room.place(caller, most=places(request)):
            await give_back_thread()
            await client.wait_for_end_async(workflow_id, timeout_seconds=query.wait)
    return await sync_to_async(read)(caller, workflow_id)


def view(caller: Caller, workflow_id: str) -> None:
    """Refuse who may not view a workflow, and ids that no workflow has.

    Raises:
        NotAuthorized: the permission is missing.
        Problem: 404, there can be no such workflow.
    """
    caller.require(Permission.VIEW_WORKFLOW, workflow_id)
    check_id(workflow_id)


def check_id(workflow_id: str) -> None:
    """Refuse an id that no workflow can have.

    Raises:
        Problem: 404, it is such an id.
    """
    try:
        check_workflow_id(workflow_id)
    except ValueError as error:
        raise Problem(404, str(error), kind="unknown-workflow") from error


def read(caller: Caller, workflow_id: str) -> WorkflowItem:
    """Return a workflow that the caller may view.

    Raises:
        NonExistentWorkflow: there is none.
    """
    page = statuses.one(workflow_id)
    if not page.statuses:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    return item_of(caller, page.statuses[0], page.errors.get(workflow_id))


def shown_to(caller: Caller, workflow_id: str) -> WorkflowItem | WorkflowReference:
    """Return what the caller may know of a workflow that he acted on.

    Raises:
        NonExistentWorkflow: somebody deleted it meanwhile.
    """
    if caller.may(Permission.VIEW_WORKFLOW, workflow_id):
        return read(caller, workflow_id)
    page = statuses.one(workflow_id)
    if not page.statuses:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    return reference_to(caller, page.statuses[0])


def tell_location(response: HttpResponse, caller: Caller, workflow_id: str) -> None:
    """Say in a header where the workflow is that was made."""
    response["Location"] = workflow_links(caller.home, workflow_id).self
