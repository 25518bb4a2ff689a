"""A step that lasts is seen while it runs, and that binds nothing."""

import threading

import pytest

import durable_engine as durable
from durable_engine.runtime import running
from tests.engine.histories import history

PATIENCE_ROUNDS = 2_000


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(running, "LOOK_SECONDS", 0.02)


def shown(workflow_id, position):
    """Return a step once it is listed."""
    pause = threading.Event()
    for _ in range(PATIENCE_ROUNDS):
        steps = durable.list_workflow_steps(workflow_id)
        found = [step for step in steps if step.position == position]
        if found:
            return found[0]
        pause.wait(0.01)
    raise AssertionError(f"position {position} of {workflow_id} is not shown")


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


class TestShown:
    def test_while_it_runs_and_after(self, engine_database, worker, gate):
        @durable.step
        def quick():
            return 1

        @durable.step
        def slow():
            gate.wait(20)
            return 2

        @durable.workflow
        def program():
            return quick() + slow()

        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(program)
        step = shown("w", 2)
        assert (step.status, step.attempts, step.output) == ("PENDING", 1, None)
        assert (step.error, step.completed_at) == (None, None)
        gate.set()
        assert handle.get_result() == 3
        ended = durable.list_workflow_steps("w")[1]
        assert (ended.status, ended.attempts, ended.output) == ("SUCCESS", 1, 2)
        assert ended.started_at == step.started_at

    def test_of_a_coroutine_and_of_a_direct_call(self, engine_database):
        seen = []

        @durable.step
        def slow():
            seen.append(shown(durable.workflow_id, 1))

        @durable.workflow
        def program():
            slow()

        @durable.step
        async def slow_async():
            import asyncio  # noqa: PLC0415

            await asyncio.to_thread(lambda: seen.append(shown("coroutine", 1)))

        @durable.workflow
        async def coroutine():
            await slow_async()

        program()
        durable.launch(threads=1, coroutines=1)
        with durable.SetWorkflowID("coroutine"):
            durable.start_workflow(coroutine).get_result()
        assert [step.status for step in seen] == ["PENDING", "PENDING"]

    def test_failing_step_keeps_its_attempts(self, engine_database, worker, gate):
        seen = []

        @durable.step(retries_allowed=True, max_attempts=2, interval_seconds=0.01)
        def flaky():
            seen.append(shown("w", 1))
            raise ValueError("again")

        @durable.workflow
        def program():
            flaky()

        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(program)
        with pytest.raises(durable.MaxStepRetriesExceeded):
            handle.get_result()
        assert [step.attempts for step in seen] == [1, 1]
        assert durable.list_workflow_steps("w")[0].attempts == 2


def test_what_was_begun_may_be_another_step_after_a_crash(
    engine_database, worker, gate
):
    mended = []

    @durable.step
    def old():
        entered.set()
        gate.wait(20)

    @durable.step
    def new():
        return "new"

    @durable.workflow
    def program():
        return new() if mended else old()

    entered = threading.Event()
    with durable.SetWorkflowID("w"):
        durable.start_workflow(program)
    entered.wait(20)
    assert shown("w", 1).name.endswith("old")
    durable.cancel_workflow("w")
    mended.append(True)
    gate.set()
    assert durable.resume_workflow("w").get_result() == "new"
    assert history("w") == [(1, "new")]
    assert durable.fork_workflow("w", 2).get_result() == "new"
