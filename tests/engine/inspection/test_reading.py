"""One workflow, its steps, and who runs what."""

import dataclasses
import os
import socket
import threading

import pytest

import durable_engine as durable
from tests.engine.histories import happened


@durable.step
def step(value):
    return value


class TestStatus:
    def test_is_frozen_and_complete(self, engine_database):
        @durable.workflow
        def program():
            return "done"

        with durable.SetWorkflowID("w-1"):
            program()
        found = durable.get_workflow_status("w-1")
        names = """id name status queue_name priority deduplication_id
            queue_partition_key app_version executor_id recovery_attempts
            parent_workflow_id forked_from schedule_name attributes created_at
            updated_at started_at completed_at deadline delay_until wake_at workflow_id
            input output error"""
        for name in names.split():
            assert hasattr(found, name), name
        with pytest.raises(dataclasses.FrozenInstanceError):
            found.status = "ERROR"

    def test_unknown_id_is_none(self, engine_database):
        assert durable.get_workflow_status("nobody") is None

    async def test_twins(self, engine_database):
        @durable.workflow
        async def program():
            return step(1)

        with durable.SetWorkflowID("w-1"):
            await program()
        assert (await durable.get_workflow_status_async("w-1")).output == 1
        (one,) = await durable.list_workflow_steps_async("w-1")
        assert one.output == 1
        (executor,) = await durable.list_executors_async()
        assert executor.executor_id == durable.executor_id

    @pytest.mark.parametrize(
        "name", ["get_workflow_status", "list_workflow_steps", "list_executors"]
    )
    async def test_refused_on_a_running_event_loop(self, engine_database, name):
        arguments = () if name == "list_executors" else ("w-1",)
        with pytest.raises(durable.SynchronousCallInEventLoop, match=f"{name}_async"):
            getattr(durable, name)(*arguments)


class TestSteps:
    def test_by_position_with_payloads(self, engine_database):
        @durable.step(name="tests.reading.fail")
        def fail():
            raise KeyError("lost")

        @durable.workflow(name="tests.reading.child")
        def child():
            return "child"

        @durable.workflow
        def program():
            step({"a": (1, 2)})
            with pytest.raises(KeyError):
                fail()
            child()

        with durable.SetWorkflowID("w-1"):
            program()
        first, second, third = durable.list_workflow_steps("w-1")
        assert [field.name for field in dataclasses.fields(first)] == [
            "position",
            "name",
            "status",
            "output",
            "error",
            "child_workflow_id",
            "attempts",
            "started_at",
            "completed_at",
        ]
        assert (first.position, first.output, first.error) == (1, {"a": (1, 2)}, None)
        assert (second.name, second.status) == ("tests.reading.fail", "ERROR")
        assert repr(second.error) == "KeyError('lost')"
        assert (third.name, third.child_workflow_id) == ("tests.reading.child", "w-1-3")
        assert third.output == "child"
        assert first.completed_at.utcoffset() is not None

    def test_unknown_id(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.list_workflow_steps("nobody")

    def test_recorded_when_a_workflow_reads(self, engine_database):
        @durable.workflow
        def program():
            step(1)
            return (
                durable.get_workflow_status("w-1").status,
                len(durable.list_workflow_steps("w-1")),
                [one.id for one in durable.list_workflows()],
            )

        with durable.SetWorkflowID("w-1"):
            assert program() == ("PENDING", 2, ["w-1"])
        steps = durable.list_workflow_steps("w-1")
        assert [one.position for one in steps] == [1, 2, 3, 4]


class TestExecutors:
    def test_of_a_worker(self, worker):
        began, release = threading.Event(), threading.Event()

        @durable.workflow
        def program():
            began.set()
            happened(release)

        durable.start_workflow(program)
        happened(began)
        (one,) = durable.list_executors()
        release.set()
        assert (one.executor_id, one.hostname, one.pid) == (
            durable.executor_id,
            socket.gethostname(),
            os.getpid(),
        )
        assert (one.app_version, one.alive, one.running) == (
            durable.application_version,
            True,
            1,
        )
        assert one.started_at <= one.heartbeat_at

    def test_gone_when_the_worker_stops(self, worker):
        assert len(durable.list_executors()) == 1
        durable.destroy()
        assert durable.list_executors() == []
