"""A step runs until its outcome is recorded, and never again after."""

import asyncio
import re

import pytest

import durable_engine as durable
from tests.engine.histories import history, outputs


class TestRecording:
    def test_positions_count_from_one_in_order(self, engine_database):
        @durable.step
        def one(value):
            return value + 1

        @durable.step(name="tests.two")
        def two(value):
            return value * 2

        @durable.workflow
        def program(value):
            return two(one(one(value)))

        with durable.SetWorkflowID("w-1"):
            assert program(1) == 6
        assert history("w-1") == [(1, "one"), (2, "one"), (3, "two")]
        assert outputs("w-1") == [2, 3, 6]
        first, *_, last = durable.list_workflow_steps("w-1")
        assert first.name.startswith("tests.engine.primitives.test_step.")
        assert last.name == "tests.two"
        assert (first.status, first.attempts, first.error) == ("SUCCESS", 1, None)
        assert first.completed_at >= first.started_at

    def test_error_is_recorded_and_can_be_caught(self, engine_database):
        @durable.step
        def fail():
            raise ValueError("no")

        @durable.workflow
        def program():
            try:
                fail()
            except ValueError as error:
                return str(error)

        with durable.SetWorkflowID("w-1"):
            assert program() == "no"
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.status, step.output, repr(step.error)) == (
            "ERROR",
            None,
            "ValueError('no')",
        )

    def test_recorded_step_is_not_run_again(self, worker):
        ran = []

        @durable.step
        def good():
            ran.append("good")
            return len(ran)

        @durable.step
        def bad():
            ran.append("bad")
            raise ValueError("recorded too")

        @durable.workflow
        def program():
            number = good()
            try:
                bad()
            except ValueError as error:
                text = str(error)
            durable.set_event("both recorded", True)
            return number, text, durable.recv()

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert durable.get_event("w-1", "both recorded")
        durable.cancel_workflow("w-1")
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        assert handle.get_result() == (1, "recorded too", "go on")
        assert ran == ["good", "bad"]

    def test_result_that_cannot_be_stored_is_the_outcome(self, engine_database):
        @durable.step
        def unstorable():
            return [1, {"key": object()}]

        @durable.workflow
        def program():
            try:
                unstorable()
            except durable.SerializationError as error:
                return error.path

        with durable.SetWorkflowID("w-1"):
            assert program() == 'value[1]["key"]'
        (step,) = durable.list_workflow_steps("w-1")
        assert step.status == "ERROR"
        assert step.error.path == 'value[1]["key"]'

    def test_plain_call_outside_a_workflow(self, engine_database):
        calls = []

        @durable.step(retries_allowed=True, interval_seconds=0)
        def fail():
            calls.append(durable.step_id)
            raise ValueError("once")

        with pytest.raises(ValueError, match="once"):
            fail()
        assert calls == [None]

    def test_plain_call_inside_a_step(self, engine_database):
        @durable.step
        def inner():
            return durable.step_id

        @durable.step
        def outer():
            return inner(), durable.step_id

        @durable.workflow
        def program():
            return inner(), outer()

        with durable.SetWorkflowID("w-1"):
            assert program() == (1, (2, 2))
        assert history("w-1") == [(1, "inner"), (2, "outer")]

    def test_methods(self, engine_database):
        class Till:
            @staticmethod
            @durable.step
            def count(value):
                return value

            @classmethod
            @durable.step
            def name(cls):
                return cls.__name__

        @durable.workflow
        def program():
            return Till.count(1), Till.name(), Till().name()

        assert program() == (1, "Till", "Till")


class TestRetries:
    def test_until_it_succeeds(self, engine_database):
        calls = []

        @durable.step(retries_allowed=True, interval_seconds=0, max_attempts=5)
        def flaky():
            calls.append(1)
            if len(calls) < 3:
                raise ConnectionError(len(calls))
            return "done"

        @durable.workflow
        def program():
            return flaky()

        with durable.SetWorkflowID("w-1"):
            assert program() == "done"
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.position, step.attempts, step.status) == (1, 3, "SUCCESS")

    def test_exhausted_tells_every_error(self, engine_database):
        calls = []

        @durable.step(
            name="tests.flaky", retries_allowed=True, interval_seconds=0, max_attempts=3
        )
        def flaky():
            calls.append(1)
            raise ConnectionError(f"attempt {len(calls)}")

        @durable.workflow
        def program():
            flaky()

        for _ in range(2):  # now, and as recorded
            with (
                durable.SetWorkflowID("w-1"),
                pytest.raises(durable.MaxStepRetriesExceeded) as caught,
            ):
                program()
            error = caught.value
            assert (error.step_name, error.max_attempts) == ("tests.flaky", 3)
            assert [str(one) for one in error.errors] == [
                "attempt 1",
                "attempt 2",
                "attempt 3",
            ]
            assert {type(one) for one in error.errors} == {ConnectionError}
            assert str(error) == (
                "Step 'tests.flaky' failed at each of its 3 attempts; the last error "
                "was ConnectionError: attempt 3. All are in .errors; "
                "retry_workflow() runs the workflow again from this step."
            )
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.attempts, step.status) == (3, "ERROR")
        assert len(calls) == 3

    def test_not_allowed_not_tried_again(self, engine_database):
        calls = []

        @durable.step(max_attempts=5, interval_seconds=0)
        def fail():
            calls.append(1)
            raise ValueError("once")

        @durable.workflow
        def program():
            fail()

        with pytest.raises(ValueError, match="once"):
            program()
        assert calls == [1]

    def test_should_retry_false_raises_at_once(self, engine_database):
        calls = []

        @durable.step(
            retries_allowed=True,
            interval_seconds=0,
            max_attempts=5,
            should_retry=lambda error: isinstance(error, ConnectionError),
        )
        def flaky():
            calls.append(1)
            if len(calls) == 1:
                raise ConnectionError("again")
            raise ValueError("for good")

        @durable.workflow
        def program():
            flaky()

        with pytest.raises(ValueError, match="for good"):
            program()
        assert len(calls) == 2

    async def test_should_retry_may_be_a_coroutine(self, engine_database):
        calls = []

        async def only_connections(error):
            await asyncio.sleep(0)
            return isinstance(error, ConnectionError)

        @durable.step(
            retries_allowed=True,
            interval_seconds=0,
            max_attempts=5,
            should_retry=only_connections,
        )
        async def flaky():
            calls.append(1)
            raise ConnectionError("again") if len(calls) < 3 else ValueError("enough")

        @durable.workflow
        async def program():
            await flaky()

        with pytest.raises(ValueError, match="enough"):
            await program()
        assert len(calls) == 3

    def test_retries_take_no_further_position(self, engine_database):
        calls = []

        @durable.step(retries_allowed=True, interval_seconds=0)
        def flaky():
            calls.append(1)
            if len(calls) < 3:
                raise ValueError("again")

        @durable.step
        def after():
            return durable.step_id

        @durable.workflow
        def program():
            flaky()
            return after()

        assert program() == 2

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"max_attempts": 0}, "max_attempts must be at least 1, not 0"),
            ({"interval_seconds": -1}, "interval_seconds must be 0 or more, not -1"),
            ({"backoff_rate": 0.5}, "backoff_rate must be 1 or more, not 0.5"),
        ],
    )
    def test_options_are_checked(self, options, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            durable.step(**options)(lambda: None)


class TestRunStep:
    def test_function_that_is_not_decorated(self, engine_database):
        @durable.workflow
        def program(values):
            return durable.run_step(None, sorted, values, reverse=True)

        with durable.SetWorkflowID("w-1"):
            assert program([1, 3, 2]) == [3, 2, 1]
        assert history("w-1") == [(1, "sorted")]

    def test_with_options(self, engine_database):
        calls = []

        def flaky(word):
            calls.append(word)
            if len(calls) < 3:
                raise ValueError(word)
            return word

        @durable.workflow
        def program():
            options = durable.StepOptions(
                name="tests.flaky", retries_allowed=True, interval_seconds=0
            )
            return durable.run_step(options, flaky, "x")

        with durable.SetWorkflowID("w-1"):
            assert program() == "x"
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.name, step.attempts) == ("tests.flaky", 3)

    async def test_refused_on_a_running_event_loop(self, engine_database):
        @durable.workflow
        async def program():
            durable.run_step(None, max, 1, 2)

        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            await program()
        assert str(caught.value) == (
            "run_step() was called while an event loop is running; use await "
            "run_step_async()"
        )

    def test_plain_call_outside_a_workflow(self):
        assert durable.run_step({"name": "ignored"}, max, 1, 2) == 2

    async def test_twin_takes_functions_and_coroutines(self, engine_database):
        async def later(value):
            return value

        @durable.workflow
        async def program():
            return [
                await durable.run_step_async(None, max, 1, 2),
                await durable.run_step_async({"name": "tests.later"}, later, 3),
            ]

        with durable.SetWorkflowID("w-1"):
            assert await program() == [2, 3]
        steps = await asyncio.to_thread(durable.list_workflow_steps, "w-1")
        assert [step.name for step in steps] == ["builtins.max", "tests.later"]
        assert await durable.run_step_async(None, max, 1, 2) == 2
        assert await durable.run_step_async(None, later, 4) == 4
