"""A replay must call at each position what was recorded there."""

import pytest

import durable_engine as durable
from tests.engine.histories import history, status


@durable.step(name="tests.one")
def one():
    return 1


@durable.step(name="tests.two")
def two():
    return 2


def replayed(program):
    """Run until it waits, then cancel and resume it; return its handle."""
    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program)
    assert durable.get_event("w-1", "waiting")
    durable.cancel_workflow("w-1")
    durable.send("w-1", "go on")
    durable.resume_workflow("w-1")
    return handle


def wait():
    durable.set_event("waiting", True)
    return durable.recv()


class TestNonDeterminism:
    def test_names_workflow_position_recorded_and_called(self, worker):
        runs = []

        @durable.workflow
        def program():
            runs.append(1)
            one()
            two() if len(runs) == 1 else one()
            return wait()

        handle = replayed(program)
        with pytest.raises(durable.NonDeterminism) as caught:
            handle.get_result()
        error = caught.value
        assert (error.workflow_id, error.position, error.recorded, error.called) == (
            "w-1",
            2,
            "tests.two",
            "tests.one",
        )
        assert str(error) == (
            "Workflow 'w-1' recorded 'tests.two' at position 2, but its code called "
            "'tests.one' there. Mend the code (or guard the change with patch()), then "
            "fork or retry the workflow."
        )
        assert status("w-1") == "ERROR"

    def test_engines_own_calls_are_compared_too(self, worker):
        runs = []

        @durable.workflow
        def program():
            runs.append(1)
            one() if len(runs) == 1 else durable.sleep(0)
            return wait()

        with pytest.raises(durable.NonDeterminism) as caught:
            replayed(program).get_result()
        assert (caught.value.recorded, caught.value.called) == (
            "tests.one",
            "durable.sleep",
        )

    def test_ends_as_error_even_if_the_body_catches_it(self, worker):
        runs, caught = [], []

        @durable.workflow
        def program():
            runs.append(1)
            try:
                one() if len(runs) == 1 else two()
            except durable.NonDeterminism as error:
                caught.append(error.position)
            try:
                return wait()
            except durable.NonDeterminism:
                return "the body goes on"

        with pytest.raises(durable.NonDeterminism):
            replayed(program).get_result()
        assert caught == [1]
        assert status("w-1") == "ERROR"

    @pytest.mark.parametrize(
        "mend",
        [durable.retry_workflow, lambda workflow_id: durable.fork_workflow("w-1", 2)],
        ids=["retry", "fork"],
    )
    def test_after_the_code_is_mended_a_copy_goes_on(self, worker, mend):
        code, ran = ["recorded"], []

        @durable.step
        def first():
            ran.append("first")

        @durable.workflow
        def program():
            first()
            one() if code[0] == "changed" else two()
            return wait()

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert durable.get_event("w-1", "waiting")
        durable.cancel_workflow("w-1")
        code[0] = "changed"
        durable.resume_workflow("w-1")
        with pytest.raises(durable.NonDeterminism):
            handle.get_result()
        code[0] = "mended"
        again = mend("w-1")
        durable.send(again.workflow_id, "go on")
        assert again.get_result() == "go on"
        assert ran == ["first"]

    async def test_coroutine(self, worker):
        runs = []

        @durable.step(name="tests.async_one")
        async def async_one(): ...

        @durable.step(name="tests.async_two")
        async def async_two(): ...

        @durable.workflow
        async def program():
            runs.append(1)
            await (async_one() if len(runs) == 1 else async_two())
            await durable.set_event_async("waiting", True)
            await durable.recv_async()

        with durable.SetWorkflowID("w-1"):
            handle = await durable.start_workflow_async(program)
        assert await durable.get_event_async("w-1", "waiting")
        await durable.cancel_workflow_async("w-1")
        await durable.resume_workflow_async("w-1")
        with pytest.raises(durable.NonDeterminism) as caught:
            await handle.get_result()
        assert caught.value.called == "tests.async_two"

    def test_history_may_go_on_with_new_steps(self, worker):
        runs = []

        @durable.workflow
        def program():
            runs.append(1)
            first = one()
            wait()
            return (first, two()) if len(runs) == 2 else first

        assert replayed(program).get_result() == (1, 2)
        assert history("w-1")[-1] == (4, "two")


class TestReplay:
    def test_returns_what_was_recorded_of_every_kind(self, worker):
        runs = []

        @durable.transaction(name="tests.transaction")
        def transaction():
            return len(runs)

        @durable.workflow(name="tests.replay.child")
        def child():
            return len(runs)

        @durable.workflow
        def program():
            runs.append(1)
            seen = [
                durable.run_step({"name": "tests.count"}, len, runs),
                transaction(),
                child(),
                durable.start_workflow(child).get_result(),
                durable.get_event("nobody", "key", 0),
                durable.recv("never", 0),
            ]
            durable.sleep(0.001)
            return [*seen, wait()]

        assert replayed(program).get_result() == [1, 1, 1, 1, None, None, "go on"]
        assert len(runs) == 2
        assert [name for _, name in history("w-1")] == [
            "count",
            "transaction",
            "child",
            "child",
            "durable.get_result",
            "durable.get_event",
            "durable.recv",
            "durable.sleep",
            "durable.set_event",
            "durable.recv",
        ]

    def test_values_keep_their_types(self, worker):
        @durable.step
        def values():
            return {"tuple": (1, 2), 3: {4}, "bytes": b"x"}

        @durable.workflow
        def program():
            found = values()
            wait()
            return found

        found = replayed(program).get_result()
        assert found == {"tuple": (1, 2), 3: {4}, "bytes": b"x"}
        assert type(found["tuple"]) is tuple

    def test_clock_ids_and_randomness_are_the_same(self, worker):
        seen = []

        @durable.workflow
        def program():
            one()
            seen.append((durable.now(), durable.uuid4(), durable.random()))
            return wait()

        replayed(program).get_result()
        assert len(seen) == 2
        assert seen[0] == seen[1]
        assert [name for _, name in history("w-1")] == [
            "one",
            "durable.set_event",
            "durable.recv",
        ]
