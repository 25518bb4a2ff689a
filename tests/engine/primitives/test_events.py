"""Events: the latest value of a key, for whoever asks."""

import asyncio
import re
import threading

import pytest

import durable_engine as durable
from tests.engine.histories import happened, history


@durable.workflow
def publish(values):
    for key, value in values:
        durable.set_event(key, value)


class TestSet:
    def test_latest_value_counts(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            publish([("progress", 1), ("total", {"sum": 3}), ("progress", 2)])
        assert durable.get_event("w-1", "progress", 0) == 2
        assert durable.get_all_events("w-1") == {"progress": 2, "total": {"sum": 3}}
        assert history("w-1") == [(number, "durable.set_event") for number in (1, 2, 3)]

    def test_visible_while_the_workflow_runs(self, worker):
        release = threading.Event()

        @durable.workflow
        def program():
            durable.set_event("url", "https://pay")
            happened(release)

        handle = durable.start_workflow(program)
        assert durable.get_event(handle.workflow_id, "url") == "https://pay"
        assert handle.get_status().status == "PENDING"
        release.set()
        handle.get_result()

    def test_from_a_step_each_attempt_publishes(self, engine_database):
        @durable.step(retries_allowed=True, interval_seconds=0.01)
        def load():
            attempt = durable.step_status.current_attempt
            durable.set_event("progress", attempt)
            seen.append(durable.get_event("w-1", "progress"))
            if attempt < 2:
                raise ValueError("again")

        @durable.workflow
        def program():
            load()
            durable.set_event("progress", "done")

        seen = []
        with durable.SetWorkflowID("w-1"):
            program()
        assert seen == [0, 1, 2]
        assert durable.get_all_events("w-1") == {"progress": "done"}
        assert [name for _, name in history("w-1")] == ["load", "durable.set_event"]
        with durable.SetWorkflowID("w-2"):
            durable.fork_workflow("w-1", 2)
        assert durable.get_all_events("w-2") == {"progress": 2}

    def test_from_a_transaction_it_is_published_with_it(self, engine_database):
        @durable.transaction
        def store(key, fails):
            durable.set_event(key, "stored")
            if fails:
                raise ValueError("no")

        @durable.workflow
        def program():
            store("first", fails=False)
            with pytest.raises(ValueError, match="no"):
                store("second", fails=True)

        with durable.SetWorkflowID("w-1"):
            program()
        assert durable.get_all_events("w-1") == {"first": "stored"}

    def test_from_a_step_it_must_be_storable(self, engine_database):
        @durable.step
        def load():
            durable.set_event("key", [object()])

        @durable.workflow
        def program():
            load()

        with pytest.raises(durable.SerializationError) as caught:
            program()
        assert caught.value.path == "value[0]"

    def test_outside_a_workflow_it_is_refused(self, engine_database):
        with pytest.raises(durable.OutsideWorkflow) as caught:
            durable.set_event("key", 1)
        assert caught.value.operation == "set_event"

    def test_value_that_cannot_be_stored(self, engine_database):
        @durable.workflow
        def program():
            try:
                durable.set_event("key", [object()])
            except durable.SerializationError as error:
                return error.path

        with durable.SetWorkflowID("w-1"):
            assert program() == "value[0]"
        assert durable.get_all_events("w-1") == {}
        (step,) = durable.list_workflow_steps("w-1")
        assert step.status == "ERROR"

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_key_is_checked(self, engine_database, key):
        with pytest.raises(ValueError, match="the key of an event must"):
            publish([(key, 1)])


class TestGet:
    def test_waits_for_it(self, worker):
        @durable.workflow
        def program():
            durable.recv()
            durable.set_event("key", "set")

        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(program)
        threading.Timer(0.05, durable.send, ("w-1", "go on")).start()
        assert durable.get_event("w-1", "key") == "set"

    def test_workflow_need_not_exist_yet(self, engine_database):
        found = []
        thread = threading.Thread(
            target=lambda: found.append(durable.get_event("w-1", "key"))
        )
        thread.start()
        with durable.SetWorkflowID("w-1"):
            publish([("key", "there")])
        thread.join(30)
        assert found == ["there"]

    def test_none_on_time_out(self, engine_database):
        assert durable.get_event("nobody", "key", timeout_seconds=0) is None
        assert durable.get_event("nobody", "key", timeout_seconds=0.05) is None

    def test_recorded_in_a_workflow(self, worker):
        @durable.workflow
        def program():
            first = durable.get_event("other", "key")
            durable.set_event("first is recorded", True)
            durable.recv()
            return first, durable.get_event("other", "key")

        with durable.SetWorkflowID("other"):
            publish([("key", "old")])
        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert durable.get_event("w-1", "first is recorded")
        durable.cancel_workflow("w-1")
        durable.delete_workflow("other")
        with durable.SetWorkflowID("other"):
            publish([("key", "new")])
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        assert handle.get_result() == ("old", "new")
        assert history("w-1") == [
            (1, "durable.get_event"),
            (2, "durable.set_event"),
            (3, "durable.recv"),
            (4, "durable.get_event"),
        ]

    def test_time_out_is_recorded_too(self, engine_database):
        @durable.workflow
        def program():
            return durable.get_event("nobody", "key", 0), durable.get_all_events("x")

        with durable.SetWorkflowID("w-1"):
            assert program() == (None, {})
        assert history("w-1") == [
            (1, "durable.get_event"),
            (2, "durable.get_all_events"),
        ]

    async def test_twins(self, worker):
        @durable.workflow
        async def program():
            await durable.set_event_async("key", 1)
            return await durable.get_event_async("w-1", "key")

        with durable.SetWorkflowID("w-1"):
            handle = await durable.start_workflow_async(program)
        assert await durable.get_event_async("w-1", "key") == 1
        assert await durable.get_all_events_async("w-1") == {"key": 1}
        assert await handle.get_result() == 1

    @pytest.mark.parametrize("name", ["get_event", "get_all_events", "set_event"])
    async def test_refused_on_a_running_event_loop(self, engine_database, name):
        arguments = ("w-1",) if name == "get_all_events" else ("w-1", "key")
        message = (
            f"{name}() was called while an event loop is running; use await "
            f"{name}_async()"
        )
        with pytest.raises(
            durable.SynchronousCallInEventLoop, match=f"^{re.escape(message)}$"
        ):
            getattr(durable, name)(*arguments)

    async def test_many_waiters_of_one_event(self, worker):
        @durable.workflow
        async def program():
            await durable.recv_async()
            await durable.set_event_async("key", "all")

        with durable.SetWorkflowID("w-1"):
            await durable.start_workflow_async(program)
        waiters = [durable.get_event_async("w-1", "key") for _ in range(20)]
        tasks = [asyncio.ensure_future(waiter) for waiter in waiters]
        await durable.send_async("w-1", "go on")
        assert await asyncio.gather(*tasks) == ["all"] * 20
