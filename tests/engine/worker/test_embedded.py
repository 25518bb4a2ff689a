"""`launch()` and `destroy()`: a worker in this process."""

import asyncio
import threading

import pytest

import durable_engine as durable
from durable_engine.runtime import launch
from tests.engine.histories import happened, status


@durable.workflow
def where():
    return durable.executor_id


@durable.workflow
async def where_async():
    return durable.executor_id


def durable_threads():
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("durable-") and thread.name != "durable-blocking_0"
    ]


def test_takes_what_waits(engine_database):
    handles = [durable.start_workflow(where) for _ in range(5)]
    durable.launch()
    assert {handle.get_result() for handle in handles} == {durable.executor_id}


def test_second_launch_changes_nothing(worker):
    before = durable.executor_id
    durable.launch()
    assert durable.executor_id == before
    assert len(durable.list_executors()) == 1


def test_destroy_leaves_no_thread(worker):
    assert durable.start_workflow(where).get_result() == durable.executor_id
    durable.destroy()
    assert durable_threads() == []
    durable.destroy()


def test_program_goes_on_after_destroy(worker):
    durable.destroy()
    assert where() == durable.executor_id
    handle = durable.start_workflow(where)
    assert status(handle.workflow_id) == "ENQUEUED"


def test_waiting_workflow_goes_on_in_the_next_worker(engine_database):
    ran = []

    @durable.step
    def count():
        ran.append(1)

    @durable.workflow
    def program():
        count()
        durable.set_event("waiting", True)
        return durable.recv(timeout_seconds=None), durable.executor_id

    durable.launch()
    with durable.SetWorkflowID("w-1"):
        durable.start_workflow(program)
    assert durable.get_event("w-1", "waiting")
    first = durable.executor_id
    durable.destroy()
    found = durable.get_workflow_status("w-1")
    assert (found.status, found.executor_id) == ("PENDING", None)
    durable.launch()
    durable.send("w-1", "hello")
    assert durable.retrieve_workflow("w-1").get_result() == (
        "hello",
        durable.executor_id,
    )
    assert durable.executor_id != first
    assert ran == [1]


def test_born_while_the_worker_stops_is_given_back(worker, monkeypatch):
    begin = launch.begin

    def stopping(run, answer):
        run.engine.launcher = None  # as `destroy` does first
        begin(run, answer)

    monkeypatch.setattr(launch, "begin", stopping)
    # Nobody of this worker was told to run it: who looks for what is due finds it.
    assert durable.start_workflow(where).get_result() == durable.executor_id


def test_running_step_may_end(engine_database):
    began = threading.Event()
    ran = []

    @durable.step
    def slow():
        ran.append(1)
        began.set()
        happened(stopping)
        return "ended"

    @durable.workflow
    def program():
        return slow()

    stopping = threading.Event()
    durable.launch()
    with durable.SetWorkflowID("w-1"):
        durable.start_workflow(program)
    happened(began)
    threading.Timer(0.2, stopping.set).start()
    durable.destroy()
    durable.launch()
    assert durable.retrieve_workflow("w-1").get_result() == "ended"
    assert ran == [1]


def test_more_waiters_than_threads(engine_database):
    @durable.workflow
    def listen():
        return durable.recv(timeout_seconds=None)

    durable.launch(threads=2)
    handles = [durable.start_workflow(listen) for _ in range(10)]
    assert durable.start_workflow(where).get_result() == durable.executor_id
    for number, handle in enumerate(handles):
        durable.send(handle.workflow_id, number)
    assert [handle.get_result() for handle in handles] == [*range(10)]


@pytest.mark.parametrize("error", [SystemExit("no"), KeyboardInterrupt("no")])
@pytest.mark.parametrize("kind", ["thread", "coroutine", "gathered"])
def test_error_that_ends_programs_ends_only_its_workflow(worker, kind, error):
    runs = []

    def fail():
        runs.append(kind)
        raise error

    async def fail_async():
        fail()

    @durable.workflow
    def thread():
        fail()

    @durable.workflow
    async def coroutine():
        fail()

    @durable.workflow
    async def gathered():
        await asyncio.gather(fail_async())

    programs = {"thread": thread, "coroutine": coroutine, "gathered": gathered}
    handle = durable.start_workflow(programs[kind])
    with pytest.raises(durable.WorkflowFailed, match="no") as caught:
        handle.get_result()
    assert caught.value.type_name == type(error).__name__
    assert handle.get_status().status == "ERROR"
    assert runs == [kind]
    assert durable.start_workflow(where).get_result() == durable.executor_id
    assert durable.start_workflow(where_async).get_result() == durable.executor_id


async def test_launched_and_destroyed_on_a_running_event_loop(engine_database):
    durable.launch(threads=2)
    handle = await durable.start_workflow_async(where)
    assert await handle.get_result() == durable.executor_id
    durable.destroy()
    assert durable_threads() == []
