"""Waiting for the first of several: workflows by handle, tasks by `asyncio`."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from durable_engine.errors import NonExistentWorkflow
from durable_engine.notify.base import RESULT
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.primitives.recording import once
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Call,
    Operation,
    Query,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.waiting import wait_for
from durable_engine.states import ACTIVE
from durable_engine.store import workflows
from durable_engine.store.session import Session

T = TypeVar("T")
R = TypeVar("R")

_WAIT_FIRST = "durable.wait_first"
_ASYNCIO_WAIT = "durable.asyncio_wait"


def wait_first(
    handles: Iterable[WorkflowHandle[R]],
    *,
    polling_interval_sec: float | None = None,
) -> WorkflowHandle[R]:
    """Return the handle of a workflow that has ended, waiting for the first.

    However it ended: `get_result` of the handle tells. In a workflow the choice is
    recorded. If several have ended, the first in the order given is returned.

    Args:
        handles: of different workflows, at least one.
        polling_interval_sec: accepted for programs written for DBOS.

    Raises:
        TypeError: something is no handle.
        ValueError: there is no handle, or two of one workflow.
        NonExistentWorkflow: one of the workflows does not exist.
    """
    del polling_interval_sec
    refuse_in_event_loop("wait_first")
    by_id = _by_id(handles)
    found: WorkflowHandle[R] = by_id[perform(_first(list(by_id)))]
    return found


async def wait_first_async(
    handles: Iterable[WorkflowHandleAsync[R]],
    *,
    polling_interval_sec: float | None = None,
) -> WorkflowHandleAsync[R]:
    """Return the handle of a workflow that has ended: twin of `wait_first`."""
    del polling_interval_sec
    by_id = _by_id(handles)
    found: WorkflowHandleAsync[R] = by_id[await perform_async(_first(list(by_id)))]
    return found


async def asyncio_wait(
    fs: Iterable["asyncio.Future[T] | Coroutine[Any, Any, T]"],
    *,
    timeout: float | None = None,  # noqa: ASYNC109 - the signature of asyncio.wait
    return_when: str = asyncio.ALL_COMPLETED,
) -> tuple[set["asyncio.Future[T]"], set["asyncio.Future[T]"]]:
    """Wait as `asyncio.wait` does; in a workflow a replay gets the same division.

    Args:
        fs: tasks, futures or coroutines, which become tasks, in an order that a
            replay repeats: not a set.
        timeout: in seconds; a restart begins it anew unless the wait was recorded.
        return_when: as of `asyncio.wait`.

    Returns:
        Those that are done, and those that are not.

    Raises:
        TypeError: a workflow passes something without an order.
    """
    inside = current_run() is not None
    if inside and not isinstance(fs, Sequence):
        message = f"asyncio_wait needs a list in a workflow, not {type(fs).__name__}"
        raise TypeError(message)

    tasks: list[asyncio.Future[T]] = [asyncio.ensure_future(one) for one in fs]
    if not inside:
        return await asyncio.wait(tasks, timeout=timeout, return_when=return_when)

    def wait(run: Run | None) -> Operation[list[int]]:
        options = {"timeout": timeout, "return_when": return_when}
        # Its tasks move, or rest, for it; but no row would say that its time is over.
        rests = run if timeout is None else None
        if rests is not None:
            rests.end_moving()
        try:
            done, _pending = yield Call(asyncio.wait, (tasks,), options)
        finally:
            if rests is not None:
                rests.begin_moving()
        if run is not None and run.stop is not None:
            _expect(tasks)  # stopped, its tasks have ended too: that is no division
            run.check()
        return [place for place, one in enumerate(tasks) if one in done]

    places = await perform_async(once(_ASYNCIO_WAIT, wait))
    done = {tasks[place] for place in places}
    if done:
        await asyncio.wait(done)  # in a replay they are still to end
    return done, set(tasks) - done


def _expect(tasks: Iterable["asyncio.Future[T]"]) -> None:
    """Have asyncio not report what tasks raise: the same as their workflow."""
    for one in tasks:
        one.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


def _by_id(handles: Iterable[Any]) -> dict[str, Any]:
    handles = list(handles)
    for one in handles:
        if not isinstance(one, WorkflowHandle | WorkflowHandleAsync):
            message = (
                f"wait_first needs handles, not {one!r}; of an id, make one by "
                "retrieve_workflow(workflow_id)"
            )
            raise TypeError(message)
    by_id = {handle.workflow_id: handle for handle in handles}
    if not handles or len(by_id) < len(handles):
        message = "wait_first needs at least one handle, and each workflow once"
        raise ValueError(message)
    return by_id


def _first(workflow_ids: list[str]) -> Operation[str]:
    def wait(run: Run | None) -> Operation[str]:
        host = engine()

        def look() -> Operation[str | None]:
            found: dict[str, str] = yield Query(
                host, lambda session: workflows.statuses(session, workflow_ids)
            )
            for workflow_id in workflow_ids:
                if workflow_id not in found:
                    raise NonExistentWorkflow(workflow_id=workflow_id)
                if found[workflow_id] not in ACTIVE:
                    return workflow_id
            return None

        def has_ended(session: Session) -> bool:
            found = workflows.statuses(session, workflow_ids)
            return any(found.get(one) not in ACTIVE for one in workflow_ids)

        first, *others = workflow_ids
        found: str | None = yield from wait_for(
            host,
            (RESULT, first),
            look,
            until=None,
            run=run,
            probe=has_ended,
            also=tuple((RESULT, other) for other in others),
        )
        return found or ""

    answer: str = yield from once(_WAIT_FIRST, wait)
    return answer
