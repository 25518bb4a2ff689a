"""Processes that run workflows, and the versions of the application they run."""

from datetime import datetime

from ninja import Query, Router
from pydantic import BaseModel, Field

from console.api.callers import ApiRequest
from console.api.filters import refuse_unknown
from console.api.paging import Page, Paging, page_by_name
from console.permissions import Permission
from durable_engine import inspection

router = Router(tags=["processes"])


class ExecutorItem(BaseModel):
    """One process."""

    id: str
    executor_id: str = Field(description="The same as `id`.")
    hostname: str
    pid: int
    app_version: str
    started_at: datetime
    heartbeat_at: datetime
    alive: bool = Field(description="Its lease holds.")
    running: int = Field(description="Workflows it owns.")
    kind: str = Field(description="`worker`, or `client`: it runs what it calls.")
    threads: int = Field(description="Places for synchronous workflows.")
    threads_busy: int = Field(description="Taken, as of its last heartbeat.")
    coroutines: int = Field(description="Places for coroutine workflows.")
    coroutines_busy: int = Field(description="Taken, as of its last heartbeat.")
    queues: list[str] | None = Field(
        description="It serves these only; null: every queue that its code declares."
    )


class VersionItem(BaseModel):
    """One version of the application."""

    name: str
    created_at: datetime = Field(description="When it first ran here.")
    last_seen_at: datetime = Field(description="When a process of it started last.")
    current: bool = Field(description="It is the version of the web process.")
    in_flight: int = Field(description="Workflows that have not ended, to 10,000.")


class ExecutorsPage(Page[ExecutorItem]):
    """One page of processes, by id."""


class VersionsPage(Page[VersionItem]):
    """One page of versions, by name."""


@router.get("/executors", response=ExecutorsPage, operation_id="list_executors")
def list_executors(request: ApiRequest, query: Query[Paging]) -> ExecutorsPage:
    """Return every known process that runs workflows."""
    request.auth.require(Permission.VIEW_WORKFLOW)
    refuse_unknown(request, Paging)
    every = inspection.list_executors()
    found, cursor = page_by_name(every, lambda one: one.executor_id, query)
    items = [
        ExecutorItem(
            id=one.executor_id,
            executor_id=one.executor_id,
            hostname=one.hostname,
            pid=one.pid,
            app_version=one.app_version,
            started_at=one.started_at,
            heartbeat_at=one.heartbeat_at,
            alive=one.alive,
            running=one.running,
            kind=one.kind,
            threads=one.threads,
            threads_busy=one.threads_busy,
            coroutines=one.coroutines,
            coroutines_busy=one.coroutines_busy,
            queues=one.queues,
        )
        for one in found
    ]
    return ExecutorsPage(items=items, next=cursor)


@router.get("/versions", response=VersionsPage, operation_id="list_versions")
def list_versions(request: ApiRequest, query: Query[Paging]) -> VersionsPage:
    """Return the versions of the application that ever ran here."""
    request.auth.require(Permission.VIEW_WORKFLOW)
    refuse_unknown(request, Paging)
    every = inspection.list_application_versions()
    found, cursor = page_by_name(every, lambda one: one.name, query)
    items = [
        VersionItem(
            name=one.name,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            current=one.current,
            in_flight=one.in_flight,
        )
        for one in found
    ]
    return VersionsPage(items=items, next=cursor)
