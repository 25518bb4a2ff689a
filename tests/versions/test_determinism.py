"""What a workflow body may use instead of the clock and of randomness."""

import asyncio
import datetime as dt
import threading
import uuid

import pytest

import durable_engine as durable
from durable_engine import clock
from tests.engine.histories import happened, history


@pytest.fixture
def seen():
    """What the body saw at each execution."""
    return []


@pytest.fixture
def twice(worker, seen):
    """A function: run a body, cancel it inside a step, resume it, return the handle."""

    def run(body, workflow_id="w"):
        entered, go = threading.Event(), threading.Event()

        @durable.step
        def pause():
            entered.set()
            go.wait(30)

        @durable.workflow(name="tests.twice")
        def program():
            body()
            pause()
            return "done"

        with durable.SetWorkflowID(workflow_id):
            handle = durable.start_workflow(program)
        happened(entered)
        durable.cancel_workflow(workflow_id)
        go.set()
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        assert durable.resume_workflow(workflow_id).get_result() == "done"

    return run


class TestReplay:
    def test_sees_the_same_and_takes_no_position(self, twice, seen):
        @durable.step
        def work():
            return durable.now()

        @durable.transaction
        def write():
            return 1

        @durable.workflow
        def child():
            return 2

        def body():
            found = [durable.now(), durable.uuid4(), durable.random()]
            for operation in (
                work,
                write,
                child,
                lambda: durable.start_workflow(child).get_result(),
                lambda: durable.set_event("key", 1),
                lambda: durable.send(durable.workflow_id, "hello"),
                durable.recv,
                lambda: durable.recv(timeout_seconds=0),
                lambda: durable.sleep(0.01),
                lambda: durable.write_stream("key", 1),
                lambda: durable.patch("new"),
            ):
                operation()
                found += [durable.now(), durable.uuid4(), durable.random()]
            seen.append(found)

        twice(body)
        first, second = seen
        assert first == second
        assert len(history("w")) == 13
        times = first[0::3]
        assert times == sorted(times)
        assert times[0] == durable.get_workflow_status("w").created_at
        assert len(set(first[1::3])) == len(set(first[2::3])) == 12
        assert all(0 <= number < 1 for number in first[2::3])

    def test_concurrent_steps_leave_the_newest_instant(self, worker, seen):
        one_is_recorded = asyncio.Event()

        @durable.step
        async def first_to_begin_last_to_end():
            await one_is_recorded.wait()

        @durable.step
        async def last_to_begin_first_to_end():
            pass

        async def tell_when_recorded():
            await last_to_begin_first_to_end()
            one_is_recorded.set()

        @durable.workflow
        async def program():
            await asyncio.gather(first_to_begin_last_to_end(), tell_when_recorded())
            seen.append(durable.now())

        with durable.SetWorkflowID("w"):
            durable.start_workflow(program).get_result()
        durable.fork_workflow("w", 99).get_result()
        newest, older = (step.completed_at for step in durable.list_workflow_steps("w"))
        assert newest > older
        assert seen == [newest, newest]

    def test_two_workflows_differ(self, engine_database):
        @durable.workflow
        def program():
            return durable.uuid4(), durable.random()

        assert program() != program()

    def test_fork_begins_with_the_time_of_its_origin(self, worker, seen):
        @durable.step
        def work():
            pass

        @durable.workflow
        def program():
            found = [durable.now()]
            work()
            found.append(durable.now())
            seen.append(found)

        with durable.SetWorkflowID("w"):
            program()
        (step,) = durable.list_workflow_steps("w")
        for _ in range(2):
            durable.fork_workflow("w", 2).get_result()
        assert seen[1] == seen[2] == [step.started_at, step.completed_at]


class TestElsewhere:
    def test_the_real_thing(self):
        before = clock.from_epoch(clock.wall_epoch())
        assert before <= durable.now()
        assert durable.now().tzinfo is dt.UTC
        assert isinstance(durable.uuid4(), uuid.UUID)
        assert durable.uuid4() != durable.uuid4()
        assert durable.random() != durable.random()

    def test_a_step_does_not_disturb_the_body(self, engine_database):
        @durable.step
        def work(times):
            return [durable.random() for _ in range(times)]

        @durable.workflow
        def program(times):
            work(times)
            return durable.random()

        results = []
        for times in (0, 3):
            with durable.SetWorkflowID("same"):
                results.append(program(times))
            durable.delete_workflow("same")
        assert results[0] == results[1]


def test_step_status(engine_database):
    seen = []

    @durable.step(retries_allowed=True, max_attempts=4, interval_seconds=0.001)
    def work():
        seen.append(durable.step_status)
        if len(seen) < 3:
            raise ValueError("again")

    @durable.workflow
    def program():
        seen_in_body = durable.step_status
        work()
        return seen_in_body

    assert durable.step_status is None
    assert program() is None
    assert [(one.step_id, one.current_attempt, one.max_attempts) for one in seen] == [
        (1, 0, 4),
        (1, 1, 4),
        (1, 2, 4),
    ]
    with pytest.raises(AttributeError):
        seen[0].step_id = 2
