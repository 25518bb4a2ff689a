"""Restart, fork and retry make a new workflow and leave the old one alone."""

import pytest

import durable_engine as durable
from tests.engine.histories import history


@pytest.fixture
def calls():
    """What the steps of a test did, in order."""
    return []


@pytest.fixture
def program(calls):
    """Three steps that publish; the third fails until told otherwise."""

    @durable.step
    def first(value):
        calls.append("first")
        return value + 1

    @durable.step
    def second(value):
        calls.append("second")
        return value * 10

    @durable.step
    def third(value):
        calls.append("third")
        if "mended" not in calls:
            raise ValueError("not yet")
        return value

    @durable.workflow(name="tests.copied")
    def copied(value):
        result = first(value)
        durable.set_event("progress", "one")
        result = second(result)
        durable.set_event("progress", "two")
        return third(result), durable.random()

    return copied


def failed(program):
    with durable.SetWorkflowID("origin"), pytest.raises(ValueError, match="not yet"):
        program(1)


class TestFork:
    def test_runs_from_the_step_with_what_was_recorded_before(
        self, worker, program, calls
    ):
        failed(program)
        calls[:] = ["mended"]
        fork = durable.fork_workflow("origin", 3)
        assert fork.get_result()[0] == 20
        assert calls == ["mended", "second", "third"]
        status = fork.get_status()
        assert (status.forked_from, status.input) == (
            "origin",
            {"args": [1], "kwargs": {}},
        )
        assert durable.retrieve_workflow("origin").get_status().status == "ERROR"
        assert history(fork.workflow_id) == [
            (1, "first"),
            (2, "durable.set_event"),
            (3, "second"),
            (4, "durable.set_event"),
            (5, "third"),
        ]

    def test_has_the_events_as_of_its_first_step(self, engine_database, program):
        failed(program)
        for start_step, events in [
            (1, {}),
            (3, {"progress": "one"}),
            (4, {"progress": "one"}),
            (5, {"progress": "two"}),
            (99, {"progress": "two"}),
        ]:
            fork = durable.fork_workflow("origin", start_step)
            assert durable.get_all_events(fork.workflow_id) == events

    def test_fork_of_a_fork_restores_events_too(self, engine_database, program):
        failed(program)
        fork = durable.fork_workflow("origin", 99)
        again = durable.fork_workflow(fork.workflow_id, 4)
        assert durable.get_all_events(again.workflow_id) == {"progress": "one"}

    def test_has_the_random_numbers_of_its_origin(self, worker, program, calls):
        calls.append("mended")
        with durable.SetWorkflowID("origin"):
            result = program(1)
        fork = durable.fork_workflow("origin", 5)
        assert tuple(fork.get_result()) == result
        again = durable.fork_workflow(fork.workflow_id, 5)
        assert tuple(again.get_result()) == result

    def test_waits_for_a_worker_of_the_version_given(self, worker, program, calls):
        calls.append("mended")
        with durable.SetWorkflowID("origin"):
            program(1)
        with durable.SetWorkflowID("fork"):
            durable.fork_workflow("origin", 1, application_version="next")
        status = durable.get_workflow_status("fork")
        assert (status.status, status.app_version) == ("ENQUEUED", "next")

    def test_set_id_is_used_once(self, worker, program, calls):
        calls.append("mended")
        with durable.SetWorkflowID("origin"):
            program(1)
        for _ in range(2):
            with durable.SetWorkflowID("fork"):
                durable.fork_workflow("origin", 1).get_result()
        assert calls.count("first") == 2

    def test_id_of_another_function_is_refused(self, engine_database, program):
        @durable.workflow
        def other():
            pass

        failed(program)
        with durable.SetWorkflowID("other"):
            other()
        with durable.SetWorkflowID("other"), pytest.raises(durable.ConflictingWorkflow):
            durable.fork_workflow("origin", 1)

    def test_unknown_origin(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow) as caught:
            durable.fork_workflow("nobody", 1)
        assert caught.value.workflow_id == "nobody"

    @pytest.mark.parametrize("start_step", [0, -1, True, 1.5, "1"])
    def test_start_step_must_be_a_position(self, engine_database, start_step):
        with pytest.raises(ValueError, match="start_step must be a position"):
            durable.fork_workflow("origin", start_step)

    async def test_twins(self, engine_database, worker, program, calls):
        calls.append("mended")
        origin = await durable.start_workflow_async(program, 1)
        await origin.get_result()
        fork = await durable.fork_workflow_async(origin.workflow_id, 5)
        assert (await fork.get_result())[0] == 20
        again = await durable.restart_workflow_async(origin.workflow_id)
        assert (await again.get_result())[0] == 20
        retried = await durable.retry_workflow_async(origin.workflow_id)
        assert (await retried.get_result())[0] == 20


class TestRetry:
    def test_forks_at_the_failed_step(self, worker, program, calls):
        failed(program)
        calls[:] = ["mended"]
        assert durable.retry_workflow("origin").get_result()[0] == 20
        assert calls == ["mended", "third"]

    def test_failure_of_the_body_repeats_no_step(self, worker):
        ran = []

        @durable.step
        def work():
            ran.append("work")

        @durable.workflow
        def body_fails():
            work()
            if len(ran) == 1:
                ran.append("failed")
                raise ValueError("in the body")
            return "well"

        with durable.SetWorkflowID("origin"), pytest.raises(ValueError, match="body"):
            body_fails()
        assert durable.retry_workflow("origin").get_result() == "well"
        assert ran == ["work", "failed"]

    def test_unknown(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.retry_workflow("nobody")


class TestRetryOfAFailedChild:
    """What the child has done stays done: it is retried, and the fork waits for it."""

    @pytest.fixture
    def ran(self):
        return []

    @pytest.fixture
    def family(self, ran):
        @durable.step
        def note(what):
            ran.append(what)

        @durable.step
        def fail_first():
            ran.append("fail_first")
            if "mended" not in ran:
                raise ValueError("not yet")
            return "well"

        @durable.workflow(name="tests.family_child")
        def child():
            note("child")
            return fail_first()

        @durable.workflow(name="tests.family_called")
        def called():
            note("parent")
            return child()

        @durable.workflow(name="tests.family_started")
        def started():
            note("parent")
            handle = durable.start_workflow(child)
            note("between")
            result = handle.get_result()
            return [result, handle.workflow_id, handle.get_status().status]

        @durable.workflow(name="tests.family_named")
        def named(child_id):
            with durable.SetWorkflowID(child_id):
                durable.start_workflow(child)
            return durable.retrieve_workflow(child_id).get_result()

        @durable.workflow(name="tests.family_grandparent")
        def grandparent():
            return started()

        return {
            "called": called,
            "started": started,
            "named": named,
            "grandparent": grandparent,
        }

    def retried(self, program, ran, *args):
        with durable.SetWorkflowID("w"), pytest.raises(ValueError, match="not yet"):
            durable.start_workflow(program, *args).get_result()
        ran[:] = ["mended"]
        with durable.SetWorkflowID("again"):
            return durable.retry_workflow("w").get_result()

    def test_called_directly(self, worker, family, ran):
        assert self.retried(family["called"], ran) == "well"
        assert ran == ["mended", "fail_first"]
        (child,) = durable.list_workflows(parent_workflow_id="again")
        assert (child.id, child.forked_from, child.status) == (
            "again-2",
            "w-2",
            "SUCCESS",
        )

    def test_started_beside_its_parent(self, worker, family, ran):
        assert self.retried(family["started"], ran) == ["well", "again-2", "SUCCESS"]
        assert ran == ["mended", "fail_first"]
        assert history("again") == [*history("w"), (5, "durable.get_status")]
        steps = durable.list_workflow_steps("again")
        assert [step.child_workflow_id for step in steps[1:4]] == [
            "again-2",
            None,
            "again-2",
        ]

    def test_named_and_retrieved_by_its_id(self, worker, family, ran):
        assert self.retried(family["named"], ran, "job") == "well"
        assert ran == ["mended", "fail_first"]
        assert durable.get_workflow_status("job").status == "ERROR"

    def test_over_two_generations(self, worker, family, ran):
        expected = ["well", "again-1-2", "SUCCESS"]
        assert self.retried(family["grandparent"], ran) == expected
        assert ran == ["mended", "fail_first"]

    @pytest.fixture
    def cancelled(self, worker, ran):
        """A parent that failed because its child was cancelled."""

        @durable.workflow(name="tests.family_sleeper")
        def sleeper():
            durable.set_event("asleep", True)
            if "mended" not in ran:
                durable.sleep(600)
            ran.append("awake")
            return "well"

        @durable.workflow(name="tests.family_of_sleeper")
        def parent():
            return durable.start_workflow(sleeper).get_result()

        with durable.SetWorkflowID("w"):
            handle = durable.start_workflow(parent)
        assert durable.get_event("w-1", "asleep", 20)
        durable.cancel_workflow("w-1")
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        ran.append("mended")

    def test_cancelled_child_is_continued(self, cancelled, ran):
        assert durable.retry_workflow("w").get_result() == "well"
        assert ran == ["mended", "awake"]

    def test_child_that_is_well_by_now_is_not_run_again(self, cancelled, ran):
        assert durable.resume_workflow("w-1").get_result() == "well"
        assert durable.retry_workflow("w").get_result() == "well"
        assert ran == ["mended", "awake"]

    def test_workflow_that_is_no_child_is_asked_again(self, worker, family, ran):
        @durable.workflow
        def asks():
            return durable.retrieve_workflow("w").get_result()

        with durable.SetWorkflowID("w"), pytest.raises(ValueError, match="not yet"):
            durable.start_workflow(family["called"]).get_result()
        with durable.SetWorkflowID("asks"), pytest.raises(ValueError, match="not yet"):
            durable.start_workflow(asks).get_result()
        ran[:] = ["mended"]
        with pytest.raises(ValueError, match="not yet"):
            durable.retry_workflow("asks").get_result()
        assert ran == ["mended"]


class TestRestart:
    def test_runs_everything_with_the_same_inputs(self, worker, program, calls):
        failed(program)
        calls[:] = ["mended"]
        handle = durable.restart_workflow("origin")
        assert handle.workflow_id != "origin"
        assert handle.get_result()[0] == 20
        assert calls == ["mended", "first", "second", "third"]

    def test_attributes_come_along(self, engine_database, program):
        with durable.SetWorkflowAttributes({"customer": 7}):
            failed(program)
        handle = durable.restart_workflow("origin")
        assert handle.get_status().attributes == {"customer": 7}

    def test_unknown(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.restart_workflow("nobody")


def test_in_a_workflow_each_takes_one_position(worker, program, calls):
    calls.append("mended")
    with durable.SetWorkflowID("origin"):
        program(1)

    @durable.workflow
    def manager():
        return [
            durable.restart_workflow("origin").workflow_id,
            durable.fork_workflow("origin", 2).workflow_id,
            durable.retry_workflow("origin").workflow_id,
        ]

    with durable.SetWorkflowID("m"):
        assert manager() == ["m-1", "m-2", "m-3"]
    assert history("m") == [
        (1, "durable.restart_workflow"),
        (2, "durable.fork_workflow"),
        (3, "durable.retry_workflow"),
    ]
    with durable.SetWorkflowID("again"):
        durable.fork_workflow("m", 99).get_result()
    assert len(durable.list_workflows(forked_from="origin")) == 3
