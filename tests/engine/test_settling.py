"""What a body told of is in the database before somebody acts on its workflow."""

import threading

import pytest

import durable_engine as durable

signals = {"stepped": threading.Event(), "go": threading.Event()}
calls: list[str] = []


@durable.step
def first():
    calls.append("first")
    return 1


@durable.step
def second():
    calls.append("second")
    return 2


@durable.workflow
def telling():
    total = first()
    signals["stepped"].set()
    assert signals["go"].wait(20)
    return total + second()


@pytest.fixture
def told(worker):
    """The handle of a workflow whose first step ended a moment ago."""
    calls.clear()
    for signal in signals.values():
        signal.clear()
    handle = durable.start_workflow(telling)
    assert signals["stepped"].wait(20)
    yield handle
    signals["go"].set()


def test_a_cancelled_workflow_keeps_its_step(told):
    durable.cancel_workflow(told.workflow_id)
    signals["go"].set()
    with pytest.raises(durable.AwaitedWorkflowCancelled):
        told.get_result()
    assert calls == ["first"]
    assert durable.resume_workflow(told.workflow_id).get_result() == 3
    assert calls == ["first", "second"]


def test_a_fork_copies_its_step(told):
    signals["go"].set()
    assert durable.fork_workflow(told.workflow_id, 2).get_result() == 3
    assert told.get_result() == 3
    assert sorted(calls) == ["first", "second", "second"]


def test_its_step_is_listed(told):
    (step,) = durable.list_workflow_steps(told.workflow_id)
    assert (step.position, step.output) == (1, 1)


async def test_from_a_coroutine(told):
    (step,) = await durable.list_workflow_steps_async(told.workflow_id)
    await durable.cancel_workflow_async(told.workflow_id)
    signals["go"].set()
    resumed = await durable.resume_workflow_async(told.workflow_id)
    assert (step.output, await resumed.get_result()) == (1, 3)
    assert calls == ["first", "second"]
