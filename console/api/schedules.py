"""Schedules: list, pause, resume, trigger, backfill."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from console.actions import schedules as acting
from console.api.callers import ApiRequest
from console.api.fields import Instant, WriteBody
from console.api.filters import refuse_unknown
from console.api.items import WorkflowItem, WorkflowReference
from console.api.links import Links, workflow_links
from console.api.paging import Page, Paging, page_by_name
from console.api.plain import plain
from console.api.problems import understood
from console.api.workflows import shown_to, tell_location
from console.permissions import Permission
from durable_engine import client
from durable_engine.errors import NonExistentSchedule
from durable_engine.ids import check_key
from durable_engine.records import ScheduleInfo

router = Router(tags=["schedules"])

_PATH = "/schedules/{durable_key:name}"


class ScheduleItem(BaseModel):
    """One schedule."""

    name: str = Field(examples=["nightly"])
    schedule_name: str = Field(description="The same as `name`.")
    workflow_name: str
    schedule: str = Field(description="A cron expression.", examples=["0 8 * * *"])
    cron_timezone: str = Field(examples=["Europe/Paris"])
    context: Any = Field(description="Null for who may not see payloads.")
    queue_name: str | None
    automatic_backfill: bool
    declared_in_code: bool
    status: str = Field(description="ACTIVE or PAUSED.")
    last_fired_at: datetime | None
    next_fire_at: datetime | None
    created_at: datetime
    payload_hidden: bool = Field(
        description="`context` is null for want of a permission."
    )


class SchedulesPage(Page[ScheduleItem]):
    """One page of schedules, by name."""


class BackfillBody(WriteBody):
    """The open interval whose ticks are made up for."""

    start: Instant = Field(
        description="ISO 8601 with an offset.", examples=["2026-11-01T00:00:00Z"]
    )
    end: Instant = Field(description="The same.", examples=["2026-11-02T00:00:00Z"])


class TickItem(BaseModel):
    """The workflow of one tick."""

    id: str
    workflow_id: str = Field(description="The same as `id`.")
    links: Links


class TicksPage(Page[TickItem]):
    """The workflows of all ticks in the interval, in order."""


@router.get("/schedules", response=SchedulesPage, operation_id="list_schedules")
def list_schedules(request: ApiRequest, query: Query[Paging]) -> SchedulesPage:
    """Return every schedule."""
    request.auth.require(Permission.VIEW_WORKFLOW)
    refuse_unknown(request, Paging)
    every = client.list_schedules()
    found, cursor = page_by_name(every, lambda one: one.schedule_name, query)
    items = [_item(request, one) for one in found]
    return SchedulesPage(items=items, next=cursor)


@router.post(f"{_PATH}/pause", response=ScheduleItem, operation_id="pause_schedule")
def pause(
    request: ApiRequest, name: str, body: WriteBody | None = None
) -> ScheduleItem:
    """Start nothing at the ticks from now on."""
    _check_name(name)
    acting.pause(request.auth.actor, name, _reason(body))
    return _named(request, name)


@router.post(f"{_PATH}/resume", response=ScheduleItem, operation_id="resume_schedule")
def resume(
    request: ApiRequest, name: str, body: WriteBody | None = None
) -> ScheduleItem:
    """Go on with the next tick."""
    _check_name(name)
    acting.resume(request.auth.actor, name, _reason(body))
    return _named(request, name)


@router.post(
    f"{_PATH}/trigger",
    response={201: WorkflowItem | WorkflowReference},
    operation_id="trigger_schedule",
)
def trigger(
    request: ApiRequest,
    response: HttpResponse,
    name: str,
    body: WriteBody | None = None,
) -> Status[WorkflowItem | WorkflowReference]:
    """Start the schedule's workflow now, also while it is paused."""
    _check_name(name)
    workflow_id = acting.trigger(request.auth.actor, name, _reason(body))
    tell_location(response, request.auth, workflow_id)
    return Status(201, shown_to(request.auth, workflow_id))


@router.post(
    f"{_PATH}/backfill", response={201: TicksPage}, operation_id="backfill_schedule"
)
def backfill(request: ApiRequest, name: str, body: BackfillBody) -> Status[TicksPage]:
    """Start the workflows of all ticks between two instants, which have their ids.

    What was started by a tick is not started again; it is in the answer all the same.
    """
    _check_name(name)
    actor = request.auth.actor
    with understood():
        ids = acting.backfill(actor, name, body.start, body.end, body.reason or "")
    home = request.auth.home
    items = [
        TickItem(id=one, workflow_id=one, links=workflow_links(home, one))
        for one in ids
    ]
    return Status(201, TicksPage(items=items, next=None))


def _reason(body: WriteBody | None) -> str:
    return (body.reason if body is not None else None) or ""


def _check_name(name: str) -> None:
    """Refuse a name that no schedule has, before it gets into the audit trail."""
    try:
        check_key(name, what="the name of a schedule")
    except ValueError as error:
        raise NonExistentSchedule(name=name) from error


def _named(request: ApiRequest, name: str) -> ScheduleItem:
    found = client.get_schedule(name)
    if found is None:
        raise NonExistentSchedule(name=name)
    return _item(request, found)


def _item(request: ApiRequest, schedule: ScheduleInfo) -> ScheduleItem:
    seen = request.auth.may(Permission.VIEW_PAYLOAD)
    return ScheduleItem(
        name=schedule.schedule_name,
        schedule_name=schedule.schedule_name,
        workflow_name=schedule.workflow_name,
        schedule=schedule.schedule,
        cron_timezone=schedule.cron_timezone,
        context=plain(schedule.context) if seen else None,
        queue_name=schedule.queue_name,
        automatic_backfill=schedule.automatic_backfill,
        declared_in_code=schedule.declared_in_code,
        status=schedule.status,
        last_fired_at=schedule.last_fired_at,
        next_fire_at=schedule.next_fire_at,
        created_at=schedule.created_at,
        payload_hidden=not seen,
    )
