"""Threads that the system refuses, for a while: work waits, and no place is lost."""

import logging
import threading

import pytest

import durable_engine as durable
from durable_engine.worker import embedded

REFUSAL = "can't start new thread"
PLACES = 2


@durable.workflow
def in_thread() -> str:
    return "done"


@durable.workflow
async def in_coroutine() -> str:
    return "done"


@pytest.fixture
def refuse(monkeypatch):
    """A function: refuse threads of a name, so many times."""
    start = threading.Thread.start
    left: dict[str, int] = {}

    def refusing(thread):
        if left.get(thread.name, 0) > 0:
            left[thread.name] -= 1
            raise RuntimeError(REFUSAL)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refusing)
    return left.__setitem__


def test_refused_threads_use_up_no_places(engine_database, refuse, caplog):
    durable.launch(threads=PLACES, coroutines=PLACES)
    refuse("durable-workflow", PLACES + 1)
    refuse("durable-coroutines", 2)
    starts = [in_thread] * PLACES + [in_coroutine]
    handles = [durable.start_workflow(one) for one in starts]
    assert [handle.get_result() for handle in handles] == ["done"] * 3
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said == [
        f"workflows wait for a thread: {REFUSAL}",
        f"coroutines wait for a thread: {REFUSAL}",
    ]


def test_launch_without_threads_can_be_repeated(engine_database, refuse):
    refuse("durable-claim", 1)
    with pytest.raises(RuntimeError, match=REFUSAL):
        durable.launch()
    assert not embedded.is_running()
    durable.launch(threads=PLACES)
    assert durable.start_workflow(in_thread).get_result() == "done"
