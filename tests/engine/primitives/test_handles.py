"""Handles wait for results and look at statuses, in and outside workflows."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections

import durable_engine as durable
from durable_engine.runtime import waiting
from durable_engine.runtime.engine import engine
from tests.engine.histories import happened, history, outputs
from tests.support.databases import on_postgresql


class RefusedErrorError(Exception):
    """An error of the project's own."""


@durable.workflow
def double(value):
    if value < 0:
        raise RefusedErrorError("negative", value)
    return value * 2


@durable.workflow
def for_ever():
    return durable.recv(timeout_seconds=None)


class TestRetrieve:
    def test_handle_of_an_existing_workflow(self, engine_database):
        with durable.SetWorkflowID("w-1"):
            double(2)
        handle = durable.retrieve_workflow("w-1")
        assert handle.workflow_id == handle.get_workflow_id() == "w-1"
        assert handle.get_result() == 4
        assert handle.get_status() == durable.get_workflow_status("w-1")
        assert repr(handle) == "<WorkflowHandle w-1>"

    def test_unknown_id(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow) as caught:
            durable.retrieve_workflow("nobody")
        assert str(caught.value) == (
            "There is no workflow 'nobody'. Check the id; it may also have been "
            "deleted, or its start was rolled back or has not committed yet."
        )
        assert durable.get_workflow_status("nobody") is None

    def test_one_that_is_started_later_is_waited_for(self, worker):
        early = durable.retrieve_workflow("w-1", existing_workflow=False)
        with pytest.raises(durable.NonExistentWorkflow):
            early.get_status()
        with ThreadPoolExecutor() as threads:
            result = threads.submit(early.get_result)
            with durable.SetWorkflowID("w-1"):
                durable.start_workflow(double, 2)
            assert result.result() == 4

    async def test_one_that_a_coroutine_starts_later(self, worker):
        early = await durable.retrieve_workflow_async("w-1", existing_workflow=False)
        result = asyncio.create_task(early.get_result())
        with durable.SetWorkflowID("w-1"):
            await durable.start_workflow_async(double, 3)
        assert await result == 6

    def test_one_that_another_workflow_starts_later(self, worker):
        @durable.workflow
        def program():
            early = durable.retrieve_workflow("w-2", existing_workflow=False)
            return early.get_result()

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        with durable.SetWorkflowID("w-2"):
            double(4)
        assert handle.get_result() == 8
        assert history("w-1") == [(1, "durable.get_result")]

    async def test_twin(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            await durable.retrieve_workflow_async("nobody")
        handle = await durable.start_workflow_async(double, 3)
        again = await durable.retrieve_workflow_async(handle.workflow_id)
        assert (await again.get_status()).status == "ENQUEUED"
        await asyncio.to_thread(durable.launch)
        assert await again.get_result() == 6

    def test_recorded_in_a_workflow(self, engine_database):
        @durable.workflow
        def program():
            return durable.retrieve_workflow("w-1").get_result()

        with durable.SetWorkflowID("w-1"):
            double(1)
        with durable.SetWorkflowID("w-2"):
            assert program() == 2
        assert history("w-2")[-1] == (2, "durable.get_result")


class TestStatus:
    """Read by the ORM, from a coroutine on a thread that no request ends."""

    @pytest.fixture(autouse=True)
    def one_thread(self, engine_database):
        vars(engine())["threads"] = ThreadPoolExecutor(1)  # stopped with the engine

    @staticmethod
    async def _there(function):
        threads = engine().threads
        return await asyncio.get_running_loop().run_in_executor(threads, function)

    @on_postgresql
    async def test_after_a_lost_connection(self, engine_database, monkeypatch):
        monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
        handle = await durable.start_workflow_async(double, 2)
        assert (await handle.get_status()).status == "ENQUEUED"

        def lose():
            connections["default"].connection.close()

        await self._there(lose)
        with pytest.raises(OperationalError, match="the connection is closed"):
            await handle.get_status()
        assert (await handle.get_status()).status == "ENQUEUED"

    async def test_connection_is_given_back(self, engine_database):
        handle = await durable.start_workflow_async(double, 2)
        await handle.get_status()
        assert await self._there(lambda: connections["default"].connection) is None


class TestResult:
    async def test_by_id_without_a_handle(self, engine_database, worker):
        @durable.workflow
        async def program():
            return await durable.get_result_async("w-1")

        handle = await durable.start_workflow_async(double, 2)
        assert await durable.get_result_async(handle.workflow_id) == 4
        with durable.SetWorkflowID("w-1"):
            await durable.start_workflow_async(double, 3)
        with durable.SetWorkflowID("w-2"):
            assert await program() == 6
        found = await asyncio.to_thread(history, "w-2")
        assert found == [(1, "durable.get_result")]
        assert await asyncio.to_thread(durable.get_result, "w-1") == 6
        with pytest.raises(durable.NonExistentWorkflow):
            await durable.get_result_async("nobody")

    def test_error_is_rebuilt_as_its_class(self, worker):
        handle = durable.start_workflow(double, -1)
        with pytest.raises(RefusedErrorError) as caught:
            handle.get_result()
        assert caught.value.args == ("negative", -1)

    def test_error_of_a_class_that_is_not_imported(self, worker):
        @durable.workflow
        def program():
            raise type("Elsewhere", (Exception,), {"__module__": "no.such"})("lost")

        handle = durable.start_workflow(program)
        with pytest.raises(durable.WorkflowFailed) as caught:
            handle.get_result()
        error = caught.value
        assert (error.workflow_id, error.type_name, error.error_message) == (
            handle.workflow_id,
            "no.such.Elsewhere",
            "lost",
        )
        assert "program" in error.traceback_text

    def test_cancelled(self, worker):
        handle = durable.start_workflow(for_ever)
        durable.cancel_workflow(handle.workflow_id)
        with pytest.raises(durable.AwaitedWorkflowCancelled) as caught:
            handle.get_result()
        workflow_id = handle.workflow_id
        assert str(caught.value) == (
            f"Workflow {workflow_id!r} was cancelled and has no result. "
            f"resume_workflow({workflow_id!r}) continues it after its last completed "
            "step."
        )

    def test_cancelled_one_that_takes_time_to_stop(self, worker, monkeypatch):
        for name in ("POLL_SECONDS", "UNHINTED_POLL_SECONDS"):
            monkeypatch.setattr(waiting, name, 3600.0)
        may_stop = threading.Event()

        @durable.workflow
        def program():
            try:
                durable.recv(timeout_seconds=None)
            finally:
                happened(may_stop)

        handle = durable.start_workflow(program)
        durable.cancel_workflow(handle.workflow_id)
        threading.Timer(0.05, may_stop.set).start()
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()

    def test_waits_until_it_ends(self, worker):
        handle = durable.start_workflow(for_ever)
        threading.Timer(0.05, durable.send, (handle.workflow_id, "now")).start()
        assert handle.get_result() == "now"

    def test_many_may_wait(self, worker):
        handle = durable.start_workflow(for_ever)
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(handle.get_result()))
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        durable.send(handle.workflow_id, "all")
        for thread in threads:
            thread.join(30)
        assert results == ["all"] * 5

    async def test_refused_on_a_running_event_loop(self, engine_database):
        handle = await asyncio.to_thread(durable.start_workflow, double, 1)
        for name in ("get_result", "get_status"):
            with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
                getattr(handle, name)()
            assert str(caught.value) == (
                f"WorkflowHandle.{name}() was called while an event loop is running; "
                f"use await WorkflowHandleAsync.{name}()"
            )


class TestInAWorkflow:
    def test_each_call_takes_one_position_and_is_recorded(self, worker):
        @durable.workflow
        def program():
            handle = durable.start_workflow(double, 2)
            result = handle.get_result()
            seen = handle.get_status()
            return result, seen.status, seen.output

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert handle.get_result() == (4, "SUCCESS", 4)
        assert history("w-1") == [
            (1, "double"),
            (2, "durable.get_result"),
            (3, "durable.get_status"),
        ]

    def test_result_and_status_are_what_was_recorded(self, worker):
        @durable.workflow
        def program():
            handle = durable.retrieve_workflow("other")
            before = handle.get_status().status
            durable.set_event("status is recorded", True)
            return before, durable.recv(), handle.get_status().status

        with durable.SetWorkflowID("other"):
            other = durable.start_workflow(for_ever)
        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert durable.get_event("w-1", "status is recorded")
        durable.cancel_workflow("w-1")
        durable.send("other", "end")
        other.get_result()
        durable.send("w-1", "go on")
        durable.resume_workflow("w-1")
        assert handle.get_result() == ("PENDING", "go on", "SUCCESS")

    def test_error_of_the_awaited_is_recorded(self, worker):
        @durable.workflow
        def program():
            try:
                durable.start_workflow(double, -1).get_result()
            except RefusedErrorError as error:
                return error.args

        with durable.SetWorkflowID("w-1"):
            handle = durable.start_workflow(program)
        assert handle.get_result() == ("negative", -1)
        step = durable.list_workflow_steps("w-1")[1]
        assert (step.name, step.status) == ("durable.get_result", "ERROR")
        assert isinstance(step.error, RefusedErrorError)

    async def test_coroutine_awaits_many_at_once(self, worker):
        @durable.workflow
        async def child(value):
            return value * 2

        @durable.workflow
        async def program():
            handles = [
                await durable.start_workflow_async(child, number) for number in range(5)
            ]
            return await asyncio.gather(*(handle.get_result() for handle in handles))

        with durable.SetWorkflowID("w-1"):
            handle = await durable.start_workflow_async(program)
        assert await handle.get_result() == [0, 2, 4, 6, 8]
        assert (await asyncio.to_thread(outputs, "w-1"))[5:] == [0, 2, 4, 6, 8]
