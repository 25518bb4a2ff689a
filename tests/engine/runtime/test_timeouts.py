"""Time-outs count from the start and cancel; children share the deadline."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

import durable_engine as durable
from durable_engine.models import Workflow
from tests.engine.histories import status

queue = durable.Queue("tests-timeouts")


@durable.workflow(name="tests.timeouts.for_ever")
def for_ever():
    durable.recv("never", timeout_seconds=None)


@durable.workflow(name="tests.timeouts.deadline")
def deadline():
    return durable.get_workflow_status(durable.workflow_id).deadline


@durable.workflow(name="tests.timeouts.parent")
def parent():
    mine = deadline_of(durable.workflow_id)
    handle = durable.start_workflow(deadline)
    with durable.SetWorkflowTimeout(None):
        without = durable.start_workflow(deadline)
    with durable.SetWorkflowTimeout(1000):
        other = durable.start_workflow(deadline)
    return mine, *(one.get_result() for one in (handle, without, other))


def deadline_of(workflow_id):
    return durable.get_workflow_status(workflow_id).deadline


def hundred_seconds(span):
    """Whether it is that, but for the time that the row took to the database."""
    return abs(span - timedelta(seconds=100)) < timedelta(seconds=5)


class TestExpiry:
    def test_cancels_a_direct_call(self, engine_database):
        with (
            durable.SetWorkflowID("w-1"),
            durable.SetWorkflowTimeout(0.1),
            pytest.raises(durable.AwaitedWorkflowCancelled),
        ):
            for_ever()
        assert status("w-1") == "CANCELLED"

    def test_cancels_a_started_one(self, worker):
        with durable.SetWorkflowTimeout(0.1):
            handle = durable.start_workflow(for_ever)
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()

    def test_of_one_started_in_a_block_counts_from_its_claim(self, worker):
        with transaction.atomic(), durable.SetWorkflowTimeout(100):
            handle = durable.start_workflow(deadline)
            assert deadline_of(handle.workflow_id) is None
        assert handle.get_result() is not None

    async def test_cancels_a_coroutine(self, worker):
        caught = []

        @durable.workflow
        async def program():
            try:
                await durable.sleep_async(1000)
            except BaseException as error:
                caught.append(type(error))
                raise

        with durable.SetWorkflowTimeout(0.1):
            handle = await durable.start_workflow_async(program)
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            await handle.get_result()
        assert caught == [durable.WorkflowCancelled]

    def test_reaches_the_children(self, worker):
        @durable.workflow
        def program():
            child = durable.start_workflow(for_ever)
            durable.send("outside", child.workflow_id)
            child.get_result()

        @durable.workflow
        def outside():
            return durable.recv(timeout_seconds=None)

        with durable.SetWorkflowID("outside"):
            told = durable.start_workflow(outside)
        with durable.SetWorkflowTimeout(1000):
            handle = durable.start_workflow(program)
        child = durable.retrieve_workflow(told.get_result())
        with_a_limit = Workflow.objects.filter(deadline__isnull=False)
        assert with_a_limit.update(deadline=timezone.now()) == 2  # it, and its child
        for one in (handle, child):
            with pytest.raises(durable.AwaitedWorkflowCancelled):
                one.get_result()


class TestDeadline:
    def test_counts_from_the_start(self, engine_database):
        with durable.SetWorkflowID("w-1"), durable.SetWorkflowTimeout(100):
            assert deadline() == deadline_of("w-1")
        found = durable.get_workflow_status("w-1")
        assert hundred_seconds(found.deadline - found.started_at)

    def test_of_an_enqueued_one_counts_from_its_claim(self, engine_database):
        with durable.SetWorkflowTimeout(100):
            handle = queue.enqueue(deadline)
        assert handle.get_status().deadline is None
        durable.launch()
        assert handle.get_result() is not None
        found = handle.get_status()
        assert hundred_seconds(found.deadline - found.started_at)

    def test_children_take_over_their_parents(self, worker):
        with durable.SetWorkflowTimeout(100):
            handle = durable.start_workflow(parent)
        mine, child, without, other = handle.get_result()
        assert mine is not None
        assert child == mine
        assert without is None
        assert other - mine > timedelta(seconds=800)

    def test_none_without_a_time_out(self, engine_database):
        assert deadline() is None

    @pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), True])
    def test_must_be_a_time(self, seconds):
        message = f"a time-out must be above 0 seconds or None, not {seconds!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.SetWorkflowTimeout(seconds)
