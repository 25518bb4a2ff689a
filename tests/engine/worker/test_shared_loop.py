"""Coroutine workflows share a loop: what one does to it costs the others nothing."""

import asyncio
import logging

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine
from tests.faults.harness.fleet import until

queue = durable.Queue("shared-loop")
OTHERS = 5


@durable.workflow
async def is_well():
    return "well"


@durable.workflow
async def cancels_all_tasks():
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    return len(others)


@durable.workflow
async def stops_the_loop():
    asyncio.get_running_loop().stop()
    return await durable.run_step_async(None, lambda: "went on")


@pytest.fixture
def paused_queue(worker):
    """A queue whose workflows are claimed together once it is resumed."""
    assert durable.start_workflow(is_well).get_result() == "well"
    until(lambda: engine().launcher.claimer.rounds_without_work, "all is declared")
    durable.pause_queue(queue.name)


def test_tasks_cancelled_before_their_first_turn_give_their_workflows_back(
    paused_queue,
):
    first, *others = queue.enqueue_many(
        [(cancels_all_tasks, ()), *[(is_well, ())] * OTHERS]
    )
    durable.resume_queue(queue.name)
    assert first.get_result() >= OTHERS
    assert [handle.get_result() for handle in others] == ["well"] * OTHERS
    until(lambda: engine().launcher.coroutines.busy() == 0, "every place is free")


def test_a_stopped_loop_runs_on(worker, caplog):
    assert durable.start_workflow(stops_the_loop).get_result() == "went on"
    assert durable.start_workflow(is_well).get_result() == "well"
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said == ["a workflow stopped the event loop of all: it runs on"]
