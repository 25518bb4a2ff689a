"""While the database is away workflows wait, and who can call again is told so."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.runtime import operations
from durable_engine.runtime.engine import engine, reset
from durable_engine.store import batches
from durable_engine.store.session import KeptSession
from tests.engine.histories import history

PATIENCE_SECONDS = 0.3


@durable.step(name="tests.outage_step")
def step(value):
    return value


@durable.workflow(name="tests.outage")
def program(value):
    return step(value)


@durable.workflow(name="tests.outage_async")
async def program_async(value):
    return value


@pytest.fixture
def away(engine_database, monkeypatch):
    """An event: while it is set, every statement of the engine's own fails."""
    away = threading.Event()
    if engine_database.startswith("sqlite"):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    else:
        error = psycopg.OperationalError("the connection is lost")
    write, run = batches.write, KeptSession.run

    def failing(real):
        def call(*args, **kwargs):
            if away.is_set():
                raise error
            return real(*args, **kwargs)

        return call

    monkeypatch.setattr(batches, "write", failing(write))
    monkeypatch.setattr(KeptSession, "run", failing(run))
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    yield away
    away.clear()


CALLS = {
    "start": lambda: durable.start_workflow(program, 1),
    "enqueue": lambda: durable.enqueue_workflow("outage", program, 1),
    "enqueue_many": lambda: durable.Queue("outage").enqueue_many([(program, (1,))] * 2),
    "call": lambda: program(1),
    "send": lambda: durable.send("known", 1),
    "cancel": lambda: durable.cancel_workflow("known"),
    "pause": lambda: durable.pause_queue("outage"),
    "debounce": lambda: durable.Debouncer(program).debounce("key", 1, 1),
}


def given_up(call):
    with pytest.raises(durable.DatabaseUnavailable) as caught:
        call()
    assert PATIENCE_SECONDS <= caught.value.waited_seconds < 10


class TestOutside:
    def test_every_call_gives_up_and_nothing_takes_effect(self, away):
        with durable.SetWorkflowID("known"):
            program(0)  # also registers this process, which needs the database
        away.set()
        with ThreadPoolExecutor(len(CALLS) * 2) as pool:
            list(pool.map(given_up, [*CALLS.values(), *CALLS.values()]))
        away.clear()
        assert program(2) == 2
        names = [one.input["args"] for one in durable.list_workflows(load_input=True)]
        assert names == [[2], [0]]
        assert not [one for one in durable.list_queues() if one.paused]

    async def test_coroutines(self, engine_database, away):
        await program_async(0)
        away.set()
        for call in (
            lambda: durable.start_workflow_async(program_async, 1),
            lambda: program_async(1),
            lambda: durable.cancel_workflow_async("known"),
        ):
            with pytest.raises(durable.DatabaseUnavailable):
                await call()
        away.clear()
        assert await program_async(2) == 2
        assert len(await durable.list_workflows_async()) == 2

    def test_one_that_comes_back_in_time_is_not_noticed(self, away, monkeypatch):
        program(0)
        monkeypatch.setattr(operations, "PATIENCE_SECONDS", 20)
        away.set()
        with ThreadPoolExecutor(4) as pool:
            handles = [
                pool.submit(durable.start_workflow, program, n) for n in range(4)
            ]
            threading.Timer(0.2, away.clear).start()
            ids = {one.result().workflow_id for one in handles}
        assert len(ids) == 4


def test_a_running_workflow_waits_as_long_as_it_takes(away, worker):
    entered, go, ended = (threading.Event() for _ in range(3))

    @durable.step
    def first():
        entered.set()
        go.wait(20)

    @durable.step
    def second():
        durable.send("known", "from a step")
        ended.set()
        return "well"

    @durable.workflow
    def body():
        first()
        return second()

    with durable.SetWorkflowID("known"):
        program(0)
    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(body)
    entered.wait(20)
    away.set()
    go.set()
    assert not ended.wait(PATIENCE_SECONDS * 3)
    away.clear()
    assert handle.get_result() == "well"
    assert history("w") == [(1, "first"), (2, "second")]


def test_what_is_owned_and_does_not_run_is_given_back(engine_database):
    with override_settings(
        DURABLE_ENGINE={
            **settings.DURABLE_ENGINE,
            "LEASE_SECONDS": 8,
            "HEARTBEAT_SECONDS": 0.1,
        }
    ):
        durable.launch(threads=2, coroutines=2)
        with durable.SetWorkflowID("w"):
            handle = durable.enqueue_workflow("nobody-serves", program, "found")
        # As a start that was committed, and whose caller had given up.
        Workflow.objects.filter(pk="w").update(
            status="PENDING", executor_id=engine().executor_id, epoch=1
        )
        assert handle.get_result() == "found"
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()
