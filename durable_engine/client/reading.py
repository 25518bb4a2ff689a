"""Reading workflows, recorded in a workflow: a replay sees what was seen first.

Outside workflows these are the functions of `durable_engine.inspection`.
"""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, cast

from durable_engine import inspection
from durable_engine.client.acting import settle
from durable_engine.ids import is_key
from durable_engine.inspection import WorkflowList
from durable_engine.primitives.recording import once
from durable_engine.records import StepInfo
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Blocking,
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)

P = ParamSpec("P")
R = TypeVar("R")

_PAGED = (inspection.list_workflows, inspection.list_queued_workflows)


def _recorded(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its answer recorded where a workflow calls it."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        refuse_in_event_loop(function.__name__)
        if current_run() is None:
            return function(*args, **kwargs)
        return cast("R", perform(_once(function, args, kwargs)))

    return call


def _awaited(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Return the coroutine twin of a function, recorded in the same way."""

    @functools.wraps(function)  # for the signature that it shows
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return cast("R", await perform_async(_once(function, args, kwargs)))

    call.__name__ = call.__qualname__ = f"{function.__name__}_async"
    call.__doc__ = f"Coroutine twin of `{function.__name__}`."
    return call


def _once(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Operation[Any]:
    def read(_: Run | None) -> Operation[Any]:
        answer = yield Blocking(engine(), lambda: function(*args, **kwargs))
        if isinstance(answer, WorkflowList):
            about = (answer.next_cursor, answer.search_limited, answer.looked_to)
            return list(answer), *about
        return answer

    answer = yield from once(f"durable.{function.__name__}", read)
    if function not in _PAGED:
        return answer
    page = WorkflowList(answer[0])
    about = [*answer[1:], None]  # what was recorded before ends earlier
    page.next_cursor, page.search_limited, page.looked_to = about[:3]
    return page


@functools.wraps(inspection.list_workflow_steps)
def _list_steps(workflow_id: str, **page: Any) -> list[StepInfo]:
    settle(engine(), [workflow_id] if is_key(workflow_id) else [])
    return inspection.list_workflow_steps(workflow_id, **page)


get_latest_application_version = _recorded(inspection.get_latest_application_version)
get_latest_application_version_async = _awaited(
    inspection.get_latest_application_version
)
get_workflow_status = _recorded(inspection.get_workflow_status)
get_workflow_status_async = _awaited(inspection.get_workflow_status)
list_application_versions = _recorded(inspection.list_application_versions)
list_application_versions_async = _awaited(inspection.list_application_versions)
list_executors = _recorded(inspection.list_executors)
list_executors_async = _awaited(inspection.list_executors)
list_queued_workflows = _recorded(inspection.list_queued_workflows)
list_queued_workflows_async = _awaited(inspection.list_queued_workflows)
list_stranded_versions = _recorded(inspection.list_stranded_versions)
list_stranded_versions_async = _awaited(inspection.list_stranded_versions)
list_workflow_steps = _recorded(_list_steps)
list_workflow_steps_async = _awaited(_list_steps)
list_workflows = _recorded(inspection.list_workflows)
list_workflows_async = _awaited(inspection.list_workflows)
workflows_for = _recorded(inspection.workflows_for)
workflows_for_async = _awaited(inspection.workflows_for)
