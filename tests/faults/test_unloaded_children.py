"""A worker that stops tells a called child first, and its parent a moment later."""

import threading

import durable_engine as durable
from durable_engine.errors import WorkflowUnloaded
from durable_engine.runtime.engine import engine, reset
from tests.faults.harness.fleet import until

PATIENCE_SECONDS = 20.0
entered, go = threading.Event(), threading.Event()


@durable.step(name="tests.unloaded_step")
def step(value):
    return value


@durable.workflow(name="tests.unloaded_child")
def child():
    entered.set()
    go.wait(PATIENCE_SECONDS)
    return step("child")


@durable.workflow(name="tests.unloaded_parent")
def parent():
    return [child(), step("parent")]


def test_unloaded_child_ends_nothing(engine_database):
    durable.launch(threads=2, coroutines=2)
    with durable.SetWorkflowID("p"):
        handle = durable.start_workflow(parent)
    entered.wait(PATIENCE_SECONDS)
    run = engine().runs["p-1"]
    run.halt(WorkflowUnloaded(run.workflow_id))
    go.set()
    assert handle.get_result() == ["child", "parent"]
    until(lambda: not engine().runs, "both have ended")
    found = {one.id: one.status for one in durable.list_workflows()}
    assert found == {"p": "SUCCESS", "p-1": "SUCCESS"}
    durable.destroy(workflow_completion_timeout_sec=5)
    reset()
