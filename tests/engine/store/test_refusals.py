"""What is said of rows that are there already, because their answer was lost."""

import pytest

from durable_engine.records import ChildRow, NewWorkflow, StepRow, Verdict
from durable_engine.runtime.engine import engine
from durable_engine.store import batches

_OWNER = "one:1:a"


@pytest.fixture
def session(engine_database):
    store = engine().store
    opened = store.open("read")
    yield opened
    opened.close()


def _born(workflow_id: str, **fields) -> NewWorkflow:
    return NewWorkflow(
        id=workflow_id,
        name="shop.order",
        status="PENDING",
        inputs="{}",
        executor_id=_OWNER,
        epoch=1,
        **fields,
    )


def _twice(session, row):
    """Write a row, and again as after a commit whose answer was lost."""
    return [batches.write(session, [row], _OWNER, combine=False)[0] for _ in range(2)]


def test_birth_is_the_same_when_its_answer_was_lost(session):
    """`durable.now()` begins there, in this execution and in every replay of it."""
    told, again = _twice(session, _born("parent"))
    assert told.verdict is again.verdict is Verdict.ACCEPTED
    assert again.created_at == pytest.approx(told.created_at, abs=1e-6)
    for completed_at in (None, told.created_at):
        position = 1 if completed_at is None else 2
        step = StepRow(
            workflow_id="parent",
            epoch=1,
            position=position,
            name="shop.order",
            started_at=told.created_at,
            completed_at=completed_at,
            child_workflow_id=f"parent-{position}",
        )
        row = ChildRow(step=step, workflow=_born(f"parent-{position}"))
        child, child_again = _twice(session, row)
        assert child.verdict is child_again.verdict is Verdict.ACCEPTED
        assert child_again.created_at == pytest.approx(child.created_at, abs=1e-6)
