"""The journal goes on, whatever its callbacks and its thread meet."""

import logging
import threading

import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.records import NewWorkflow
from durable_engine.runtime.engine import engine
from durable_engine.runtime.writer import Writer

pytestmark = pytest.mark.usefixtures("engine_database")


@durable.workflow()
def answer() -> int:
    return 42


def _row(workflow_id: str) -> NewWorkflow:
    return NewWorkflow(
        id=workflow_id, name="nobody", status="ENQUEUED", inputs="{}", queue_name="none"
    )


@pytest.mark.parametrize("error", [ValueError("a callback"), SystemExit(3)])
def test_a_callback_that_raises_keeps_no_other_from_being_called(error, caplog):
    called = threading.Event()

    def fail(_):
        raise error

    with engine().store.turn():  # both go in one batch
        engine().journal.append(_row("one"), fail)
        engine().journal.append(_row("two"), lambda _: called.set())
    engine().journal.hurry()
    assert called.wait(30)
    assert answer() == 42
    assert [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.ERROR
    ] == ["what follows a NewWorkflow failed"]


def test_rows_wait_for_a_thread_that_cannot_start_just_now(refusals, caplog):
    written = threading.Event()
    refusals.expect("durable-journal")
    engine().journal.append(_row("one"))
    assert [record.getMessage() for record in caplog.records] == [
        "the journal's thread cannot start: can't start new thread"
    ]
    engine().journal.append(_row("two"), lambda _: written.set())
    assert written.wait(30)
    assert Workflow.objects.filter(id__in=["one", "two"]).count() == 2


def test_the_flusher_survives_what_nobody_foresaw(monkeypatch, caplog):
    usual, left, written = Writer.write, [1], threading.Event()

    def fail(writer, batch, until=None):
        if left and batch:
            left.pop()
            raise SystemExit(3)
        usual(writer, batch, until)

    monkeypatch.setattr(Writer, "write", fail)
    engine().journal.append(_row("one"), lambda _: written.set())
    assert written.wait(30)
    assert [record.getMessage() for record in caplog.records] == [
        "the journal could not write a batch; it will try again"
    ]
