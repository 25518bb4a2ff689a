"""Cancel and resume: one or many, from any process."""

import threading

import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from tests.engine.histories import happened, history, status

queue = durable.Queue("tests-client")


@durable.workflow
def listen():
    durable.set_event("listening", True)
    return durable.recv(timeout_seconds=None)


@durable.workflow
def done():
    return "done"


@durable.workflow
def failed():
    raise ValueError("failed")


def listening(workflow_id):
    with durable.SetWorkflowID(workflow_id):
        handle = durable.start_workflow(listen)
    assert durable.get_event(workflow_id, "listening")
    return handle


class TestCancel:
    def test_enqueued_and_delayed_never_run(self, engine_database):
        first = queue.enqueue(done)
        with durable.SetEnqueueOptions(delay_seconds=0.05):
            second = queue.enqueue(done)
        for handle in (first, second):
            assert durable.cancel_workflow(handle.workflow_id) is None
        durable.launch(threads=2)
        assert queue.enqueue(done).get_result() == "done"
        for handle in (first, second):
            with pytest.raises(durable.AwaitedWorkflowCancelled):
                handle.get_result()
            assert handle.get_status().started_at is None

    def test_waiting_ends_at_once(self, worker):
        handle = listening("w-1")
        durable.cancel_workflow("w-1")
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        found = handle.get_status()
        assert (found.status, found.executor_id) == ("CANCELLED", None)
        assert found.completed_at is not None

    def test_running_stops_at_its_next_durable_call(self, worker):
        running, release = threading.Event(), threading.Event()
        caught = []

        @durable.step
        def after(): ...

        @durable.workflow
        def program():
            running.set()
            happened(release)
            try:
                after()
            except Exception as error:  # noqa: BLE001
                caught.append(error)
            except BaseException as error:
                caught.append(error)
                raise

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        happened(running)
        durable.cancel_workflow("w-1")
        release.set()
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()
        durable.destroy()
        assert [type(error) for error in caught] == [durable.WorkflowCancelled]
        assert str(caught[0]) == (
            "Workflow 'w-1' was cancelled; it stops at this durable call. "
            "resume_workflow('w-1') continues it from here."
        )
        assert history("w-1") == []

    def test_direct_call_that_is_cancelled(self, engine_database):
        @durable.workflow
        def program():
            durable.cancel_workflow(durable.workflow_id)
            durable.sleep(0)

        with (
            durable.SetWorkflowID("w-1"),
            pytest.raises(durable.AwaitedWorkflowCancelled),
        ):
            program()
        assert status("w-1") == "CANCELLED"

    def test_ended_ones_are_left_alone(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            done()
        with durable.SetWorkflowID("w-2"), pytest.raises(ValueError, match="failed"):
            failed()
        for workflow_id in ("w-1", "w-2"):
            assert durable.cancel_workflow(workflow_id) is None
        assert (status("w-1"), status("w-2")) == ("SUCCESS", "ERROR")

    def test_unknown_id(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.cancel_workflow("nobody")

    def test_many_say_which_and_why(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            done()
        with durable.SetWorkflowID("w-2"):
            queue.enqueue(done)
        found = durable.cancel_workflows(["w-1", "w-2", "nobody"])
        assert found == durable.BulkResult(
            changed=["w-2"],
            unchanged={"w-1": "it is SUCCESS", "nobody": "there is no such workflow"},
        )

    def test_in_a_workflow_one_position(self, engine_database):
        @durable.workflow
        def program():
            durable.cancel_workflow("w-2")
            return durable.cancel_workflows(["w-2"]).unchanged

        with durable.SetWorkflowID("w-2"):
            queue.enqueue(done)
        with durable.SetWorkflowID("w-1"):
            assert program() == {"w-2": "it is CANCELLED"}
        assert [position for position, _ in history("w-1")] == [1, 2]


class TestResume:
    def test_goes_on_after_the_last_completed_step(self, worker):
        ran = []

        @durable.step
        def count():
            ran.append(1)
            return len(ran)

        @durable.workflow
        def program():
            number = count()
            durable.set_event("listening", True)
            return number, durable.recv()

        with durable.SetWorkflowID("w-1"):
            durable.start_workflow(program)
        assert durable.get_event("w-1", "listening")
        durable.cancel_workflow("w-1")
        handle = durable.resume_workflow("w-1")
        assert handle.workflow_id == "w-1"
        durable.send("w-1", "again")
        assert handle.get_result() == (1, "again")
        assert ran == [1]

    def test_enqueued_one_bypasses_its_queue(self, worker):
        handle = durable.enqueue_workflow("tests-nobody-serves-this", done)
        durable.resume_workflow(handle.workflow_id)
        assert handle.get_result() == "done"

    def test_dead_lettered_one_begins_anew_on_this_version(self, engine_database):
        queue.enqueue(done)
        Workflow.objects.update(
            status="MAX_RECOVERY_ATTEMPTS_EXCEEDED",
            recovery_attempts=102,
            app_version="older",
        )
        (found,) = durable.list_workflows()
        handle = durable.resume_workflow(found.id)
        durable.launch(threads=1)
        assert handle.get_result() == "done"
        after = handle.get_status()
        assert (after.recovery_attempts, after.app_version) == (
            1,
            durable.application_version,
        )

    def test_running_one_is_left_alone(self, worker):
        handle = listening("w-1")
        before = durable.get_workflow_status("w-1")
        durable.resume_workflow("w-1")
        assert durable.get_workflow_status("w-1") == before
        durable.send("w-1", "hello")
        assert handle.get_result() == "hello"

    def test_unknown_id(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.resume_workflow("nobody")

    def test_many_say_which_and_why(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            done()
        with durable.SetWorkflowID("w-2"):
            queue.enqueue(done)
        durable.cancel_workflow("w-2")
        found = durable.resume_workflows(["nobody", "w-2", "w-1"])
        assert found.changed == ["w-2"]
        assert found.unchanged == {
            "nobody": "there is no such workflow",
            "w-1": "it is SUCCESS",
        }
        assert status("w-2") == "ENQUEUED"

    async def test_twins(self, worker):
        handle = await queue.enqueue_async(listen)
        await durable.cancel_workflow_async(handle.workflow_id)
        assert (
            await durable.cancel_workflows_async([handle.workflow_id])
        ).changed == []
        again = await durable.resume_workflow_async(handle.workflow_id)
        assert (await durable.resume_workflows_async(["nobody"])).changed == []
        await durable.send_async(handle.workflow_id, "hello")
        assert await again.get_result() == "hello"

    @pytest.mark.parametrize("word", ["cancel", "resume"])
    @pytest.mark.parametrize("many", ["", "s"])
    async def test_refused_on_a_running_event_loop(self, engine_database, word, many):
        name = f"{word}_workflow{many}"
        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            getattr(durable, name)("w-1")
        assert str(caught.value) == (
            f"{name}() was called while an event loop is running; use await "
            f"{name}_async()"
        )
