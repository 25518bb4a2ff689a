"""Executions that cannot begin in this process."""

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine
from durable_engine.store import steps
from tests.faults.harness.fleet import until

queue = durable.Queue("cannot-begin")


@durable.workflow
def in_thread():
    return "done"


@durable.workflow
async def in_coroutine():
    return "done"


class OutOfOrderError(Exception):
    """Of no kind that anybody knows."""


@pytest.mark.parametrize("function", [in_thread, in_coroutine])
def test_what_cannot_begin_here_is_left_to_others_for_a_while(
    engine_database, monkeypatch, function
):
    """Due at once it would be claimed again at once, as often as that is possible."""
    reads = []

    def read(session, workflow_id):
        reads.append(workflow_id)
        raise OutOfOrderError(workflow_id)

    def read_many(session, workflow_ids, limit):
        return {}

    durable.launch(threads=1, coroutines=1)
    durable.pause_queue(queue.name)
    handle = queue.enqueue(function)
    durable.cancel_workflow(handle.workflow_id)
    with monkeypatch.context() as broken:
        broken.setattr(steps, "read", read)
        broken.setattr(steps, "read_many", read_many)
        durable.resume_workflow(handle.workflow_id)
        until(lambda: reads and not engine().runs, "it is given back")
        wake_at = handle.get_status().wake_at
    assert wake_at.timestamp() - engine().now() > 1
    assert handle.get_result() == "done"
    assert len(reads) == 1
