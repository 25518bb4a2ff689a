"""Threads that the system refuses, for a while: work waits, and no place is lost."""

import asyncio
import logging

import pytest

import durable_engine as durable
from durable_engine.worker import embedded
from tests.support.refusals import NO_THREAD

PLACES = 2
MOST_READING = 8


@durable.workflow
def in_thread() -> str:
    return "done"


@durable.workflow
async def in_coroutine() -> str:
    return "done"


@durable.workflow
async def reads_at_once() -> list[None]:
    keys = map(str, range(MOST_READING))
    reads = (durable.get_event_async("nobody", key, timeout_seconds=0) for key in keys)
    return await asyncio.gather(*reads)


def test_refused_threads_use_up_no_places(engine_database, refusals, caplog):
    durable.launch(threads=PLACES, coroutines=PLACES)
    refusals.expect("durable-workflow", PLACES + 1)
    refusals.expect("durable-coroutines", 2)
    starts = [in_thread] * PLACES + [in_coroutine]
    handles = [durable.start_workflow(one) for one in starts]
    assert [handle.get_result() for handle in handles] == ["done"] * 3
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said == [
        f"workflows wait for a thread: {NO_THREAD}",
        f"coroutines wait for a thread: {NO_THREAD}",
    ]


def test_reads_of_coroutines_wait_for_the_threads_there_are(engine_database, refusals):
    durable.launch(threads=PLACES, coroutines=PLACES)
    for number in range(1, MOST_READING):
        refusals.expect(f"durable-blocking_{number}", 1)
    assert durable.start_workflow(reads_at_once).get_result() == [None] * MOST_READING


def test_launch_without_threads_can_be_repeated(engine_database, refusals):
    refusals.expect("durable-claim", 1)
    with pytest.raises(RuntimeError, match=NO_THREAD):
        durable.launch()
    assert not embedded.is_running()
    durable.launch(threads=PLACES)
    assert durable.start_workflow(in_thread).get_result() == "done"
