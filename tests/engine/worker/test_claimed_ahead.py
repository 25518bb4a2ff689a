"""What was claimed ahead of workflows that turn out to last is left to other workers."""

import math
import threading

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine
from durable_engine.worker import threads
from tests.engine.histories import happened
from tests.faults.harness.fleet import until

go = threading.Event()


@durable.workflow
def short():
    """Ends at once."""


@durable.workflow
def lasts():
    happened(go)
    return "lasted"


@pytest.fixture
def time_since_an_end(monkeypatch):
    """A function: let all that ended so far have ended just now, or long ago."""

    def since(moment):
        lasting = math.inf if moment == "just now" else 0.0
        monkeypatch.setattr(threads, "_LASTING_SECONDS", lasting)

    monkeypatch.setattr(threads, "_SHORT_SECONDS", math.inf)
    since("just now")
    return since


def owner(handle):
    return handle.get_status().executor_id


def test_what_lasts_keeps_nothing_waiting_that_others_could_run(
    engine_database, time_since_an_end
):
    go.clear()
    durable.launch(threads=1, coroutines=1)
    durable.start_workflow(short).get_result()
    handles = [durable.start_workflow(lasts) for _ in range(2)]
    me, worker = engine().executor_id, engine().launcher
    until(lambda: set(map(owner, handles)) == {me}, "one runs, one is claimed ahead")
    time_since_an_end("long ago")
    worker.claimer.wake()
    until(lambda: None in map(owner, handles), "one is anybody's")
    assert me in map(owner, handles)
    assert (worker.threads.room(), worker.threads.busy()) == (0, 1)
    go.set()
    assert [handle.get_result() for handle in handles] == ["lasted"] * 2
    assert [one.get_status().recovery_attempts for one in handles] == [1, 1]
