"""Recording what is not a user's step: reads, waits and control calls.

In a workflow each takes one position; in a step, and outside any workflow, it is
just done.
"""

from collections.abc import Callable
from typing import Any

from durable_engine.errors import OutsideWorkflow
from durable_engine.runtime import replay
from durable_engine.runtime.context import Frame, Run, current_frame, current_run
from durable_engine.runtime.operations import Operation


def once(
    name: str, operation: Callable[[Run | None], Operation[Any]]
) -> Operation[Any]:
    """Do something once per position: recorded in a workflow, plain elsewhere.

    Args:
        name: recorded at the position, such as `durable.get_result`.
        operation: makes the operation; given the workflow that waits, if any.
    """
    run = current_run()
    if run is None:
        return (yield from operation(None))
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None and recorded.completed_at is not None:
        return replay.value_of(run, recorded)
    started_at = run.engine.clock.now()
    try:
        value = yield from operation(run)
    except Exception as error:
        run.check()
        failure = replay.encode_failure(run, error)
        replay.record(run, position, name, started_at=started_at, error=failure)
        raise
    replay.record_value(run, position, name, started_at=started_at, value=value)
    return value


def required_run(operation: str) -> Run:
    """Return the workflow whose body calls this.

    Raises:
        OutsideWorkflow: it is called outside any, or inside a step.
    """
    run = current_run()
    if run is None:
        raise OutsideWorkflow(operation=operation)
    return run


def required_frame(operation: str) -> Frame:
    """Return where a workflow's body, or one of its steps, stands.

    Raises:
        OutsideWorkflow: it is called outside any workflow.
    """
    frame = current_frame()
    if frame is None:
        raise OutsideWorkflow(operation=operation)
    return frame


__all__ = ["once", "required_frame", "required_run"]
