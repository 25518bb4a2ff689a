"""asyncio's cancellation: who cancels decides whether the workflow ends or goes on."""

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine
from tests.engine.histories import happened, history, status

bodies: Counter[str] = Counter()
gates: dict[str, threading.Event] = {}

CANCELLED_ERROR = "asyncio.exceptions.CancelledError"


@pytest.fixture(autouse=True)
def forget():
    bodies.clear()
    gates.clear()


def begun() -> str:
    """Count the body that runs here."""
    bodies[durable.workflow_id] += 1
    return durable.workflow_id


async def for_ever() -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


@durable.step
async def effect():
    return None


@durable.workflow
async def cancels_itself():
    begun()
    await effect()
    asyncio.current_task().cancel()
    await effect()


@durable.workflow
async def cancels_itself_later():
    begun()
    asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
    await for_ever()


@durable.workflow
async def awaits_what_is_cancelled():
    begun()
    inner = asyncio.ensure_future(for_ever())
    inner.cancel()
    await inner


@durable.workflow
async def cancels_itself_and_returns():
    begun()
    asyncio.current_task().cancel()
    return 7


@durable.workflow
async def limits_itself():
    try:
        async with asyncio.timeout(0):
            await for_ever()
    except TimeoutError:
        return "late"


@durable.workflow
async def limits_itself_and_cancels_itself():
    begun()
    assert await limits_itself.__wrapped__() == "late"
    await asyncio.sleep(0)
    asyncio.current_task().cancel()
    await for_ever()


@durable.workflow
async def fails_in_a_group():
    async def fail():
        raise LookupError("gone")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await for_ever()
    except ExceptionGroup as failures:
        return str(failures.exceptions[0])


@durable.workflow
async def held_up():
    """Wait for the gate the first time; go through afterwards."""
    workflow_id = begun()
    if bodies[workflow_id] == 1:
        gates["reached"].set()
        await for_ever()
    return bodies[workflow_id]


@durable.workflow
async def takes_back_and_is_held_up():
    task = asyncio.current_task()
    task.cancel()
    try:
        await for_ever()
    except asyncio.CancelledError:
        task.uncancel()
    assert await limits_itself() == "late"
    return await held_up.__wrapped__()


@durable.workflow
async def parent_of_one_that_cancels_itself():
    try:
        await cancels_itself()
    except durable.WorkflowFailed as error:
        caught = error.type_name
    await effect()
    return caught


async def end_when_reached(limit):
    await asyncio.to_thread(happened, gates["reached"])
    limit.reschedule(asyncio.get_running_loop().time())


@durable.workflow
async def gives_its_child_no_time():
    try:
        async with asyncio.timeout(None) as limit:
            ending = asyncio.create_task(end_when_reached(limit))
            await held_up()
    except TimeoutError:
        await ending
        return "late"


def called(program) -> asyncio.Task:
    """Return a task that calls a program as "w-1"."""

    async def call():
        with durable.SetWorkflowID("w-1"):
            await program()

    return asyncio.create_task(call())


async def recorded_error(workflow_id: str) -> Any:
    found = await durable.get_workflow_status_async(workflow_id)
    assert found.status == "ERROR"
    assert isinstance(found.error, durable.WorkflowFailed)
    return found.error


@pytest.mark.parametrize(
    "program", [cancels_itself, cancels_itself_later, awaits_what_is_cancelled]
)
def test_own_cancellation_is_the_end(worker, program):
    handle = durable.start_workflow(program)
    with pytest.raises(durable.WorkflowFailed) as caught:
        handle.get_result()
    assert caught.value.type_name == CANCELLED_ERROR
    assert (status(handle.workflow_id), bodies[handle.workflow_id]) == ("ERROR", 1)


def test_what_a_body_returns_counts_though_it_cancelled_itself(worker):
    assert durable.start_workflow(cancels_itself_and_returns).get_result() == 7


def test_cancellation_that_the_body_takes_back_is_none(worker):
    assert durable.start_workflow(limits_itself).get_result() == "late"
    assert durable.start_workflow(fails_in_a_group).get_result() == "gone"


@pytest.mark.parametrize("program", [cancels_itself, limits_itself_and_cancels_itself])
async def test_direct_call_that_cancels_itself_cancels_its_caller(
    engine_database, program
):
    caller = called(program)
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert (await recorded_error("w-1")).type_name == CANCELLED_ERROR
    with durable.SetWorkflowID("w-1"), pytest.raises(durable.WorkflowFailed):
        await program()
    assert bodies["w-1"] == 1


def test_body_without_a_loop_that_raises_it(engine_database):
    @durable.workflow
    def raises_it():
        raise asyncio.CancelledError

    with durable.SetWorkflowID("w-1"), pytest.raises(asyncio.CancelledError):
        raises_it()
    assert status("w-1") == "ERROR"


async def test_what_a_directly_called_body_takes_back_is_none(engine_database):
    assert (await limits_itself(), await fails_in_a_group()) == ("late", "gone")


@pytest.mark.parametrize("program", [held_up, takes_back_and_is_held_up])
async def test_caller_that_gives_up_ends_nothing(engine_database, program):
    gates["reached"] = threading.Event()

    caller = called(program)
    await asyncio.to_thread(happened, gates["reached"])
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    durable.launch(threads=1)
    handle = await durable.retrieve_workflow_async("w-1")
    assert await handle.get_result() == 2


async def test_caller_that_gives_up_while_the_outcome_is_recorded(engine_database):
    caller = called(cancels_itself_and_returns)
    await asyncio.wait([caller])
    assert caller.cancelled()
    with durable.SetWorkflowID("w-1"):
        assert await asyncio.wait_for(cancels_itself_and_returns(), 30) == 7
    assert bodies["w-1"] == 1
    assert engine().runs == {}


def test_child_that_cancels_itself_is_the_same_to_a_replay(worker):
    handle = durable.start_workflow(parent_of_one_that_cancels_itself)
    assert handle.get_result() == CANCELLED_ERROR
    assert history(handle.workflow_id) == [(1, "cancels_itself"), (2, "effect")]
    fork = durable.fork_workflow(handle.workflow_id, 2)
    assert fork.get_result() == CANCELLED_ERROR
    assert bodies[f"{handle.workflow_id}-1"] == 1


def test_child_that_its_parent_gives_up_goes_on_by_itself(worker):
    gates["reached"] = threading.Event()
    handle = durable.start_workflow(gives_its_child_no_time)
    assert handle.get_result() == "late"
    child = durable.retrieve_workflow(f"{handle.workflow_id}-1")
    assert child.get_result() == 2


def test_stopped_worker_hands_over_what_it_cancels(engine_database):
    gates["reached"] = threading.Event()
    durable.launch(threads=1)
    handle = durable.start_workflow(held_up)
    happened(gates["reached"])
    durable.destroy(workflow_completion_timeout_sec=0)
    assert status(handle.workflow_id) == "PENDING"
    durable.launch(threads=1)
    again = durable.retrieve_workflow(handle.workflow_id)
    assert again.get_result() == 2
