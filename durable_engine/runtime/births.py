"""Executions of workflows that are born in this process.

A run is reserved before its row is written, so that one process never executes an
id twice at once, and begins once the row is durable.
"""

from typing import Any

from durable_engine.notify.base import RESULT
from durable_engine.records import Answer, ClaimedWorkflow, NewWorkflow, StepRow
from durable_engine.runtime.context import Run
from durable_engine.runtime.endings import give_back
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import WorkflowRegistration


def make_run(
    engine: Engine,
    registration: WorkflowRegistration,
    row: NewWorkflow,
    args: tuple[Any, ...] | None = None,
    kwargs: dict[str, Any] | None = None,
) -> Run:
    """Build the execution of a row born here; without arguments, decode them."""
    claimed = ClaimedWorkflow(
        id=row.id,
        name=row.name,
        inputs=row.inputs,
        epoch=row.epoch,
        recovery_attempts=row.recovery_attempts,
        created_at=engine.clock.now(),
        queue_name=row.queue_name,
        deadline=row.deadline,
        started_by=row.started_by,
        trace_context=row.trace_context,
    )
    run = Run(engine, claimed, registration)
    if args is not None:
        run.args, run.kwargs = args, kwargs or {}
    # Else, beside its caller, it runs on a decoded copy: what the caller changes
    # later must not differ from what a replay would see.
    return run


def reserve(run: Run) -> Run | None:
    """Make this the only execution of its id here; return the one there is."""
    engine = run.engine
    with engine.runs_lock:
        found = engine.runs.setdefault(run.workflow_id, run)
    return None if found is run else found


def reserve_place(run: Run) -> bool:
    """Make it the only execution of its id, in a place of this process's worker.

    Returns:
        Whether there was a place, and no other execution.
    """
    launcher = run.engine.launcher
    if launcher is None or not launcher.reserve(run):
        return False
    if reserve(run) is None:
        return True
    launcher.give_back(run)
    return False


def withdraw(run: Run) -> None:
    """Give up an execution and its place, for its row was not accepted."""
    launcher = run.engine.launcher
    if launcher is not None:
        launcher.give_back(run)
    unreserve(run)


def unreserve(run: Run) -> None:
    """Give up an execution whose row was not accepted; who waits looks again."""
    engine = run.engine
    with engine.runs_lock:
        if engine.runs.get(run.workflow_id) is run:
            del engine.runs[run.workflow_id]
        callbacks, run.finished = run.finished, []
    for callback in callbacks:  # a claimed execution of this id waited for its turn
        callback()
    engine.hub.wake((RESULT, run.workflow_id))


def born(run: Run, answer: Answer) -> None:
    """Take note that the row of a run is durable now."""
    if answer.created_at is not None:
        run.created_at = run.last_instant = answer.created_at
    run.started = True


def begin(run: Run, answer: Answer) -> None:
    """Have the worker of this process run what was just born.

    One that stops meanwhile begins nothing more: the run is given back.
    """
    born(run, answer)
    launcher = run.engine.launcher
    if launcher is None:
        give_back(run)
    else:
        launcher.launch(run)


def child_step(
    parent: Run,
    position: int,
    name: str,
    child_id: str,
    started_at: float,
    *,
    completed: bool,
) -> StepRow:
    """Return the step of a parent at which a child was born."""
    return StepRow(
        workflow_id=parent.workflow_id,
        epoch=parent.epoch,
        position=position,
        name=name,
        started_at=started_at,
        completed_at=parent.engine.clock.now() if completed else None,
        child_workflow_id=child_id,
    )
