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
from typing import TypeVar, assert_never, cast

from durable_engine.records import (
    ACCEPTED,
    Answer,
    ChildRow,
    EventRow,
    JournalRow,
    MessageRow,
    MessagesRow,
    NewWorkflow,
    OutcomeRow,
    ReceiveRow,
    ReleaseRow,
    StepRow,
    StreamRow,
    Verdict,
)
from durable_engine.store import messages, steps, streams, workflows
from durable_engine.store.dialects import Session, as_json
from durable_engine.store.parameters import (
    step_parameters,
)
from durable_engine.store.refusals import explain, explain_start, is_completed

Kind = TypeVar("Kind")

_MISSING = Answer(verdict=Verdict.MISSING)
_COMBINED = {NewWorkflow, StepRow, OutcomeRow}
_SINGLE = (EventRow, StreamRow, MessageRow, MessagesRow, ReceiveRow, ChildRow)


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
    if len(rows) == 1 and _is_one_statement(rows[0]):
        return [_answer_one(session, rows[0], executor_id)]
    if len(rows) == 2 and _finish(session, rows, executor_id):
        return [ACCEPTED, ACCEPTED]
    batch = _Batch(session, rows, executor_id)
    if combine and not batch.places.keys() - _COMBINED:
        batch.write_combined()
    else:
        with session.transaction():
            batch.write_in_turn()
    return batch.answers_in_order()


def _is_one_statement(row: JournalRow) -> bool:
    """Whether a row needs no transaction around it."""
    if isinstance(row, ReleaseRow):
        return not row.also
    return not isinstance(row, ChildRow | MessagesRow)


def _finish(session: Session, rows: Sequence[JournalRow], executor_id: str) -> bool:
    """Write a last step with its outcome in the short form, if that is what it is.

    When the database takes not both, it takes no outcome, and the long form says
    what became of each.
    """
    step, outcome = rows
    if not isinstance(step, StepRow) or not isinstance(outcome, OutcomeRow):
        return False
    if (step.workflow_id, step.epoch) != (outcome.workflow_id, outcome.epoch):
        return False
    parameters = step_parameters(step, executor_id)
    parameters["status"] = outcome.status
    parameters["result"] = outcome.output
    parameters["failure"] = outcome.error
    return bool(session.rows("finish", parameters))


class _Batch:
    """The rows of one commit by kind, and what became of each."""

    __slots__ = ("answers", "executor_id", "places", "rows", "session")

    def __init__(
        self, session: Session, rows: Sequence[JournalRow], executor_id: str
    ) -> None:
        self.session = session
        self.rows = rows
        self.executor_id = executor_id
        self.answers: dict[int, Answer] = {}
        self.places: defaultdict[type, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            self.places[type(row)].append(place)

    def write_combined(self) -> None:
        """Write starts, steps and outcomes in one statement."""
        born, recorded, ended = (
            self._of(NewWorkflow),
            steps.latest(self._of(StepRow)),
            self._of(OutcomeRow),
        )
        parameters = {
            "rows": as_json(born),
            "steps": as_json(recorded),
            "outcomes": as_json(ended),
            "executor_id": self.executor_id,
        }
        made, recorded_count, ended_count = self.session.rows("flush", parameters)[0]
        self._answer_starts(dict(made or ()))
        # All accepted: nothing to read. Else each is read, to say which was not.
        if recorded_count == len(recorded):
            self.answers.update(dict.fromkeys(self.places.get(StepRow, ()), ACCEPTED))
        if ended_count == len(ended):
            ends = self.places.get(OutcomeRow, ())
            self.answers.update(dict.fromkeys(ends, ACCEPTED))

    def write_in_turn(self) -> None:
        """Write by kinds, one statement after the other, in the transaction."""
        if born := self._of(NewWorkflow):
            self._answer_starts(workflows.insert(self.session, born))
        if found := self._of(StepRow):
            recorded = steps.record(self.session, steps.latest(found), self.executor_id)
            self._accept(
                StepRow,
                [(step.workflow_id, step.position) in recorded for step in found],
            )
        for kind in _SINGLE:
            self._write_singly(kind)
        if outcomes := self._of(OutcomeRow):
            ended = workflows.end(self.session, outcomes, self.executor_id)
            self._accept(OutcomeRow, [row.workflow_id in ended for row in outcomes])
        if releases := self._of(ReleaseRow):
            freed = workflows.release(self.session, releases, self.executor_id)
            self._accept(ReleaseRow, [row.workflow_id in freed for row in releases])

    def answers_in_order(self) -> list[Answer]:
        """Return one answer a row; what has none was refused, and is explained."""
        for place, row in enumerate(self.rows):
            if place not in self.answers:
                self.answers[place] = explain(self.session, row, self.executor_id)
        return [self.answers[place] for place in range(len(self.rows))]

    def _of(self, kind: type[Kind]) -> list[Kind]:
        return [cast("Kind", self.rows[place]) for place in self.places.get(kind, ())]

    def _accept(self, kind: type, accepted: Sequence[bool]) -> None:
        for place, was_accepted in zip(self.places[kind], accepted, strict=True):
            if was_accepted:
                self.answers[place] = ACCEPTED

    def _answer_starts(self, created: dict[str, float]) -> None:
        """Answer starts; of two with one id the first was inserted."""
        for place in self.places.get(NewWorkflow, ()):
            row = cast("NewWorkflow", self.rows[place])
            if row.id in created:
                self.answers[place] = _born(created.pop(row.id))

    def _write_singly(self, kind: type) -> None:
        for place in self.places.get(kind, ()):
            answer = _write_single(self.session, self.rows[place], self.executor_id)
            if answer is not None:
                self.answers[place] = answer


def _answer_one(session: Session, row: JournalRow, executor_id: str) -> Answer:
    """Write a batch of one in its short form."""
    answer = _write_single(session, row, executor_id)
    return answer or explain(session, row, executor_id)


def _write_single(session: Session, row: JournalRow, executor_id: str) -> Answer | None:
    """Write one row; None when it was refused for a reason yet to be read."""
    match row:
        case MessageRow():
            exists, accepted = messages.send(session, row, executor_id)
            if not exists:
                return _MISSING
        case MessagesRow():
            return _send_all(session, row, executor_id)
        case ReceiveRow():
            return _receive(session, row, executor_id)
        case ChildRow():
            return _adopt(session, row, executor_id)
        case NewWorkflow():
            created = workflows.insert(session, [row])
            return _born(created[row.id]) if row.id in created else None
        case _:
            accepted = _record(session, row, executor_id)
    return ACCEPTED if accepted else None


def _record(
    session: Session,
    row: StepRow | OutcomeRow | ReleaseRow | EventRow | StreamRow,
    executor_id: str,
) -> bool:
    """Write a row that is accepted or refused, and no more."""
    match row:
        case StepRow():
            return bool(steps.record(session, [row], executor_id))
        case OutcomeRow():
            return bool(workflows.end(session, [row], executor_id))
        case ReleaseRow():
            return bool(workflows.release(session, [row], executor_id))
        case EventRow():
            return messages.write_event(session, row, executor_id)
        case StreamRow():
            return streams.write(session, row, executor_id)
        case _:
            assert_never(row)


def _send_all(session: Session, row: MessagesRow, executor_id: str) -> Answer | None:
    """Send messages together; MISSING with the id of the first that goes nowhere."""
    wanted = list(dict.fromkeys(message.destination_id for message in row.messages))
    known = workflows.statuses(session, wanted)
    for destination_id in wanted:
        if destination_id not in known:
            return Answer(verdict=Verdict.MISSING, value=destination_id)
    if row.step is not None:
        parameters = step_parameters(row.step, executor_id)
        if not session.rows("child_write", parameters):
            return None
    for message in row.messages:
        messages.send(session, message, executor_id)
    return ACCEPTED


def _receive(session: Session, row: ReceiveRow, executor_id: str) -> Answer | None:
    """Take a message; MISSING when its workflow is mine but has none unread."""
    owned, body, taken = messages.receive(session, row, executor_id)
    if taken:
        return Answer(verdict=Verdict.ACCEPTED, value=body)
    if owned and not is_completed(session, row.step):
        return _MISSING
    return None


def _adopt(session: Session, row: ChildRow, executor_id: str) -> Answer | None:
    """Record a child with its parent's step; an id in use reopens the step."""
    if not session.rows("child_write", step_parameters(row.step, executor_id)):
        return None
    created = workflows.insert(session, [row.workflow])
    if row.workflow.id in created:
        return _born(created[row.workflow.id])
    session.rows("step_reopen", step_parameters(row.step, ""))
    return explain_start(session, row.workflow, executor_id)


def _born(created_at: float) -> Answer:
    return Answer(verdict=Verdict.ACCEPTED, created_at=created_at)
