"""A process that was taken over, or whose workflow was cancelled, records nothing.

Every kind of row that the journal writes for a running workflow, alone and beside
rows of workflows that are still its own, on both databases.
"""

import pytest

from durable_engine.records import (
    ChildRow,
    EventRow,
    MessageRow,
    MessagesRow,
    NewWorkflow,
    ReceiveRow,
    ReleaseRow,
    StreamRow,
    Verdict,
)
from durable_engine.states import WorkflowState
from durable_engine.store import executors, workflows
from tests.faults.harness.stage import INSTANT, NAME, NEW, OLD, VERSION
from tests.faults.harness.stage import outcome_of as outcome
from tests.faults.harness.stage import step_of as step

TABLES = ("step", "event", "eventhistory", "message", "streamentry", "workflow")


def message(step_row):
    return MessageRow(
        destination_id="mine",
        topic="",
        body='"hello"',
        idempotency_key=None,
        sender_workflow_id="a",
        step=step_row,
    )


def child():
    return NewWorkflow(
        id="a-1",
        name=NAME,
        status=WorkflowState.PENDING,
        inputs="[]",
        app_version=VERSION,
        executor_id=OLD,
        epoch=1,
        recovery_attempts=1,
    )


ROWS = {
    "step": lambda: step("a"),
    "outcome": lambda: outcome("a"),
    "release": lambda: ReleaseRow(workflow_id="a", epoch=1, wake_at=INSTANT),
    "event": lambda: EventRow(step=step("a"), key="k", value="1"),
    "event inside a step": lambda: EventRow(
        step=step("a"), key="k", value="1", inside_step=True
    ),
    "message": lambda: message(step("a")),
    "messages": lambda: MessagesRow(messages=(message(None),), step=step("a")),
    "receive": lambda: ReceiveRow(step=step("a"), topic=""),
    "child": lambda: ChildRow(step=step("a"), workflow=child()),
    "stream": lambda: StreamRow(step=step("a"), key="k", value="1"),
    "stream inside a step": lambda: StreamRow(
        step=step("a"), key="k", value="1", inside_step=True
    ),
}


@pytest.fixture
def taken(stage):
    """Workflow `a` was this process's, with a message unread; `mine` still is."""
    stage.register(OLD)
    stage.running("a", "mine")
    letter = MessageRow(
        destination_id="a", topic="", body='"unread"', idempotency_key=None
    )
    stage.write(stage.here, letter)
    return stage


def lose(stage):
    stage.bury(OLD)
    assert sorted(executors.take_over(stage.here, 10)) == ["a", "mine"]
    assert len(stage.claim(stage.here, NEW, 10)) == 2


def counts(stage):
    return {table: stage.count(table) for table in TABLES}


@pytest.mark.parametrize("kind", ROWS)
def test_row_after_take_over_is_refused(taken, kind):
    lose(taken)
    before = counts(taken), taken.row("a")
    [answer] = taken.write(taken.here, ROWS[kind]())
    assert answer.verdict is Verdict.FENCED
    assert (counts(taken), taken.row("a")) == before


@pytest.mark.parametrize("kind", ROWS)
def test_row_after_cancel_is_refused(taken, kind):
    workflows.cancel(taken.here, ["a"])
    before = counts(taken), taken.row("a")
    [answer] = taken.write(taken.here, ROWS[kind]())
    assert answer.verdict is Verdict.CANCELLED
    assert (counts(taken), taken.row("a")) == before


@pytest.mark.parametrize("kind", ROWS)
def test_refused_row_does_not_harm_its_batch(taken, kind):
    workflows.cancel(taken.here, ["a"])
    before = counts(taken), taken.row("a")
    rows = (step("mine"), ROWS[kind](), outcome("mine"))
    answers = taken.write(taken.here, *rows)
    assert [answer.verdict for answer in answers] == [
        Verdict.ACCEPTED,
        Verdict.CANCELLED,
        Verdict.ACCEPTED,
    ]
    assert taken.row("mine") == ("SUCCESS", 1, OLD)
    taken.here.raw.execute("DELETE FROM durable_engine_step WHERE workflow_id = 'mine'")
    assert (counts(taken), taken.row("a")) == before


def test_lease_that_ended_is_never_revived(stage):
    stage.register(OLD)
    stage.bury(OLD)
    assert stage.beat(stage.here) is None
