"""Server-sent events of status changes, for programs that follow many workflows.

```
 hint of the engine, or a second ──► read the newest that match ──► compare ──► events
```

Who reads follows the newest `API_FEED_ROWS` workflows that match his filters, and as many
that were among them and go on. Every
change that lasts until the next look is told, at least once; a status that came and
went between two looks is not. A reader that comes back with `Last-Event-ID` gets what
changed since then among the same workflows. Needs an ASGI server.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from ninja import Query
from pydantic import BaseModel, Field

from console.api.callers import ApiRequest, Caller, authenticate_again
from console.api.filters import Some, refuse_unknown
from console.api.links import workflow_links
from console.api.problems import Problem, understood
from console.api.routers import READING
from console.api.routers import workflow_router as router
from console.api.waiting import WaitingRoom
from console.conf import (
    API_FEED_ROWS,
    API_FEEDS,
    API_FEEDS_EACH,
    POLL_SECONDS,
    QUERY_SECONDS,
    RECHECK_SECONDS,
)
from console.permissions import Permission
from console.queries.patience import TooSlow, at_most
from durable_engine import inspection
from durable_engine.client.changes import watch_changes
from durable_engine.clock import from_epoch, monotonic
from durable_engine.errors import NotAuthorized
from durable_engine.records import WorkflowStatus
from durable_engine.states import ACTIVE

_OVERLAP = timedelta(seconds=5)  # a change may be committed after a later one
_HEARTBEAT_SECONDS = 15.0
_MICROSECONDS = 1_000_000
_LAST_EVENT = 253_402_300_799 * _MICROSECONDS  # the end of the year 9999


feeds = WaitingRoom()
"""The readers of this process."""


class FeedQuery(BaseModel):
    """Which workflows to follow."""

    workflow_ids: Some = Field(default_factory=list, max_length=API_FEED_ROWS)
    name: Some = Field(default_factory=list, max_length=100)
    queue_name: Some = Field(default_factory=list, max_length=100)
    parent_workflow_id: Some = Field(default_factory=list, max_length=100)
    schedule_name: Some = Field(default_factory=list, max_length=100)
    workflow_id_prefix: Some = Field(default_factory=list, max_length=100)

    def filters(self) -> dict[str, Any]:
        """Return arguments of `list_workflows`."""
        given = self.model_dump()
        return {key: value for key, value in given.items() if value}


@router.get(
    "/feed",
    tags=READING,
    operation_id="follow",
    openapi_extra={
        "parameters": [
            {
                "in": "header",
                "name": "Last-Event-ID",
                "description": "Of the last event that was seen: go on from there.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            200: {
                "description": "Events named `status`, until the reader leaves",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            501: {"description": "This server speaks WSGI"},
        },
    },
)
async def follow(request: ApiRequest, query: Query[FeedQuery]) -> StreamingHttpResponse:
    """Tell the status changes of workflows as server-sent events."""
    refuse_unknown(request, FeedQuery)
    await sync_to_async(request.auth.require)(Permission.VIEW_WORKFLOW)
    if not isinstance(request, ASGIRequest):
        detail = (
            "The feed needs an ASGI server, such as Daphne; ask for "
            "workflows/{id}?wait=… instead."
        )
        raise Problem(501, detail, kind="needs-asgi")
    since = _instant_of(request.headers.get("Last-Event-ID", ""))
    with feeds.place(request.auth, most=API_FEEDS, each=API_FEEDS_EACH):
        pass  # there is one; the stream takes it when it begins
    feed = Feed(request, query.filters(), since)
    with understood():
        await sync_to_async(feed.begin)()
    response = StreamingHttpResponse(
        feed.events(), content_type="text/event-stream; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-cache, no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


class Feed:
    """What one reader follows, and what he has been told."""

    def __init__(
        self, request: ApiRequest, filters: dict[str, Any], since: datetime | None
    ) -> None:
        self._request = request
        self._caller: Caller = request.auth
        self._filters = filters
        self._since = since
        self._told: dict[str, str] = {}  # status by id
        self._wanted = asyncio.Event()

    def begin(self) -> None:
        """Take note of what the reader knows: all that did not change since then.

        Raises:
            ValueError: a filter is not valid.
        """
        since = self._since
        self._told = {
            status.id: status.status
            for status in self._newest()
            if since is None or status.updated_at < since - _OVERLAP
        }

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events until the reader leaves or may no longer read."""
        loop = asyncio.get_running_loop()

        def hinted() -> None:  # in a thread of the engine
            try:
                loop.call_soon_threadsafe(self._wanted.set)
            except RuntimeError:
                return  # the loop has ended

        try:
            with feeds.place(self._caller, most=API_FEEDS, each=API_FEEDS_EACH):
                unwatch = await sync_to_async(watch_changes)(hinted)
                try:
                    async for event in self._rounds():
                        yield event
                finally:
                    unwatch()
        except (Problem, NotAuthorized):
            yield b": you may not follow any longer, or too many do\n\n"
        except TooSlow:
            yield b": it takes too long to find what this asks for\n\n"

    async def _rounds(self) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n: following\n\n"
        spoke = checked = monotonic()
        while True:
            self._wanted.clear()
            if monotonic() - checked > RECHECK_SECONDS:
                await sync_to_async(self._check_again)()
                checked = monotonic()
            changed = await sync_to_async(self.changes)()
            if changed:
                yield b"".join(map(self._event, changed))
                spoke = monotonic()
            elif monotonic() - spoke > _HEARTBEAT_SECONDS:
                yield b": still here\n\n"
                spoke = monotonic()
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(POLL_SECONDS)  # a busy engine hints twenty times a second
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wanted.wait()
        except TimeoutError:
            return

    def _check_again(self) -> None:
        self._caller = authenticate_again(self._request)
        self._caller.require(Permission.VIEW_WORKFLOW)

    def changes(self) -> list[WorkflowStatus]:
        """Return what changed since the last look, in the order of its changes."""
        found = self._newest()
        found += self._left_behind({one.id for one in found})
        changed = [one for one in found if self._told.get(one.id) != one.status]
        self._told = {one.id: one.status for one in found}
        return sorted(changed, key=lambda one: (one.updated_at, one.id))

    def _newest(self) -> list[WorkflowStatus]:
        return self._read(**self._filters)

    def _left_behind(self, newest: set[str]) -> list[WorkflowStatus]:
        """Read what goes on, and is no longer among the newest: its end is awaited."""
        ids = [
            workflow_id
            for workflow_id, status in self._told.items()
            if workflow_id not in newest and status in ACTIVE
        ]
        return self._read(workflow_ids=ids[:API_FEED_ROWS]) if ids else []

    def _read(self, **filters: Any) -> list[WorkflowStatus]:
        try:
            with at_most(QUERY_SECONDS):
                found = inspection.list_workflows(**filters, limit=API_FEED_ROWS)
        finally:
            close_old_connections()  # until the next look
        return [one for one in found if self._caller.may(_VIEW, one.id)]

    def _event(self, status: WorkflowStatus) -> bytes:
        data = {
            "id": status.id,
            "workflow_id": status.id,
            "name": status.name,
            "status": status.status,
            "updated_at": status.updated_at,
            "links": workflow_links(self._caller.home, status.id).model_dump(),
        }
        number = round(status.updated_at.timestamp() * _MICROSECONDS)
        return b"id: %d\nevent: status\ndata: %b\n\n" % (number, orjson.dumps(data))


_VIEW = Permission.VIEW_WORKFLOW


def _instant_of(event_id: str) -> datetime | None:
    """Read the id of an event; what is none of ours means: from now on."""
    if not (event_id.isascii() and event_id.isdigit() and len(event_id) < 20):
        return None
    number = int(event_id)
    return from_epoch(number / _MICROSECONDS) if number <= _LAST_EVENT else None
