"""Waiting from outside, for a bounded time: for what pages and programs look at.

Called by the JSON API. A waiting coroutine holds no thread and no connection; it is
woken by hints, and looks by itself where there are none (I5).
"""

from collections.abc import Callable

from durable_engine.clock import monotonic
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.notify.base import RESULT, STREAM, Topic
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import Operation, Query, perform_async
from durable_engine.runtime.waiting import wait_for
from durable_engine.states import ACTIVE
from durable_engine.store import streams, workflows
from durable_engine.store.session import Session


async def wait_for_end_async(workflow_id: str, *, timeout_seconds: float) -> bool:
    """Wait until a workflow has ended, or there is none of that id.

    Args:
        workflow_id: whose.
        timeout_seconds: how long at most; 0 looks once.

    Returns:
        Whether that is so; False when the time is over.

    Raises:
        ValueError: the id is not valid.
    """
    check_workflow_id(workflow_id)

    def ended(session: Session) -> bool:
        status = workflows.statuses(session, [workflow_id]).get(workflow_id)
        return status not in ACTIVE

    topics = ((RESULT, workflow_id),)
    return await perform_async(_wait(topics, ended, timeout_seconds))


async def wait_for_entry_async(
    workflow_id: str, key: str, *, offset: int, timeout_seconds: float
) -> bool:
    """Wait until a stream has an entry at an offset, or will never have one.

    Args:
        workflow_id: who writes.
        key: of the stream.
        offset: counted from 0.
        timeout_seconds: how long at most; 0 looks once.

    Returns:
        Whether that is so; False when the time is over.

    Raises:
        ValueError: the id or the key is not valid.
    """
    check_workflow_id(workflow_id)
    check_key(key, what="the key of a stream")

    def written(session: Session) -> bool:
        page = streams.read(session, workflow_id, key, offset=offset, limit=1)
        return page is None or bool(page.entries) or page.status not in ACTIVE

    topics = ((STREAM, workflow_id), (RESULT, workflow_id))
    return await perform_async(_wait(topics, written, timeout_seconds))


def _wait(
    topics: tuple[Topic, ...],
    probe: Callable[[Session], bool],
    timeout_seconds: float,
) -> Operation[bool]:
    host = engine()
    until = monotonic() + timeout_seconds

    def look() -> Operation[bool | None]:
        found: bool = yield Query(host, probe)
        return found or None

    found = yield from wait_for(host, topics[0], look, until=until, also=topics[1:])
    return bool(found)
