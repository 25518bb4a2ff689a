"""Queues: list, limit, pause, resume."""

from typing import Any

from ninja import Query, Router
from pydantic import BaseModel, Field

from console.actions import queues as acting
from console.api.callers import ApiRequest
from console.api.fields import Body, Count, WriteBody
from console.api.filters import refuse_unknown
from console.api.paging import Page, Paging, page_by_name
from console.api.problems import Problem, understood
from console.permissions import Permission
from durable_engine import client
from durable_engine.ids import check_key
from durable_engine.records import QueueInfo

router = Router(tags=["queues"])

_PATH = "/queues/{durable_key:name}"


class QueueItem(BaseModel):
    """One queue; counts end at 10,000.

    Limits are `concurrency`, `worker_concurrency`, `limiter`, `partition_concurrency`.
    """

    name: str = Field(examples=["mail"])
    declared: dict[str, Any] = Field(description="Limits that code sets.")
    overridden: dict[str, Any] = Field(description="Limits that operators set.")
    effective: dict[str, Any] = Field(description="Limits that hold now.")
    paused: bool
    enqueued: int
    delayed: int
    running: int


class QueuesPage(Page[QueueItem]):
    """One page of queues, by name."""


class LimiterBody(Body):
    """Most starts in a rolling window over all workers."""

    limit: Count = Field(examples=[50])
    period: float = Field(gt=0, le=1e9, description="Seconds.", examples=[60.0])


class LimitsBody(WriteBody):
    """Limits to override; null resets one to what code declares."""

    concurrency: Count | None = Field(
        None, description="Most that run at once over all workers."
    )
    worker_concurrency: Count | None = Field(
        None, description="Most that run at once in one process."
    )
    limiter: LimiterBody | None = None
    partition_concurrency: Count | None = Field(
        None, description="Most that run at once of one partition key."
    )


@router.get("/queues", response=QueuesPage, operation_id="list_queues")
def list_queues(request: ApiRequest, query: Query[Paging]) -> QueuesPage:
    """Return every queue that workers, code or operators know, or that holds work."""
    request.auth.require(Permission.VIEW_WORKFLOW)
    refuse_unknown(request, Paging)
    found, cursor = page_by_name(client.list_queues(), lambda one: one.name, query)
    return QueuesPage(items=[_item(one) for one in found], next=cursor)


@router.patch(_PATH, response=QueueItem, operation_id="set_queue_limits")
def set_limits(request: ApiRequest, name: str, body: LimitsBody) -> QueueItem:
    """Override limits of a queue until they are reset; what is not given stays."""
    given = body.model_dump(exclude_unset=True, exclude={"reason"})
    if not given:
        detail = "Give at least one limit; null resets it."
        raise Problem(422, detail, kind="invalid-value")
    _check_name(name)
    with understood():
        acting.set_limits(request.auth.actor, name, given, body.reason or "")
    return _named(name)


@router.post(f"{_PATH}/pause", response=QueueItem, operation_id="pause_queue")
def pause(request: ApiRequest, name: str, body: WriteBody | None = None) -> QueueItem:
    """Stop starting what is in a queue; what runs goes on."""
    _check_name(name)
    with understood():
        acting.pause(request.auth.actor, name, _reason(body))
    return _named(name)


@router.post(f"{_PATH}/resume", response=QueueItem, operation_id="resume_queue")
def resume(request: ApiRequest, name: str, body: WriteBody | None = None) -> QueueItem:
    """Start again what is in a paused queue."""
    _check_name(name)
    with understood():
        acting.resume(request.auth.actor, name, _reason(body))
    return _named(name)


def _reason(body: WriteBody | None) -> str:
    return (body.reason if body is not None else None) or ""


def _check_name(name: str) -> None:
    with understood():
        check_key(name, what="the name of a queue")


def _named(name: str) -> QueueItem:
    return next(_item(one) for one in client.list_queues() if one.name == name)


def _item(queue: QueueInfo) -> QueueItem:
    return QueueItem(
        name=queue.name,
        declared=queue.declared,
        overridden=queue.overridden,
        effective=queue.effective,
        paused=queue.paused,
        enqueued=queue.enqueued,
        delayed=queue.delayed,
        running=queue.running,
    )
