"""Starting workflows: beside the caller, on a queue, or as a child."""

from contextlib import nullcontext
from dataclasses import dataclass

from durable_engine.errors import AtomicBlock, ConflictingWorkflow, QueueDeduplicated
from durable_engine.ids import id_of_child, new_workflow_id
from durable_engine.notify.base import QUEUE
from durable_engine.records import Answer, ChildRow, NewWorkflow, Verdict
from durable_engine.runtime import replay
from durable_engine.runtime.births import (
    begin,
    child_step,
    make_run,
    reserve_place,
    withdraw,
)
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.operations import (
    Joined,
    Operation,
    Query,
    Recorded,
    patience_seconds,
)
from durable_engine.runtime.requests import (
    Request,
    Started,
    owned,
    placed,
    row_of,
    take_id,
)
from durable_engine.runtime.starters import starter
from durable_engine.store import workflows
from durable_engine.store.session import Session


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
    started_by = yield from starter()
    for request in requests:
        workflow_id = request.workflow_id or take_id() or new_workflow_id()
        row = row_of(engine, request, workflow_id, started_by=started_by)
        rows.append(placed(request, row))
    joined, present = yield Joined(
        engine, lambda session: _insert_in_block(engine, session, requests, rows)
    )
    if joined:
        return list(present)
    if len(rows) > 1 and all(request.queue_name for request in requests):
        return (yield from _start_together(engine, requests, rows))
    births = [
        _append(engine, request, row)
        for request, row in zip(requests, rows, strict=True)
    ]
    started = []
    for request, birth in zip(requests, births, strict=True):
        started.append((yield from _await(engine, request, birth)))
    if any(birth.row.executor_id is None for birth in births):
        engine.publish((QUEUE, ""))
    return started


def _insert_in_block(
    engine: Engine, session: Session, requests: list[Request], rows: list[NewWorkflow]
) -> list[Started]:
    """Insert rows in the caller's transaction: all, or none and it goes on."""
    # One row is inserted by one statement, whose refusal leaves nothing behind.
    with engine.store.savepoint() if len(rows) > 1 else nullcontext():
        started = _insert(session, requests, rows)
    engine.store.on_commit(lambda: engine.publish((QUEUE, "")))
    return started


@dataclass(frozen=True, slots=True, kw_only=True)
class _Birth:
    """A start on its way to the database."""

    row: NewWorkflow
    run: Run | None  # None: any worker takes it
    entry: Entry


def _append(engine: Engine, request: Request, row: NewWorkflow) -> _Birth:
    row, run = _born_here(engine, request, row)
    return _Birth(row=row, run=run, entry=engine.journal.append(row))


def _born_here(
    engine: Engine, request: Request, row: NewWorkflow
) -> tuple[NewWorkflow, Run | None]:
    """Make a row one that this process's worker runs, if it has a place for it."""
    registration = request.registration
    if (
        registration is None
        or request.queue_name is not None
        or row.app_version != engine.app_version
        or engine.launcher is None
    ):
        return row, None
    born_here = owned(engine, row)
    run = make_run(engine, registration, born_here)
    return (born_here, run) if reserve_place(run) else (row, None)


def _await(engine: Engine, request: Request, birth: _Birth) -> Operation[Started]:
    """Wait until a start is durable, and begin it if it runs here."""
    row, run = birth.row, birth.run
    entry = birth.entry
    try:
        while True:
            answer = yield Recorded(engine.journal, entry, seconds=patience_seconds())
            if answer.verdict is not Verdict.MISSING:
                break  # else what held its id ended meanwhile
            entry = engine.journal.append(row)
    except BaseException:
        if run is not None:
            withdraw(run)
        raise
    if answer.verdict is Verdict.ACCEPTED:
        if run is not None:
            begin(run, answer)
        return Started(workflow_id=row.id, local=run, created_at=answer.created_at)
    if run is not None:
        withdraw(run)
    return (yield from _existing(engine, request, row, answer))


def _start_together(
    engine: Engine, requests: list[Request], rows: list[NewWorkflow]
) -> Operation[list[Started]]:
    """Insert rows in one transaction; one that is refused takes the others along.

    Not by the journal, which may divide what it is given between two commits.
    """

    def work(session: Session) -> list[Started]:
        with session.transaction():
            return _insert(session, requests, rows)

    started: list[Started] = yield Query(
        engine, work, writes=True, seconds=patience_seconds()
    )
    engine.publish((QUEUE, ""))
    return started


def _insert(
    session: Session, requests: list[Request], rows: list[NewWorkflow]
) -> list[Started]:
    """Insert rows in the session's transaction; they are handed over on commit."""
    holders: dict[int, str] = {}
    created: dict[int, float] = {}
    left = list(range(len(rows)))
    while left:
        made = workflows.insert(session, [rows[place] for place in left])
        refused = []
        for place in left:
            request, row = requests[place], rows[place]
            created_at = made.pop(row.id, None)
            if created_at is not None:
                holders[place], created[place] = row.id, created_at
                continue
            parameters = {
                "id": row.id,
                "queue_name": row.queue_name,
                "deduplication_id": row.deduplication_id,
            }
            found = session.row("start_read", parameters)
            if found is None:  # what held its id ended meanwhile
                refused.append(place)
            else:
                holders[place] = _holder(request, row, found[0], found[1])
        left = refused
    return [
        Started(workflow_id=holders[place], created_at=created.get(place))
        for place in range(len(rows))
    ]


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
    chosen = request.workflow_id or take_id()
    if recorded is not None and recorded.completed_at is not None:
        replay.value_of(parent, recorded)
        child_id = recorded.child_workflow_id or ""
        return Started(workflow_id=child_id, local=engine.runs.get(child_id))
    workflow_id = chosen or id_of_child(parent.workflow_id, position)
    started_at = engine.clock.now()
    by = yield from starter()
    row = row_of(engine, request, workflow_id, parent, position, started_by=by)
    row, child = _born_here(engine, request, placed(request, row))
    step = child_step(parent, position, row.name, row.id, started_at, completed=True)
    try:
        while True:
            entry = replay.append(parent, ChildRow(step=step, workflow=row))
            answer = yield Recorded(engine.journal, entry)
            if answer.verdict is not Verdict.MISSING:
                break  # else what held the id ended meanwhile
    except BaseException:
        if child is not None:
            withdraw(child)
        raise
    if answer.verdict is Verdict.ACCEPTED:
        parent.passed(step.completed_at or started_at)
        if child is not None:
            begin(child, answer)
        else:
            engine.publish((QUEUE, ""))
        return Started(workflow_id=row.id, local=child)
    if child is not None:
        withdraw(child)
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
