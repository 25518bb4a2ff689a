"""Calling a workflow directly: it runs in the caller's thread or task."""

from typing import Any

from durable_engine.errors import AtomicBlock, ConflictingWorkflow, WorkflowUnloaded
from durable_engine.ids import id_of_child, new_workflow_id
from durable_engine.records import ChildRow, NewWorkflow, Verdict
from durable_engine.runtime import replay, results
from durable_engine.runtime.births import (
    born,
    child_step,
    make_run,
    reserve,
    unreserve,
)
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.execution import run_in_place
from durable_engine.runtime.membership import ensure_member
from durable_engine.runtime.operations import (
    Blocking,
    Joined,
    Operation,
    Query,
    Recorded,
    patience_seconds,
)
from durable_engine.runtime.registry import WorkflowRegistration
from durable_engine.runtime.requests import Request, owned, row_of, take_id
from durable_engine.runtime.starters import starter
from durable_engine.store import workflows


def call(
    engine: Engine,
    registration: WorkflowRegistration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Operation[Any]:
    """Run a workflow in the caller's thread or task, and return its value.

    Raises:
        AtomicBlock: the caller is inside `atomic()` on the engine's alias.
        ConflictingWorkflow: the id belongs to another function.
    """
    request = Request(
        name=registration.name, registration=registration, args=args, kwargs=kwargs
    )
    parent = current_run()
    if parent is None:
        in_block, _ = yield Joined(engine, lambda _: None, writes=False)
    else:
        in_block = engine.store.in_callers_transaction()
    if in_block:
        raise AtomicBlock(operation=f"the workflow {registration.name}")
    if parent is not None:
        return (yield from _call_child(parent, registration, request))
    if engine.membership is None:
        yield Blocking(engine, lambda: ensure_member(engine))
    by = yield from starter()
    workflow_id = take_id() or new_workflow_id()
    row = owned(engine, row_of(engine, request, workflow_id, started_by=by))
    run = make_run(engine, registration, row, args, kwargs)
    running = reserve(run)
    if running is not None:
        return (yield from _attach(engine, registration.name, row.id, local=running))
    try:
        entry = engine.journal.append(row)
        answer = yield Recorded(engine.journal, entry, seconds=patience_seconds())
    except BaseException:
        unreserve(run)
        raise
    if answer.verdict is not Verdict.ACCEPTED:
        unreserve(run)
        return (yield from _attach(engine, registration.name, row.id))
    born(run, answer)
    return (yield from run_in_place(run))


def _call_child(
    parent: Run, registration: WorkflowRegistration, request: Request
) -> Operation[Any]:
    """Call a child directly: one position, completed with the child's outcome."""
    engine = parent.engine
    position, recorded = yield from replay.begin(parent, registration.name)
    workflow_id = take_id() or id_of_child(parent.workflow_id, position)
    started_at = engine.clock.now()
    child: Run | None = None
    if recorded is None:
        by = yield from starter()
        row = row_of(engine, request, workflow_id, parent, position, started_by=by)
        row = owned(engine, row)
        child = make_run(engine, registration, row, request.args, request.kwargs)
        child = yield from _adopt(parent, child, row, position, started_at)
    elif recorded.completed_at is not None:
        return replay.value_of(parent, recorded)
    else:
        workflow_id = recorded.child_workflow_id or workflow_id
        started_at = recorded.started_at
    try:
        if child is not None:
            value = yield from _run_on_the_stack(parent, child)
        else:
            name = registration.name
            value = yield from _attach(engine, name, workflow_id, waiting=parent)
        output = replay.encode_output(parent, value, f"the result of {request.name}")
    except Exception as error:
        _unload_with(child, parent)
        parent.check()
        replay.record(
            parent,
            position,
            registration.name,
            started_at=started_at,
            error=replay.encode_failure(parent, error),
            child_workflow_id=workflow_id,
        )
        raise
    replay.record(
        parent,
        position,
        registration.name,
        started_at=started_at,
        output=output,
        child_workflow_id=workflow_id,
    )
    return value


def _unload_with(child: Run | None, parent: Run) -> None:
    """Stop a parent whose child goes on elsewhere, which is no outcome of the child's.

    They are on one stack, and the parent may not have been told to stop yet.
    """
    if child is not None and isinstance(child.stop, WorkflowUnloaded):
        parent.halt(WorkflowUnloaded(parent.workflow_id))


def _adopt(
    parent: Run, child: Run, row: NewWorkflow, position: int, started_at: float
) -> Operation[Run | None]:
    """Record a directly called child; None if its id was in use already."""
    # On one stack: while the child waits its parent's place is free, and one is not
    # unloaded without the other.
    child.caller = parent
    parent.enter_call(child)
    adopted = False
    try:
        adopted = yield from _record_child(parent, child, row, position, started_at)
    finally:
        if not adopted:
            parent.leave_call(child)
    return child if adopted else None


def _record_child(
    parent: Run, child: Run, row: NewWorkflow, position: int, started_at: float
) -> Operation[bool]:
    if reserve(child) is not None:
        step = child_step(
            parent, position, row.name, row.id, started_at, completed=False
        )
        replay.append(parent, step)
        return False
    step = child_step(parent, position, row.name, row.id, started_at, completed=False)
    try:
        entry = replay.append(parent, ChildRow(step=step, workflow=row))
        answer = yield Recorded(parent.engine.journal, entry)
    except BaseException:
        unreserve(child)
        raise
    if answer.verdict is Verdict.ACCEPTED:
        born(child, answer)
        return True
    unreserve(child)
    parent.check()
    return False


def _run_on_the_stack(parent: Run, child: Run) -> Operation[Any]:
    try:
        return (yield from run_in_place(child))
    finally:
        parent.leave_call(child)


def _attach(
    engine: Engine,
    name: str,
    workflow_id: str,
    *,
    waiting: Run | None = None,
    local: Run | None = None,
) -> Operation[Any]:
    """Return the outcome that is, or will be, recorded under a used id."""
    if local is not None:
        recorded_name = local.registration.name
    else:
        found = yield Query(
            engine, lambda session: workflows.read_outcome(session, workflow_id)
        )
        recorded_name = name if found is None else found.name
    if recorded_name != name:
        raise ConflictingWorkflow(
            workflow_id=workflow_id, recorded_name=recorded_name, called_name=name
        )
    outcome = yield from results.outcome_of(
        engine, workflow_id, waiting=waiting, local=local
    )
    if outcome is None:
        return None
    return results.hand_out(engine, workflow_id, outcome)
