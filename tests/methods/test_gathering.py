"""Waiting for the first of several."""

import asyncio
import re
import threading
from collections import defaultdict

import pytest

import durable_engine as durable
from tests.engine.histories import history


@durable.workflow(name="tests.answer")
def answer(value):
    if value is None:
        durable.recv("never", timeout_seconds=600)
    if value == "bad":
        raise ValueError(value)
    return value


def start(workflow_id, value):
    with durable.SetWorkflowID(workflow_id):
        return durable.start_workflow(answer, value)


class TestWaitFirst:
    def test_returns_the_one_that_ended(self, worker):
        slow, fast = start("slow", None), start("fast", 1)
        assert durable.wait_first([slow, fast]) is fast
        assert fast.get_result() == 1

    @pytest.mark.parametrize("mistake", ["slow", None])
    def test_takes_handles_only(self, worker, mistake):
        told = (
            f"wait_first needs handles, not {mistake!r}; of an id, make one by "
            "retrieve_workflow(workflow_id)"
        )
        with pytest.raises(TypeError, match=re.escape(told)):
            durable.wait_first([mistake])

    def test_failure_and_cancellation_are_ends(self, worker):
        slow, bad = start("slow", None), start("bad", "bad")
        assert durable.wait_first([slow, bad]) is bad
        durable.cancel_workflow("slow")
        assert durable.wait_first([slow]) is slow

    def test_wakes_when_one_ends(self, worker):
        handles = [start("a", None), start("b", None)]
        found = []
        waiter = threading.Thread(
            target=lambda: found.append(durable.wait_first(handles))
        )
        waiter.start()
        durable.send("b", 1, "never")
        waiter.join(20)
        assert found == [handles[1]]

    def test_in_a_workflow_the_choice_is_recorded(self, worker):
        @durable.workflow
        def program():
            handles = [durable.retrieve_workflow(one, False) for one in ("a", "b")]
            return durable.wait_first(handles).workflow_id

        start("a", None)
        start("b", 1).get_result()
        with durable.SetWorkflowID("w"):
            assert program() == "b"
        assert history("w") == [(1, "durable.wait_first")]
        durable.cancel_workflow("a")
        assert durable.fork_workflow("w", 2).get_result() == "b"

    def test_wrong_handles(self, engine_database):
        with pytest.raises(ValueError, match="at least one handle"):
            durable.wait_first([])
        handle = durable.retrieve_workflow("nobody", False)
        with pytest.raises(ValueError, match="each workflow once"):
            durable.wait_first([handle, handle])
        with pytest.raises(durable.NonExistentWorkflow):
            durable.wait_first([handle])

    async def test_twin(self, engine_database, worker):
        handles = [
            await durable.start_workflow_async(answer, value) for value in (None, 2)
        ]
        first = await durable.wait_first_async(handles)
        assert await first.get_result() == 2


class TestAsyncioWait:
    def test_replay_divides_alike(self, worker):
        seen = []
        divided = defaultdict(asyncio.Event)

        @durable.step
        async def slow():
            await divided[durable.workflow_id].wait()
            return "a"

        @durable.step
        async def fast():
            return "b"

        @durable.workflow
        async def program():
            tasks = [asyncio.create_task(slow()), asyncio.create_task(fast())]
            done, pending = await durable.asyncio_wait(
                tasks, return_when=asyncio.FIRST_COMPLETED
            )
            divided[durable.workflow_id].set()
            found = sorted(task.result() for task in done)
            seen.append((found, len(pending)))
            await asyncio.gather(*tasks)
            return found

        with durable.SetWorkflowID("w"):
            assert durable.start_workflow(program).get_result() == ["b"]
        assert history("w") == [(1, "durable.asyncio_wait"), (2, "slow"), (3, "fast")]
        # What is replayed is there at once, whichever was slow before.
        assert durable.fork_workflow("w", 99).get_result() == ["b"]
        assert durable.fork_workflow("w", 2).get_result() == ["b"]
        assert seen == [(["b"], 1)] * 3

    async def test_outside_a_workflow(self):
        task = asyncio.create_task(asyncio.sleep(0, "x"))
        done, pending = await durable.asyncio_wait({task})
        assert (done, pending) == ({task}, set())

    def test_coroutines_become_tasks(self, worker):
        @durable.step
        async def named(name):
            return name

        @durable.workflow
        async def program():
            done, pending = await durable.asyncio_wait([named("a"), named("b")])
            return sorted(one.result() for one in done), len(pending)

        with durable.SetWorkflowID("w"):
            assert durable.start_workflow(program).get_result() == (["a", "b"], 0)
        assert history("w") == [
            (1, "durable.asyncio_wait"),
            (2, "named"),
            (3, "named"),
        ]
        assert durable.fork_workflow("w", 99).get_result() == (["a", "b"], 0)

    async def test_coroutines_outside_a_workflow(self):
        done, _ = await durable.asyncio_wait([asyncio.sleep(0, "x")])
        assert [one.result() for one in done] == ["x"]

    def test_a_set_has_no_order(self, worker):
        @durable.workflow
        async def program():
            task = asyncio.create_task(asyncio.sleep(0))
            try:
                await durable.asyncio_wait({task})
            finally:
                await task

        with pytest.raises(TypeError, match="needs a list in a workflow, not set"):
            durable.start_workflow(program).get_result()
