"""A sleep is recorded once; a restart sleeps only for what is left."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

import durable_engine as durable
from durable_engine.models import Step, Workflow
from tests.engine.histories import happened, history
from tests.faults.harness.fleet import until

A_DAY = timedelta(days=1)


def let_pass(span):
    """Have the only sleep there is end so much earlier, as if that time had passed."""
    step, row = Step.objects.get(), Workflow.objects.get()
    Step.objects.update(
        output=repr(float(step.output) - span.total_seconds()),
        completed_at=step.completed_at - span,
    )
    if row.wake_at is not None:
        Workflow.objects.update(wake_at=row.wake_at - span)


def test_ends_on_time(engine_database):
    @durable.workflow
    def program():
        durable.sleep(0.2)

    with durable.SetWorkflowID("w-1"):
        program()
    found = durable.get_workflow_status("w-1")
    assert found.completed_at - found.started_at >= timedelta(seconds=0.2)
    assert history("w-1") == [(1, "durable.sleep")]


def test_wake_up_time_is_recorded_once(engine_database):
    @durable.workflow
    def program():
        durable.sleep(A_DAY.total_seconds())

    durable.launch(threads=2)
    with durable.SetWorkflowID("w-1"):
        durable.start_workflow(program)
    [before] = until(lambda: durable.list_workflow_steps("w-1"), "it is asleep")
    durable.destroy()
    let_pass(A_DAY)
    durable.launch(threads=2)
    durable.retrieve_workflow("w-1").get_result()
    [after] = durable.list_workflow_steps("w-1")
    assert after == replace(
        before, output=after.output, completed_at=before.completed_at - A_DAY
    )
    assert after.output == pytest.approx(before.output - A_DAY.total_seconds())
    assert durable.get_workflow_status("w-1").completed_at >= after.completed_at


def test_waiting_one_that_is_cancelled_ends_at_once(worker):
    asleep = threading.Event()

    @durable.workflow
    def program():
        durable.set_event("asleep", True)
        asleep.set()
        durable.sleep(100_000)

    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program)
    happened(asleep)
    durable.cancel_workflow("w-1")
    with pytest.raises(durable.AwaitedWorkflowCancelled):
        handle.get_result()


async def test_twin(engine_database):
    @durable.workflow
    async def program():
        await durable.sleep_async(0.01)
        return "awake"

    assert await program() == "awake"


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), True])
def test_only_a_number_of_seconds(engine_database, seconds):
    @durable.workflow
    def program():
        durable.sleep(seconds)

    message = f"sleep needs 0 or more seconds, not {seconds!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        program()


def test_outside_a_workflow_and_in_a_step_it_is_refused(engine_database):
    @durable.step
    def inside():
        durable.sleep(1)

    @durable.workflow
    def program():
        inside()

    for call in (lambda: durable.sleep(1), program):
        with pytest.raises(durable.OutsideWorkflow) as caught:
            call()
        assert caught.value.operation == "sleep"


async def test_refused_on_a_running_event_loop(engine_database):
    with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
        durable.sleep(1)
    assert str(caught.value) == (
        "sleep() was called while an event loop is running; use await sleep_async()"
    )
