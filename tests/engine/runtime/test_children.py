"""Children belong to a position of their parent."""

import threading

import pytest

import durable_engine as durable
from tests.engine.histories import happened, history, status


@durable.workflow
def child(value):
    if value == "bad":
        raise ValueError(value)
    return durable.workflow_id, value


def parent_of(workflow_id):
    return durable.get_workflow_status(workflow_id).parent_workflow_id


class TestDirect:
    def test_one_position_named_after_the_child(self, engine_database):
        @durable.step
        def before(): ...

        @durable.workflow
        def program():
            before()
            return child(1), child(2)

        with durable.SetWorkflowID("w-1"):
            assert program() == (("w-1-2", 1), ("w-1-3", 2))
        assert history("w-1") == [(1, "before"), (2, "child"), (3, "child")]
        steps = durable.list_workflow_steps("w-1")
        assert [step.child_workflow_id for step in steps] == [None, "w-1-2", "w-1-3"]
        assert parent_of("w-1-2") == "w-1"
        listed = durable.list_workflows(parent_workflow_id="w-1", sort_desc=False)
        assert [one.id for one in listed] == ["w-1-2", "w-1-3"]

    def test_error_of_the_child_is_raised_in_the_parent(self, engine_database):
        @durable.workflow
        def program():
            try:
                child("bad")
            except ValueError as error:
                return str(error)

        with durable.SetWorkflowID("w-1"):
            assert program() == "bad"
        assert (status("w-1"), status("w-1-1")) == ("SUCCESS", "ERROR")
        (step,) = durable.list_workflow_steps("w-1")
        assert (step.status, repr(step.error)) == ("ERROR", "ValueError('bad')")

    async def test_coroutine(self, engine_database):
        @durable.workflow
        async def inner(value):
            return durable.workflow_id, value

        @durable.workflow
        async def program():
            return await inner(1)

        with durable.SetWorkflowID("w-1"):
            assert await program() == ("w-1-1", 1)

    def test_chosen_id(self, engine_database):
        @durable.workflow
        def program():
            with durable.SetWorkflowID("chosen"):
                return child(1)

        with durable.SetWorkflowID("w-1"):
            assert program() == ("chosen", 1)
        (step,) = durable.list_workflow_steps("w-1")
        assert step.child_workflow_id == "chosen"

    def test_used_id_gives_the_recorded_result(self, engine_database):
        @durable.workflow
        def program():
            with durable.SetWorkflowID("chosen"):
                return child(2)

        with durable.SetWorkflowID("chosen"):
            child(1)
        with durable.SetWorkflowID("w-1"):
            assert program() == ("chosen", 1)
        assert parent_of("chosen") is None

    def test_waiting_child_goes_on_after_a_restart(self, engine_database):
        ran = []
        waiting = threading.Event()

        @durable.step
        def count(what):
            ran.append(what)

        @durable.workflow
        def inner():
            count("inner")
            waiting.set()
            return durable.recv()

        @durable.workflow
        def program():
            count("outer")
            return inner()

        durable.launch(threads=4)
        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(program)
        happened(waiting)
        durable.destroy()
        durable.launch(threads=4)
        durable.send("w-1-2", "hello")
        assert durable.retrieve_workflow("w-1").get_result() == "hello"
        assert ran == ["outer", "inner"]


class TestStarted:
    def test_one_position_and_it_runs_beside_the_parent(self, worker):
        @durable.workflow
        def program():
            handles = [durable.start_workflow(child, number) for number in range(3)]
            return [handle.get_result() for handle in handles]

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert handle.get_result() == [("w-1-1", 0), ("w-1-2", 1), ("w-1-3", 2)]
        assert [name for _, name in history("w-1")] == [
            *["child"] * 3,
            *["durable.get_result"] * 3,
        ]

    def test_outlives_its_parent(self, worker):
        release = threading.Event()

        @durable.workflow
        def slow():
            happened(release)
            return "done"

        @durable.workflow
        def program():
            return durable.start_workflow(slow).workflow_id

        child_id = durable.start_workflow(program).get_result()
        assert status(child_id) == "PENDING"
        release.set()
        assert durable.retrieve_workflow(child_id).get_result() == "done"

    def test_replay_starts_none_again(self, worker):
        waiting = threading.Event()
        started = []

        @durable.workflow
        def inner():
            started.append(durable.workflow_id)

        @durable.workflow
        def program():
            handle = durable.start_workflow(inner)
            handle.get_result()
            waiting.set()
            durable.recv()
            return handle.workflow_id

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        happened(waiting)
        durable.cancel_workflow("w-1")
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        assert handle.get_result() == "w-1-1"
        assert started == ["w-1-1"]

    def test_enqueued(self, worker):
        queue = durable.Queue("tests-children")

        @durable.workflow
        def program():
            handles = queue.enqueue_many([(child, (1,)), (child, (2,))])
            handles.append(queue.enqueue(child, 3))
            return [handle.get_result() for handle in handles]

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert handle.get_result() == [("w-1-1", 1), ("w-1-2", 2), ("w-1-3", 3)]
        found = durable.get_workflow_status("w-1-1")
        assert (found.queue_name, found.parent_workflow_id) == ("tests-children", "w-1")

    def test_conflict_is_recorded_as_the_outcome(self, worker):
        @durable.workflow
        def other(): ...

        @durable.workflow
        def program():
            with durable.SetWorkflowID("taken"):
                try:
                    durable.start_workflow(child, 1)
                except durable.ConflictingWorkflow as error:
                    return error.workflow_id

        with durable.SetWorkflowID("taken"):
            other()
        with durable.SetWorkflowID("w-1"):
            assert program() == "taken"
        (step,) = durable.list_workflow_steps("w-1")
        assert isinstance(step.error, durable.ConflictingWorkflow)


def test_started_in_a_step_it_is_no_child(worker):
    @durable.step
    def start():
        return durable.start_workflow(child, 1).workflow_id

    @durable.workflow
    def program():
        return start()

    with durable.SetWorkflowID("w-1"):
        child_id = program()
    assert durable.retrieve_workflow(child_id).get_result() == (child_id, 1)
    assert parent_of(child_id) is None


def test_cancel_with_children(worker):
    waiting = threading.Barrier(3)

    @durable.workflow
    def inner():
        waiting.wait(30)
        durable.recv(timeout_seconds=None)

    @durable.workflow
    def program():
        handles = [durable.start_workflow(inner) for _ in range(2)]
        return [handle.get_result() for handle in handles]

    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program)
    waiting.wait(30)
    durable.cancel_workflow("w-1", cancel_children=True)
    with pytest.raises(durable.AwaitedWorkflowCancelled):
        handle.get_result()
    assert [status(one) for one in ("w-1", "w-1-1", "w-1-2")] == ["CANCELLED"] * 3
