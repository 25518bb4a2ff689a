"""Threads that the system refuses, for a while: work waits, and no place is lost."""

import logging

import pytest

import durable_engine as durable
from durable_engine.worker import embedded
from tests.support.refusals import NO_THREAD

PLACES = 2


@durable.workflow
def in_thread() -> str:
    return "done"


@durable.workflow
async def in_coroutine() -> str:
    return "done"


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


def test_launch_without_threads_can_be_repeated(engine_database, refusals):
    refusals.expect("durable-claim", 1)
    with pytest.raises(RuntimeError, match=NO_THREAD):
        durable.launch()
    assert not embedded.is_running()
    durable.launch(threads=PLACES)
    assert durable.start_workflow(in_thread).get_result() == "done"
