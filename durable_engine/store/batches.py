"""One journal batch to the database: grouped, fenced, in one commit.

Order inside a batch: new workflows, then steps, then what needs a statement of
its own (events, messages, children), then outcomes, then releases. A workflow's
own rows keep their meaning in that order: nothing of it follows its outcome, and
nothing precedes its start.

`write` may be called again with the same rows after a commit whose answer was
lost (I6): rows are idempotent, and one found already present with my claim's
epoch counts as mine.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, assert_never

from durable_engine.records import (
    ACCEPTED,
    Answer,
    ChildRow,
    EventRow,
    JournalRow,
    MessageRow,
    NewWorkflow,
    OutcomeRow,
    ReceiveRow,
    ReleaseRow,
    StepRow,
    Verdict,
)
from durable_engine.states import WorkflowState
from durable_engine.store import messages, steps, workflows
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import (
    as_json,
    new_workflows,
    step_parameters,
)

_MISSING = Answer(verdict=Verdict.MISSING)


def write(
    session: Session, rows: Sequence[JournalRow], executor_id: str, *, combine: bool
) -> list[Answer]:
    """Write a batch and say for each row, in order, what became of it.

    Args:
        session: a session outside any transaction.
        rows: at least one.
        executor_id: the owner on whose behalf running workflows write.
        combine: whether one statement can write to several tables.

    Guarantees: one commit; a refused row leaves nothing behind.
    """
    if len(rows) == 1 and not isinstance(rows[0], ChildRow):
        return [_answer_one(session, rows[0], executor_id)]
    groups: defaultdict[type, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        groups[type(row)].append(index)
    answers: dict[int, Answer] = {}
    plain = not groups.keys() - {NewWorkflow, StepRow, OutcomeRow}
    if plain and combine:
        _write_combined(session, rows, groups, executor_id, answers)
    else:
        with session.transaction():
            _write_in_turn(session, rows, groups, executor_id, answers)
    for index, row in enumerate(rows):
        if index not in answers:
            answers[index] = _explain(session, row, executor_id)
    return [answers[index] for index in range(len(rows))]


def _write_combined(
    session: Session,
    rows: Sequence[JournalRow],
    groups: dict[type, list[int]],
    executor_id: str,
    answers: dict[int, Answer],
) -> None:
    """Write starts, steps and outcomes in one statement; all accepted: no reading."""
    born, recorded, ended = (
        [rows[index] for index in groups.get(kind, ())]
        for kind in (NewWorkflow, StepRow, OutcomeRow)
    )
    parameters = {
        "rows": new_workflows(born) if born else "[]",  # type: ignore[arg-type]
        "steps": as_json(recorded),
        "outcomes": as_json(ended),
        "executor_id": executor_id,
    }
    made, recorded_count, ended_count = session.rows("flush", parameters)[0]
    created = dict(made or ())
    for index in groups.get(NewWorkflow, ()):
        row = rows[index]
        if isinstance(row, NewWorkflow) and row.id in created:
            answers[index] = _born(created.pop(row.id))
    if recorded_count == len(recorded):
        answers.update(dict.fromkeys(groups.get(StepRow, ()), ACCEPTED))
    if ended_count == len(ended):
        answers.update(dict.fromkeys(groups.get(OutcomeRow, ()), ACCEPTED))


def _write_in_turn(
    session: Session,
    rows: Sequence[JournalRow],
    groups: dict[type, list[int]],
    executor_id: str,
    answers: dict[int, Answer],
) -> None:
    """Write a batch by kinds, one statement after the other, in the transaction."""
    if found := _of(rows, groups, NewWorkflow):
        created = workflows.insert(session, [row for _, row in found])
        for index, row in found:
            if row.id in created:
                answers[index] = _born(created.pop(row.id))
    if steps_found := _of(rows, groups, StepRow):
        accepted = steps.record(session, [row for _, row in steps_found], executor_id)
        for index, step in steps_found:
            if (step.workflow_id, step.position) in accepted:
                answers[index] = ACCEPTED
    for kind in (EventRow, MessageRow, ReceiveRow, ChildRow):
        for index in groups.get(kind, ()):
            answer = _write_single(session, rows[index], executor_id)
            if answer is not None:
                answers[index] = answer
    if outcomes := _of(rows, groups, OutcomeRow):
        ended = workflows.end(session, [row for _, row in outcomes], executor_id)
        for index, outcome in outcomes:
            if outcome.workflow_id in ended:
                answers[index] = ACCEPTED
    if releases := _of(rows, groups, ReleaseRow):
        freed = workflows.release(session, [row for _, row in releases], executor_id)
        for index, released in releases:
            if released.workflow_id in freed:
                answers[index] = ACCEPTED


def _of(rows: Sequence[Any], groups: dict[type, list[int]], kind: type) -> Any:
    return [(index, rows[index]) for index in groups.get(kind, ())]


def _answer_one(session: Session, row: JournalRow, executor_id: str) -> Answer:
    """Write a batch of one in its short form."""
    answer = _write_single(session, row, executor_id)
    return answer or _explain(session, row, executor_id)


def _write_single(session: Session, row: JournalRow, executor_id: str) -> Answer | None:
    """Write one row; None when it was refused for a reason yet to be read."""
    match row:
        case StepRow():
            done = bool(steps.record(session, [row], executor_id))
        case OutcomeRow():
            done = bool(workflows.end(session, [row], executor_id))
        case ReleaseRow():
            done = bool(workflows.release(session, [row], executor_id))
        case EventRow():
            done = messages.write_event(session, row, executor_id)
        case MessageRow():
            exists, done = messages.send(session, row, executor_id)
            if not exists:
                return _MISSING
        case ReceiveRow():
            owned, body, done = messages.receive(session, row, executor_id)
            if owned and not done:
                return None if _completed(session, row.step) else _MISSING
            return Answer(verdict=Verdict.ACCEPTED, value=body) if done else None
        case ChildRow():
            parameters = step_parameters(row.step, executor_id)
            done = bool(session.rows("child_write", parameters))
            if done:
                created = workflows.insert(session, [row.workflow])
                if row.workflow.id not in created:
                    session.rows("step_reopen", step_parameters(row.step, ""))
                    return _explain_start(session, row.workflow, executor_id)
                return _born(created[row.workflow.id])
        case NewWorkflow():
            created = workflows.insert(session, [row])
            return _born(created[row.id]) if row.id in created else None
        case _:
            assert_never(row)
    return ACCEPTED if done else None


def _born(created_at: float) -> Answer:
    return Answer(verdict=Verdict.ACCEPTED, created_at=created_at)


def _completed(session: Session, step: StepRow) -> bool:
    parameters = {"workflow_id": step.workflow_id, "position": step.position}
    row = session.row("ownership_read", parameters)
    return row is not None and bool(row[4])


def _explain(session: Session, row: JournalRow, executor_id: str) -> Answer:
    """Read why a row was refused; one that is there with my epoch was accepted."""
    match row:
        case NewWorkflow():
            return _explain_start(session, row, executor_id)
        case StepRow():
            return _explain_step(session, row, executor_id)
        case EventRow() | ReceiveRow() | ChildRow():
            return _explain_step(session, row.step, executor_id)
        case MessageRow():
            if row.step is None:  # only a step can be refused
                return ACCEPTED
            return _explain_step(session, row.step, executor_id)
        case OutcomeRow() | ReleaseRow():
            parameters = {"workflow_id": row.workflow_id, "position": 0}
            found = session.row("ownership_read", parameters)
            if found is None:
                return Answer(verdict=Verdict.FENCED)
            status, epoch, owner = found[:3]
            if isinstance(row, OutcomeRow):
                mine = (row.status, row.epoch, executor_id)
            else:
                mine = (WorkflowState.PENDING.value, row.epoch + 1, None)
            return ACCEPTED if (status, epoch, owner) == mine else _refused(status)
        case _:
            assert_never(row)


def _explain_step(session: Session, step: StepRow, executor_id: str) -> Answer:
    del executor_id
    parameters = {"workflow_id": step.workflow_id, "position": step.position}
    found = session.row("ownership_read", parameters)
    if found is None:
        return Answer(verdict=Verdict.FENCED)
    status, _, _, recorded_epoch, completed, output = found
    # Only the owner of an epoch writes with it, and only once a position: the row
    # is mine, and the answer to its commit was lost.
    if recorded_epoch == step.epoch and (completed or step.completed_at is None):
        return Answer(verdict=Verdict.ACCEPTED, value=output)
    return _refused(status)


def _explain_start(session: Session, row: NewWorkflow, executor_id: str) -> Answer:
    parameters = {
        "id": row.id,
        "queue_name": row.queue_name,
        "deduplication_id": row.deduplication_id,
    }
    found = session.row("start_read", parameters)
    if found is None:  # it ended, or was deleted, in between
        return Answer(verdict=Verdict.MISSING)
    holder, _, status, owner, epoch = found
    # One process never starts an id twice at once (its registry of runs sees to
    # that): a row owned by me in its first epoch is mine, its answer was lost.
    if row.executor_id is not None and (holder, status, owner, epoch) == (
        row.id,
        WorkflowState.PENDING,
        executor_id,
        row.epoch,
    ):
        return ACCEPTED
    return Answer(verdict=Verdict.EXISTS, value=holder)


def _refused(status: str) -> Answer:
    cancelled = status == WorkflowState.CANCELLED
    return Answer(verdict=Verdict.CANCELLED if cancelled else Verdict.FENCED)
