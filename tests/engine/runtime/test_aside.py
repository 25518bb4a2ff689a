"""A start that waits for somebody's transaction keeps nobody else waiting."""

import queue
import threading

import pytest
from django.db import connections, transaction

import durable_engine as durable
from durable_engine.runtime.aside import Aside
from durable_engine.runtime.engine import engine

mail = durable.Queue("aside.mail")
pytestmark = [
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
    pytest.mark.usefixtures("engine_database"),
]


@durable.workflow()
def double(number: int) -> int:
    return number * 2


@durable.workflow()
def parent() -> int:
    with durable.SetWorkflowID("taken"):
        return double(1)


def _start_once() -> str:
    with durable.SetWorkflowID("taken"):
        return durable.start_workflow(double, 1).workflow_id


def _call() -> int:
    with durable.SetWorkflowID("taken"):
        return double(1)


def _deduplicated() -> str:
    with durable.SetEnqueueOptions(
        deduplication_id="taken", duplication_policy="return-existing"
    ):
        return mail.enqueue(double, 1).workflow_id


def _beside(act, answers):
    def run():
        try:
            answers.put(act())
        except BaseException as error:  # noqa: BLE001 - handed to the test
            answers.put(error)
        finally:
            connections.close_all()

    threading.Thread(target=run, daemon=True).start()


@pytest.fixture
def set_aside(monkeypatch):
    """An event: the journal has set a start aside."""
    add, told = Aside.add, threading.Event()

    def tell(aside, entries):
        found = add(aside, entries)
        told.set()
        return found

    monkeypatch.setattr(Aside, "add", tell)
    return told


@pytest.mark.parametrize("act", [_start_once, _call, _deduplicated, parent])
def test_others_are_written_while_a_start_waits(act, set_aside):
    answers = queue.Queue()
    assert double(1) == 2  # connected
    with transaction.atomic():
        if act is _deduplicated:
            held = _deduplicated()
        else:
            held = _start_once()
        _beside(act, answers)
        assert set_aside.wait(10)
        others = queue.Queue()
        for number in range(3):
            _beside(lambda number=number: double(number), others)
        assert {others.get(timeout=10) for _ in range(3)} == {0, 2, 4}
        assert answers.empty()
        if act in (_call, parent):
            transaction.set_rollback(True)
    assert answers.get(timeout=10) == (2 if act in (_call, parent) else held)


def test_a_start_that_waits_ends_with_its_process(set_aside):
    answers = queue.Queue()
    with transaction.atomic():
        _start_once()
        _beside(_start_once, answers)
        assert set_aside.wait(10)
        engine().journal.stop()
        error = answers.get(timeout=10)
    assert isinstance(error, durable.DurableError)
    assert "another transaction holds the id of a start" in str(error)
