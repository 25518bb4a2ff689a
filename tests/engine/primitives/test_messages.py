"""Messages arrive once and in order."""

import asyncio
import threading

import pytest

import durable_engine as durable
from tests.engine.histories import happened, history, outputs


@durable.workflow
def collect(number, topic=None):
    return [durable.recv(topic, timeout_seconds=None) for _ in range(number)]


@durable.workflow
def impatient(seconds=0):
    return durable.recv("never", timeout_seconds=seconds)


class TestOrder:
    def test_first_in_first_out(self, engine_database):
        handle = durable.start_workflow(collect, 20)
        for number in range(20):
            durable.send(handle.workflow_id, {"number": number})
        durable.launch(threads=2)
        assert handle.get_result() == [{"number": number} for number in range(20)]

    def test_topics_are_apart(self, engine_database):
        @durable.workflow
        def program():
            return [
                durable.recv("b"),
                durable.recv(),
                durable.recv("a"),
                durable.recv("b"),
                durable.recv(timeout_seconds=0),
            ]

        handle = durable.start_workflow(program)
        for message, topic in [(1, "a"), (2, None), (3, "b"), (4, "b")]:
            durable.send(handle.workflow_id, message, topic)
        durable.launch(threads=2)
        assert handle.get_result() == [3, 2, 1, 4, None]

    def test_without_a_topic_is_not_any_topic(self, engine_database):
        @durable.workflow
        def program():
            return durable.recv(timeout_seconds=0), durable.recv("a", 0)

        handle = durable.start_workflow(program)
        durable.send(handle.workflow_id, "for a", topic="a")
        durable.launch(threads=2)
        assert handle.get_result() == (None, "for a")


class TestReceive:
    def test_waits_for_the_message(self, worker):
        handle = durable.start_workflow(collect, 1)
        threading.Timer(0.05, durable.send, (handle.workflow_id, "late")).start()
        assert handle.get_result() == ["late"]

    def test_none_on_time_out(self, worker):
        for seconds in (0, 0.05):
            handle = durable.start_workflow(impatient, seconds)
            assert handle.get_result() is None
            assert history(handle.workflow_id) == [(1, "durable.recv")]

    def test_none_can_be_sent(self, worker):
        handle = durable.start_workflow(collect, 1)
        durable.send(handle.workflow_id, None)
        assert handle.get_result() == [None]

    def test_one_position_recorded_and_consumed_once(self, worker):
        waiting = threading.Event()

        @durable.workflow
        def program():
            first = durable.recv()
            waiting.set()
            return first, durable.recv()

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        durable.send("w-1", "one")
        happened(waiting)
        durable.cancel_workflow("w-1")
        durable.send("w-1", "two")
        durable.resume_workflow("w-1")
        assert handle.get_result() == ("one", "two")
        assert history("w-1") == [(1, "durable.recv"), (2, "durable.recv")]
        assert outputs("w-1") == ["one", "two"]

    def test_outside_a_workflow_and_in_a_step_it_is_refused(self, engine_database):
        @durable.step
        def inside():
            durable.recv()

        @durable.workflow
        def program():
            inside()

        for call in (durable.recv, program):
            with pytest.raises(durable.OutsideWorkflow) as caught:
                call()
            assert str(caught.value) == (
                "recv() was called outside any workflow. Call it in the body of a "
                "@workflow function, not in a step and not in plain code."
            )

    async def test_twins(self, worker):
        @durable.workflow
        async def program():
            return await durable.recv_async("a"), await durable.recv_async("a", 0)

        handle = await durable.start_workflow_async(program)
        await durable.send_async(handle.workflow_id, "hello", topic="a")
        assert await handle.get_result() == ("hello", None)


class TestSend:
    def test_to_nobody(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow) as caught:
            durable.send("nobody", "hello")
        assert caught.value.workflow_id == "nobody"

    def test_to_nobody_from_a_workflow_is_its_outcome(self, engine_database):
        @durable.workflow
        def program():
            try:
                durable.send("nobody", "hello")
            except durable.NonExistentWorkflow as error:
                return error.workflow_id

        with durable.SetWorkflowID("w-1"):
            assert program() == "nobody"
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.name, step.status) == ("durable.send", "ERROR")

    def test_to_one_that_has_ended(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            assert impatient() is None
        durable.send("w-1", "too late")

    def test_from_a_workflow_exactly_once(self, worker):
        waiting = threading.Event()

        @durable.workflow
        def program(destination):
            durable.send(destination, "one")
            waiting.set()
            durable.recv()
            durable.send(destination, "two")

        destination = durable.start_workflow(collect, 2)
        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program, destination.workflow_id)
        happened(waiting)
        durable.cancel_workflow("w-1")
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        handle.get_result()
        assert destination.get_result() == ["one", "two"]
        assert history("w-1") == [
            (1, "durable.send"),
            (2, "durable.recv"),
            (3, "durable.send"),
        ]

    def test_idempotency_key(self, engine_database):
        @durable.workflow
        def program():
            return [durable.recv(timeout_seconds=0) for _ in range(4)]

        first = durable.start_workflow(program)
        second = durable.start_workflow(program)
        for number in range(3):
            durable.send(first.workflow_id, number, idempotency_key="k")
        durable.send(first.workflow_id, "other key", idempotency_key="l")
        durable.send(second.workflow_id, "other workflow", idempotency_key="k")
        durable.launch(threads=2)
        assert first.get_result() == [0, "other key", None, None]
        assert second.get_result() == ["other workflow", None, None, None]

    def test_message_that_cannot_be_stored(self, engine_database):
        handle = durable.start_workflow(impatient)
        with pytest.raises(durable.SerializationError) as caught:
            durable.send(handle.workflow_id, {"key": object()}, "never")
        assert caught.value.path == 'value["key"]'
        durable.launch(threads=2)
        assert handle.get_result() is None

    def test_message_larger_than_the_limit(self, engine_database, settings):
        settings.DURABLE_ENGINE = {"MAX_PAYLOAD_BYTES": 1000}
        handle = durable.start_workflow(impatient)
        with pytest.raises(durable.PayloadTooLarge, match=handle.workflow_id):
            durable.send(handle.workflow_id, "x" * 1000, "never")
        durable.launch(threads=2)
        assert handle.get_result() is None

    async def test_refused_on_a_running_event_loop(self, engine_database):
        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            durable.send("w-1", "hello")
        assert str(caught.value) == (
            "send() was called while an event loop is running; use await send_async()"
        )


async def test_conversation_of_two_coroutines(worker):
    @durable.workflow
    async def ponger():
        while (number := await durable.recv_async(timeout_seconds=None)) is not None:
            await durable.send_async("pinger", number + 1)
        return "done"

    @durable.workflow
    async def pinger():
        number = 0
        for _ in range(5):
            await durable.send_async("ponger", number)
            number = await durable.recv_async()
        await durable.send_async("ponger", None)
        return number

    with durable.SetWorkflowID("ponger"):
        second = await durable.start_workflow_async(ponger)
    with durable.SetWorkflowID("pinger"):
        first = await durable.start_workflow_async(pinger)
    assert await asyncio.gather(first.get_result(), second.get_result()) == [5, "done"]
