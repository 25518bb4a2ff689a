"""Steps of coroutine workflows: alone, gathered, and with a time-out."""

import asyncio
import re

import pytest

import durable_engine as durable
from durable_engine.runtime import operations
from tests.engine.histories import history, outputs
from tests.support.shop.models import Order


async def test_awaited_one_after_the_other(engine_database):
    @durable.step
    async def add(value):
        await asyncio.sleep(0)
        return value + 1

    @durable.workflow
    async def program():
        return await add(await add(1))

    with durable.SetWorkflowID("w-1"):
        assert await program() == 3
    assert await asyncio.to_thread(history, "w-1") == [(1, "add"), (2, "add")]


async def test_gathered_steps_take_positions_in_argument_order(engine_database):
    started = []
    release = asyncio.Event()

    @durable.step
    async def slow(number):
        started.append(number)
        if len(started) == 3:
            release.set()
        await release.wait()  # all three run at once, or this never ends
        return number, durable.step_id

    @durable.workflow
    async def program():
        return await asyncio.gather(slow("a"), slow("b"), slow("c"))

    with durable.SetWorkflowID("w-1"):
        result = await program()
    assert [tuple(one) for one in result] == [("a", 1), ("b", 2), ("c", 3)]
    assert await asyncio.to_thread(outputs, "w-1") == [("a", 1), ("b", 2), ("c", 3)]


async def test_gathered_steps_are_replayed_by_position(engine_database):
    ran = []

    @durable.step
    async def fetch(number):
        ran.append(number)
        if number == 2:
            await asyncio.sleep(0)
        return number * 10

    @durable.workflow
    async def program():
        found = await asyncio.gather(*(fetch(number) for number in range(4)))
        await durable.set_event_async("all recorded", True)
        return [*found, await durable.recv_async()]

    await asyncio.to_thread(durable.launch)
    with durable.SetWorkflowID("w-1"):
        handle = await durable.start_workflow_async(program)
    assert await durable.get_event_async("w-1", "all recorded")
    await durable.cancel_workflow_async("w-1")
    await durable.send_async("w-1", "more")
    await durable.resume_workflow_async("w-1")
    assert await handle.get_result() == [0, 10, 20, 30, "more"]
    assert sorted(ran) == [0, 1, 2, 3]


async def test_one_gathered_step_fails(engine_database):
    @durable.step
    async def fetch(number):
        if number == 1:
            raise ValueError(number)
        return number

    @durable.workflow
    async def program():
        results = await asyncio.gather(
            *(fetch(number) for number in range(3)), return_exceptions=True
        )
        return [repr(result) for result in results]

    assert await program() == ["0", "ValueError(1)", "2"]


async def test_transaction_in_a_thread(engine_database):
    @durable.transaction
    def place(reference):
        return Order.objects.create(reference=reference).reference, durable.step_id

    @durable.step
    async def before():
        return durable.step_id

    @durable.workflow
    async def program():
        return [
            await before(),
            await asyncio.to_thread(place, "A-1"),
            await asyncio.to_thread(place, "A-2"),
        ]

    with durable.SetWorkflowID("w-1"):
        assert await program() == [1, ("A-1", 2), ("A-2", 3)]
    assert await asyncio.to_thread(history, "w-1") == [
        (1, "before"),
        (2, "place"),
        (3, "place"),
    ]
    assert await Order.objects.acount() == 2


async def test_transaction_on_the_loop_is_refused(engine_database):
    @durable.transaction(name="tests.place")
    def place():
        raise AssertionError

    @durable.workflow
    async def program():
        place()

    with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
        await program()
    assert str(caught.value) == (
        "tests.place() was called while an event loop is running; use await "
        "asyncio.to_thread(test_transaction_on_the_loop_is_refused.<locals>.place, …)"
    )
    assert await Order.objects.acount() == 0


async def test_plain_call_outside_a_workflow_and_inside_a_step(engine_database):
    @durable.step
    async def inner():
        return durable.step_id

    @durable.step
    async def outer():
        return await inner()

    @durable.workflow
    async def program():
        return await outer(), await inner()

    assert await inner() is None
    assert await program() == (1, 2)


class TestTimeout:
    async def test_ends_the_step(self, engine_database):
        ended = []

        @durable.step(name="tests.slow", timeout_seconds=0.01)
        async def slow():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        @durable.workflow
        async def program():
            await slow()

        with durable.SetWorkflowID("w-1"), pytest.raises(durable.StepTimeout) as caught:
            await program()
        assert str(caught.value) == (
            "Step 'tests.slow' did not end within 0.01 seconds and was cancelled. "
            "Raise its timeout_seconds, or let it retry with retries_allowed=True."
        )
        assert ended == [True]
        (step,) = await asyncio.to_thread(durable.list_workflow_steps, "w-1")
        assert (step.status, type(step.error)) == ("ERROR", durable.StepTimeout)

    async def test_counts_for_each_attempt(self, engine_database):
        calls = []

        @durable.step(timeout_seconds=0.01, retries_allowed=True, interval_seconds=0)
        async def slow():
            calls.append(1)
            if len(calls) < 3:
                await asyncio.Event().wait()
            return "at last"

        @durable.workflow
        async def program():
            return await slow()

        assert await program() == "at last"

    async def test_own_time_out_of_the_step_is_its_own_error(self, engine_database):
        @durable.step(timeout_seconds=30)
        async def impatient():
            async with asyncio.timeout(0):
                await asyncio.Event().wait()

        @durable.workflow
        async def program():
            await impatient()

        with pytest.raises(TimeoutError) as caught:
            await program()
        assert not isinstance(caught.value, durable.StepTimeout)

    def test_needs_a_coroutine(self):
        def ordinary(): ...

        with pytest.raises(ValueError, match="cannot be interrupted"):
            durable.step(timeout_seconds=1)(ordinary)

    @pytest.mark.parametrize("seconds", [0, -1, float("inf")])
    def test_must_be_a_time(self, seconds):
        async def coroutine(): ...

        message = f"timeout_seconds must be above 0, not {seconds!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            durable.step(timeout_seconds=seconds)(coroutine)


async def test_ordinary_step_in_a_coroutine_workflow(engine_database):
    @durable.step
    def count():
        return durable.step_id

    @durable.workflow
    async def program():
        return [count(), await asyncio.to_thread(count)]

    with durable.SetWorkflowID("w-1"):
        assert await program() == [1, 2]
    assert await asyncio.to_thread(history, "w-1") == [(1, "count"), (2, "count")]


async def test_gathered_threads_all_go_on(engine_database):
    @durable.transaction
    def place(reference):
        Order.objects.create(reference=reference)
        return reference

    @durable.step
    async def before(): ...

    @durable.workflow
    async def program():
        await before()
        return await asyncio.gather(
            *(asyncio.to_thread(place, f"A-{number}") for number in range(5))
        )

    assert await program() == [f"A-{number}" for number in range(5)]


async def test_synchronous_step_that_is_retried_on_the_loop_says_what_waits(
    engine_database, caplog
):
    tries = []

    @durable.step(retries_allowed=True, interval_seconds=0.01)
    def second_time_lucky():
        tries.append(None)
        if len(tries) == 1:
            raise ConnectionError
        return len(tries)

    @durable.workflow
    async def program():
        return second_time_lucky()

    assert await program() == 2
    # Woken a moment too early it waits again, and says so again.
    said = {one for one in caplog.messages if "event loop" in one}
    assert said == {operations._LOOP_WAITS % 0.01}
