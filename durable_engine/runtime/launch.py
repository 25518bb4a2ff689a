"""Starting workflows: directly, beside the caller, on a queue, or as a child."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from durable_engine import serialization
from durable_engine.errors import (
    AtomicBlock,
    ConflictingWorkflow,
    QueueDeduplicated,
)
from durable_engine.ids import check_key, check_workflow_id, new_workflow_id
from durable_engine.notify.base import QUEUE
from durable_engine.records import (
    Answer,
    ChildRow,
    ClaimedWorkflow,
    NewWorkflow,
    StepRow,
    Verdict,
)
from durable_engine.runtime import replay, results
from durable_engine.runtime.context import (
    Run,
    StartOptions,
    current_options,
    current_run,
)
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.execution import run_in_place
from durable_engine.runtime.membership import ensure_member
from durable_engine.runtime.operations import Blocking, Operation, Query, Recorded
from durable_engine.runtime.registry import INTERNAL_QUEUE, WorkflowRegistration
from durable_engine.states import WorkflowState
from durable_engine.store import workflows

_HIGHEST_PRIORITY = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be started.

    `registration` None: only the name is known here, any version may run it.
    """

    name: str
    registration: WorkflowRegistration | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    queue_name: str | None = None  # None: not through a queue
    workflow_id: str | None = None
    priority: int | None = None
    deduplication_id: str | None = None
    delay_seconds: float | None = None
    queue_partition_key: str | None = None
    app_version: str | None = None
    duplication_policy: str = "reject"
    schedule_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A workflow that exists now; `local` if it runs in this process."""

    workflow_id: str
    local: Run | None = None


# -- called directly -----------------------------------------------------------


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
    if parent is not None:
        return (yield from _call_child(parent, registration, request))
    if engine.store.in_callers_transaction():
        raise AtomicBlock(operation=f"the workflow {registration.name}")
    if engine.membership is None:
        yield Blocking(engine, lambda: ensure_member(engine))
    row = _owned(engine, _row(engine, request, _take_id() or new_workflow_id()))
    run = _make_run(engine, registration, row, args, kwargs)
    running = _reserve(run)
    if running is not None:
        return (yield from _attach(engine, registration.name, row.id, local=running))
    try:
        answer = yield Recorded(engine.journal, engine.journal.append(row))
    except BaseException:
        _unreserve(run)
        raise
    if answer.verdict is not Verdict.ACCEPTED:
        _unreserve(run)
        return (yield from _attach(engine, registration.name, row.id))
    _born(run, answer)
    return (yield from run_in_place(run))


def _call_child(
    parent: Run, registration: WorkflowRegistration, request: Request
) -> Operation[Any]:
    """Call a child directly: one position, completed with the child's outcome."""
    engine = parent.engine
    position, recorded = yield from replay.begin(parent, registration.name)
    workflow_id = _take_id() or f"{parent.workflow_id}-{position}"
    started_at = engine.clock.now()
    child: Run | None = None
    if recorded is None:
        row = _owned(engine, _row(engine, request, workflow_id, parent, position))
        child = _make_run(engine, registration, row, request.args, request.kwargs)
        child = yield from _adopt(parent, child, row, position, started_at)
    elif recorded.completed_at is not None:
        return replay.value_of(parent, recorded)
    else:
        workflow_id = recorded.child_workflow_id or workflow_id
        started_at = recorded.started_at
    try:
        if child is not None:
            value = yield from run_in_place(child)
        else:
            name = registration.name
            value = yield from _attach(engine, name, workflow_id, waiting=parent)
        output = replay.encode_output(parent, value, f"the result of {request.name}")
    except Exception as error:
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


def _adopt(
    parent: Run, child: Run, row: NewWorkflow, position: int, started_at: float
) -> Operation[Run | None]:
    """Record a directly called child; None if its id was in use already."""
    if _reserve(child) is not None:
        step = _step(parent, position, row.name, row.id, started_at, completed=False)
        replay.append(parent, step)
        return None
    step = _step(parent, position, row.name, row.id, started_at, completed=False)
    try:
        entry = replay.append(parent, ChildRow(step=step, workflow=row))
        answer = yield Recorded(parent.engine.journal, entry)
    except BaseException:
        _unreserve(child)
        raise
    if answer.verdict is Verdict.ACCEPTED:
        _born(child, answer)
        return child
    _unreserve(child)
    parent.check()
    return None


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


# -- started or enqueued ---------------------------------------------------------


def start(engine: Engine, request: Request) -> Operation[Started]:
    """Start one workflow and return once its row is durable.

    Inside `atomic()` on the engine's alias the row joins the caller's transaction.

    Raises:
        ConflictingWorkflow: the id belongs to another function.
        QueueDeduplicated: the deduplication id is held, and the policy rejects.
        AtomicBlock: a workflow's own body has an open `atomic()` block.
    """
    parent = current_run()
    if parent is not None:
        if engine.store.in_callers_transaction():
            raise AtomicBlock(operation=f"starting {request.name}")
        return (yield from _start_child(parent, request))
    started = yield from start_many(engine, [request])
    return started[0]


def start_many(engine: Engine, requests: list[Request]) -> Operation[list[Started]]:
    """Start workflows outside any workflow, in order and in one commit."""
    rows = []
    for request in requests:
        workflow_id = request.workflow_id or _take_id() or new_workflow_id()
        row = _row(engine, request, workflow_id)
        rows.append(_placed(engine, request, row))
    if engine.store.in_callers_transaction():
        rows = [_queued(row) for row in rows]
        return _start_in_transaction(engine, requests, rows)
    runs: dict[int, Run] = {}
    entries = []
    for index, (request, row) in enumerate(zip(requests, rows, strict=True)):
        if row.executor_id is not None and request.registration is not None:
            run = _make_run(engine, request.registration, row)
            if _reserve(run) is None:
                runs[index] = run
            else:
                row = rows[index] = _queued(row)  # noqa: PLW2901 - it runs already
        entries.append(engine.journal.append(row))
    started = []
    for index, entry in enumerate(entries):
        run_here = runs.get(index)
        try:
            answer = yield Recorded(engine.journal, entry)
        except BaseException:
            if run_here is not None:
                _unreserve(run_here)
            raise
        row, request = rows[index], requests[index]
        if answer.verdict is Verdict.ACCEPTED:
            if run_here is not None:
                _launch(run_here, answer)
            started.append(Started(workflow_id=row.id, local=run_here))
            continue
        if run_here is not None:
            _unreserve(run_here)
        started.append((yield from _existing(engine, request, row, answer)))
    if any(row.executor_id is None for row in rows):
        engine.publish((QUEUE, ""))
    return started


def _start_in_transaction(
    engine: Engine, requests: list[Request], rows: list[NewWorkflow]
) -> list[Started]:
    """Insert rows in the caller's transaction; they are handed over on commit."""
    session = engine.store.borrow()
    made = workflows.insert(session, rows)
    started = []
    for request, row in zip(requests, rows, strict=True):
        workflow_id = row.id
        if row.id not in made:
            parameters = {
                "id": row.id,
                "queue_name": row.queue_name,
                "deduplication_id": row.deduplication_id,
            }
            found = session.row("start_read", parameters)
            if found is not None:
                workflow_id = _holder(request, row, found[0], found[1])
        started.append(Started(workflow_id=workflow_id))
    engine.store.on_commit(lambda: engine.publish((QUEUE, "")))
    return started


def _existing(
    engine: Engine, request: Request, row: NewWorkflow, answer: Answer
) -> Operation[Started]:
    """Return the workflow that holds the id or the deduplication id."""
    holder = answer.value or row.id
    found = yield Query(engine, lambda session: workflows.read_outcome(session, holder))
    name = found.name if found is not None else row.name
    return Started(
        workflow_id=_holder(request, row, holder, name), local=engine.runs.get(holder)
    )


def _holder(request: Request, row: NewWorkflow, holder: str, name: str) -> str:
    """Return the id to hand out after a refused insert.

    Raises:
        QueueDeduplicated: another workflow holds the deduplication id.
        ConflictingWorkflow: the id belongs to another function.
    """
    if holder != row.id:
        if request.duplication_policy == "return-existing":
            return holder
        raise QueueDeduplicated(
            workflow_id=holder,
            queue_name=row.queue_name or "",
            deduplication_id=row.deduplication_id or "",
        )
    if name != row.name:
        raise ConflictingWorkflow(
            workflow_id=row.id, recorded_name=name, called_name=row.name
        )
    return holder


def _start_child(parent: Run, request: Request) -> Operation[Started]:
    """Start or enqueue a child: its row and the parent's step in one commit."""
    engine = parent.engine
    position, recorded = yield from replay.begin(parent, request.name)
    chosen = request.workflow_id or _take_id()
    if recorded is not None and recorded.completed_at is not None:
        replay.value_of(parent, recorded)
        child_id = recorded.child_workflow_id or ""
        return Started(workflow_id=child_id, local=engine.runs.get(child_id))
    workflow_id = chosen or f"{parent.workflow_id}-{position}"
    started_at = engine.clock.now()
    row = _row(engine, request, workflow_id, parent, position)
    row = _placed(engine, request, row)
    child: Run | None = None
    if row.executor_id is not None and request.registration is not None:
        child = _make_run(engine, request.registration, row)
        if _reserve(child) is not None:
            child, row = None, _queued(row)
    step = _step(parent, position, row.name, row.id, started_at, completed=True)
    try:
        entry = replay.append(parent, ChildRow(step=step, workflow=row))
        answer = yield Recorded(engine.journal, entry)
    except BaseException:
        if child is not None:
            _unreserve(child)
        raise
    if answer.verdict is Verdict.ACCEPTED:
        if child is not None:
            _launch(child, answer)
        else:
            engine.publish((QUEUE, ""))
        return Started(workflow_id=row.id, local=child)
    if child is not None:
        _unreserve(child)
    parent.check()
    return (yield from _settle_existing(parent, request, row, answer, position))


def _settle_existing(
    parent: Run, request: Request, row: NewWorkflow, answer: Answer, position: int
) -> Operation[Started]:
    """Record at the parent's position that the child was there already."""
    started_at = parent.engine.clock.now()
    try:
        started = yield from _existing(parent.engine, request, row, answer)
    except Exception as error:
        failure = replay.encode_failure(parent, error)
        replay.record(parent, position, row.name, started_at=started_at, error=failure)
        raise
    replay.record(
        parent,
        position,
        row.name,
        started_at=started_at,
        child_workflow_id=started.workflow_id,
    )
    return started


# -- rows and runs -----------------------------------------------------------------


def _take_id() -> str | None:
    """Return the id set by `SetWorkflowID`, once."""
    options = current_options()
    if options is None or options.workflow_id is None or options.workflow_id_used:
        return None
    options.workflow_id_used = True
    return options.workflow_id


def _row(
    engine: Engine,
    request: Request,
    workflow_id: str,
    parent: Run | None = None,
    position: int | None = None,
) -> NewWorkflow:
    """Build the row of a start; it is not placed yet (`ENQUEUED`, no queue).

    Raises:
        SerializationError: an argument cannot be encoded.
        PayloadTooLarge: the arguments are larger than the setting allows.
        ValueError: an id, key, priority or delay is not valid.
    """
    options = current_options() or StartOptions()
    inputs = serialization.encode_inputs(
        engine.serializer,
        request.args,
        request.kwargs,
        limit_bytes=engine.settings.max_payload_bytes,
    )
    if request.app_version is not None:
        version = request.app_version
    else:
        version = engine.app_version if request.registration is not None else ""
    deadline = parent.claimed.deadline if parent is not None else None
    if options.drop_deadline or options.timeout_seconds is not None:
        deadline = None
    subject_type, subject_id = _subject(options.subject)
    attributes = options.attributes
    return NewWorkflow(
        id=check_workflow_id(workflow_id),
        name=request.name,
        status=WorkflowState.ENQUEUED,
        inputs=inputs,
        queue_name=request.queue_name,
        priority=_priority(request.priority),
        queue_partition_key=_key(request.queue_partition_key, "a partition key"),
        deduplication_id=_key(request.deduplication_id, "a deduplication id"),
        app_version=version,
        parent_workflow_id=parent.workflow_id if parent is not None else None,
        parent_position=position,
        schedule_name=request.schedule_name,
        subject_type=subject_type,
        subject_id=subject_id,
        attributes=None if attributes is None else orjson.dumps(attributes).decode(),
        started_by=parent.claimed.started_by if parent is not None else None,
        deadline=deadline,
        timeout_seconds=options.timeout_seconds,
    )


def _placed(engine: Engine, request: Request, row: NewWorkflow) -> NewWorkflow:
    """Decide where a start begins: its queue, this process, or any worker."""
    if request.queue_name is not None:
        delay = request.delay_seconds
        if not delay:
            return row
        return replace(row, status=WorkflowState.DELAYED, delay_seconds=delay)
    registration, launcher = request.registration, engine.launcher
    if registration is not None and launcher is not None:
        here = row.app_version == engine.app_version
        if here and launcher.has_room(is_coroutine=registration.is_coroutine):
            return _owned(engine, row)
    return replace(row, queue_name=INTERNAL_QUEUE)


def _owned(engine: Engine, row: NewWorkflow) -> NewWorkflow:
    """Return the row as born here: pending, owned, in its first epoch."""
    return replace(
        row,
        status=WorkflowState.PENDING,
        executor_id=engine.executor_id,
        app_version=engine.app_version,
        epoch=1,
        recovery_attempts=1,
    )


def _queued(row: NewWorkflow) -> NewWorkflow:
    """Return the row for any worker to take."""
    if row.executor_id is None:
        return row
    return replace(
        row,
        status=WorkflowState.ENQUEUED,
        queue_name=INTERNAL_QUEUE,
        executor_id=None,
        epoch=0,
        recovery_attempts=0,
    )


def _step(
    parent: Run,
    position: int,
    name: str,
    child_id: str,
    started_at: float,
    *,
    completed: bool,
) -> StepRow:
    return StepRow(
        workflow_id=parent.workflow_id,
        epoch=parent.epoch,
        position=position,
        name=name,
        started_at=started_at,
        completed_at=parent.engine.clock.now() if completed else None,
        child_workflow_id=child_id,
    )


def _make_run(
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
    )
    run = Run(engine, claimed, registration)
    if args is not None:
        run.args, run.kwargs = args, kwargs or {}
    # Else, beside its caller, it runs on a decoded copy: what the caller changes
    # later must not differ from what a replay would see.
    return run


def _reserve(run: Run) -> Run | None:
    """Make this the only execution of its id here; return the one there is."""
    engine = run.engine
    with engine.runs_lock:
        found = engine.runs.setdefault(run.workflow_id, run)
    return None if found is run else found


def _unreserve(run: Run) -> None:
    """Give up an execution that did not begin; a claimed one waiting for it does."""
    engine = run.engine
    with engine.runs_lock:
        if engine.runs.get(run.workflow_id) is run:
            del engine.runs[run.workflow_id]
        callbacks, run.finished = run.finished, []
    for callback in callbacks:
        callback()
    engine.hub.wake_all("r")


def _born(run: Run, answer: Answer) -> None:
    if answer.created_at is not None:
        run.last_instant = answer.created_at
    run.started = True


def _launch(run: Run, answer: Answer) -> None:
    _born(run, answer)
    launcher = run.engine.launcher
    if launcher is not None:
        launcher.launch(run)


def _subject(subject: Any) -> tuple[str | None, str | None]:
    """Return type and id of the model instance that a workflow belongs to."""
    if subject is None:
        return None, None
    key = getattr(subject, "pk", None)
    if key is None:
        message = f"subject must be a saved model instance, not {subject!r}"
        raise ValueError(message)
    return str(subject._meta.label_lower), str(key)  # noqa: SLF001 - Django's API


def _priority(priority: int | None) -> int:
    if priority is None:
        return 0
    if isinstance(priority, bool) or not 1 <= priority <= _HIGHEST_PRIORITY:
        message = f"priority must be 1 to {_HIGHEST_PRIORITY}, not {priority!r}"
        raise ValueError(message)
    return priority


def _key(value: str | None, what: str) -> str | None:
    return None if value is None else check_key(value, what=what)
