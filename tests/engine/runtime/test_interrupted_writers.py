"""Interrupts of threads that write or wait: a time limit of a job, or Ctrl-C."""

import functools
import logging
import queue
import signal
import threading

import pytest

import durable_engine as durable
from durable_engine.models import Step, Workflow
from durable_engine.runtime import entries, journal, writer
from durable_engine.runtime.engine import engine
from durable_engine.runtime.interrupts import raised_by_handler
from durable_engine.store import batches
from tests.engine.greeting import greet, shout

pytestmark = pytest.mark.usefixtures("engine_database")


class TimeLimitError(Exception):
    """What a job queue raises from its handler: no error of the database."""


def end_the_job(*_: object) -> None:
    raise TimeLimitError


@pytest.fixture(autouse=True)
def _handler():
    before = signal.signal(signal.SIGUSR1, end_the_job)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def results():
    """What greetings on other threads returned."""
    return queue.Queue()


@pytest.fixture
def opened(monkeypatch, results):
    """A greeting has the token, and its batch waits until this is set."""
    write, opened = batches.write, threading.Event()
    reached = threading.Event()

    def held(*args, **kwargs):
        reached.set()
        assert opened.wait(30)
        return write(*args, **kwargs)

    monkeypatch.setattr(writer.batches, "write", held)
    _in_thread(results, "one")
    assert reached.wait(30)
    yield opened
    opened.set()


def _in_thread(results, word):
    threading.Thread(target=lambda: results.put(greet(word)), daemon=True).start()


def _others_go_on(results):
    assert results.get(timeout=30) == "ONE"
    _in_thread(results, "three")
    assert results.get(timeout=30) == "THREE"


def test_an_interrupted_sleeper_passes_the_token_on(opened, results, monkeypatch):
    sleep = entries.Sleeper.sleep

    def interrupted(sleeper, until):
        if threading.current_thread() is not threading.main_thread():
            return sleep(sleeper, until)
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError

    monkeypatch.setattr(entries.Sleeper, "sleep", interrupted)
    with pytest.raises(TimeLimitError):
        greet("two")
    opened.set()
    _others_go_on(results)


def test_a_sleeper_interrupted_when_it_was_chosen_passes_the_token_on(
    opened, results, monkeypatch
):
    sleep = entries.Sleeper.sleep

    def chosen(sleeper, until):
        opened.set()
        sleep(sleeper, until)
        if threading.current_thread() is threading.main_thread():
            assert engine().journal._leader == threading.get_ident()
            signal.raise_signal(signal.SIGUSR1)

    monkeypatch.setattr(entries.Sleeper, "sleep", chosen)
    with pytest.raises(TimeLimitError):
        greet("two")
    _others_go_on(results)


@pytest.mark.parametrize("place", ["wake_all", "first_sleeper"])
def test_a_leader_interrupted_while_it_hands_over_does_so_again(
    place, results, monkeypatch
):
    usual = getattr(journal, place)
    left = [TimeLimitError]

    def interrupted(found):
        if left and threading.current_thread() is threading.main_thread():
            left.pop()
            signal.raise_signal(signal.SIGUSR1)
        return usual(found)

    greet("zero")
    monkeypatch.setattr(journal, place, interrupted)
    with pytest.raises(TimeLimitError):
        greet("one")
    _in_thread(results, "two")
    assert results.get(timeout=30) == "TWO"


def test_a_time_limit_in_the_leader_is_no_refusal_of_its_row(monkeypatch, caplog):
    write = batches.write
    left = [TimeLimitError]

    def limited(session, rows, *args, **kwargs):
        if left and any(type(row).__name__ == "StepRow" for row in rows):
            left.pop()
            signal.raise_signal(signal.SIGUSR1)
        return write(session, rows, *args, **kwargs)

    monkeypatch.setattr(writer.batches, "write", limited)

    @durable.workflow(name="interrupted_writers.twice")
    def twice() -> str:
        shout("one")
        return shout("two")

    with durable.SetWorkflowID("twice"), pytest.raises(TimeLimitError):
        twice()
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
    first = Step.objects.get(workflow_id="twice", position=1)
    assert first.completed_at is not None
    assert Workflow.objects.get(id="twice").status == "ERROR"


class Handler:
    def __call__(self, *_: object) -> None:
        raise TimeLimitError

    def method(self, *_: object) -> None:
        raise TimeLimitError


@pytest.mark.parametrize(
    "handler",
    [end_the_job, Handler(), Handler().method, functools.partial(end_the_job, 1)],
)
def test_what_a_handler_raised_is_told_by_where_it_comes_from(handler):
    signal.signal(signal.SIGUSR1, handler)
    with pytest.raises(TimeLimitError) as raised:
        signal.raise_signal(signal.SIGUSR1)
    assert raised_by_handler(raised.value)


def test_what_a_row_raises_is_not_a_handlers():
    with pytest.raises(TypeError) as raised:
        len(5)
    assert not raised_by_handler(raised.value)
