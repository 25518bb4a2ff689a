"""An interrupt while a thread of the engine starts, as Ctrl-C sends it."""

import threading

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine, reset

_NAMES = ("durable-notify", "durable-listen", "durable-journal", "durable-heartbeat")


@durable.step()
def shout(word: str) -> str:
    return word.upper()


@durable.workflow()
def greet(word: str) -> str:
    return shout(word)


@pytest.fixture(params=_NAMES)
def interrupted(request, monkeypatch):
    """The first start of the thread of this name is interrupted before it begins."""
    left = {request.param}
    start = threading.Thread.start

    def interrupt(thread):
        if thread.name in left:
            left.remove(thread.name)
            raise KeyboardInterrupt
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupt)
    return left


def _use():
    engine().hub.start("an executor")
    engine().journal._start_flusher()
    assert greet("hello") == "HELLO"
    engine().publish(("result", "greeting"))


@pytest.mark.usefixtures("engine_database")
def test_the_engine_ends_and_another_begins(interrupted):
    with pytest.raises(KeyboardInterrupt):
        _use()
    assert interrupted == set()
    reset()
    _use()
