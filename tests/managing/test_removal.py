"""Deleted workflows leave nothing behind, and a running one records nothing more."""

import threading

import pytest

import durable_engine as durable
from durable_engine import models
from tests.engine.histories import history
from tests.support.project import Project

PARTS = (
    models.Step,
    models.Event,
    models.EventHistory,
    models.Message,
    models.StreamEntry,
    models.TransactionCheckpoint,
)


def rows_left(workflow_id):
    return {
        model.__name__: model.objects.filter(workflow_id=workflow_id).count()
        for model in PARTS
    }


def test_everything_goes_with_it_and_nothing_else(engine_database):
    @durable.transaction
    def write():
        return 1

    @durable.workflow
    def program():
        durable.set_event("key", 1)
        durable.write_stream("key", 1)
        write()

    for workflow_id in ("gone", "kept"):
        with durable.SetWorkflowID(workflow_id):
            program()
        durable.send(workflow_id, "unread")
    kept = rows_left("kept")
    assert durable.delete_workflow("gone") is None
    assert durable.get_workflow_status("gone") is None
    assert set(rows_left("gone").values()) == {0}
    assert rows_left("kept") == kept
    with pytest.raises(durable.NonExistentWorkflow):
        durable.list_workflow_steps("gone")


def test_unknown(engine_database):
    with pytest.raises(durable.NonExistentWorkflow):
        durable.delete_workflow("nobody")


def test_bulk_says_which(engine_database):
    @durable.workflow
    def program():
        pass

    for workflow_id in ("a", "b"):
        with durable.SetWorkflowID(workflow_id):
            program()
    result = durable.delete_workflows(["a", "nobody", "b", "a"])
    assert sorted(result.changed) == ["a", "b"]
    assert result.unchanged == {"nobody": "there is no such workflow"}


def test_children_go_when_asked(engine_database):
    @durable.workflow
    def leaf():
        pass

    @durable.workflow
    def branch():
        leaf()

    @durable.workflow
    def root():
        branch()

    for workflow_id in ("x", "y"):
        with durable.SetWorkflowID(workflow_id):
            root()
    durable.delete_workflow("x")
    assert durable.get_workflow_status("x-1-1").status == "SUCCESS"
    durable.delete_workflow("y", delete_children=True)
    assert durable.list_workflows(workflow_id_prefix="y") == []


def test_running_one_stops_and_its_id_is_free(worker):
    entered, leave = threading.Event(), threading.Event()
    after = []

    @durable.step
    def wait():
        entered.set()
        leave.wait(20)

    @durable.step
    def late():
        after.append(1)

    @durable.workflow
    def program():
        wait()
        late()

    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(program)
    entered.wait(20)
    durable.delete_workflow("w")
    leave.set()
    with pytest.raises(durable.NonExistentWorkflow):
        handle.get_result()
    assert rows_left("w")["Step"] == 0
    assert after == []


def test_running_in_another_process_is_fenced(project: Project):
    project.workflows("""
        import durable_engine as durable

        @durable.step
        def wait(round):
            print(f"round {round}", flush=True)
            import threading
            threading.Event().wait(0.05)

        @durable.workflow
        def program():
            for round in range(100_000):
                wait(round)
    """)
    with project.worker() as worker:
        project.run("""
            import durable_engine as durable
            from shop.workflows import program
            with durable.SetWorkflowID("w"):
                durable.start_workflow(program)
        """)
        worker.wait_for("round 3")
        out = project.run("""
            import durable_engine as durable
            from durable_engine.models import Step
            durable.delete_workflow("w")
            print(Step.objects.count(), durable.get_workflow_status("w"))
        """)
        assert out == "0 None\n"
        out = project.run("""
            import durable_engine as durable
            from shop.workflows import program
            from durable_engine.models import Step
            @durable.workflow(guard="off")
            def other():
                return Step.objects.count()
            print(other())
        """)
        assert out == "0\n"


class TestAttributes:
    def test_replaced_and_removed(self, engine_database):
        @durable.workflow
        def program():
            pass

        with durable.SetWorkflowID("w"), durable.SetWorkflowAttributes({"a": 1}):
            program()
        durable.update_workflow_attributes("w", {"b": {"c": [1, "two"]}})
        (found,) = durable.list_workflows(attributes={"b": {"c": ["two"]}})
        assert found.attributes == {"b": {"c": [1, "two"]}}
        assert durable.list_workflows(attributes={"a": 1}) == []
        durable.update_workflow_attributes("w", None)
        assert durable.get_workflow_status("w").attributes is None

    def test_unknown_and_not_json(self, engine_database):
        with pytest.raises(durable.NonExistentWorkflow):
            durable.update_workflow_attributes("nobody", {})
        with pytest.raises(ValueError, match="must be a dict or None"):
            durable.update_workflow_attributes("w", [1])
        with pytest.raises(ValueError, match="attributes must be JSON"):
            durable.update_workflow_attributes("w", {"a": object()})


def test_in_a_workflow_each_takes_one_position(engine_database):
    @durable.workflow
    def program():
        pass

    for workflow_id in ("a", "b"):
        with durable.SetWorkflowID(workflow_id):
            program()

    @durable.workflow
    def manager():
        durable.update_workflow_attributes("a", {"by": "manager"})
        durable.delete_workflow("a")
        return durable.delete_workflows(["a", "b"]).changed

    with durable.SetWorkflowID("m"):
        assert manager() == ["b"]
    assert history("m") == [
        (1, "durable.update_workflow_attributes"),
        (2, "durable.delete_workflow"),
        (3, "durable.delete_workflow"),
    ]


async def test_twins(engine_database):
    @durable.workflow
    async def program():
        pass

    for workflow_id in ("a", "b"):
        with durable.SetWorkflowID(workflow_id):
            await program()
    await durable.update_workflow_attributes_async("a", {"x": 1})
    await durable.delete_workflow_async("a")
    assert (await durable.delete_workflows_async(["a", "b"])).changed == ["b"]


@pytest.mark.parametrize(
    "act",
    [durable.cancel_workflows, durable.resume_workflows, durable.delete_workflows],
    ids=lambda act: act.__name__,
)
def test_one_id_is_not_several(act):
    message = "workflow_ids must be several ids, not one text: 'order-1'"
    with pytest.raises(TypeError, match=f"^{message}$"):
        act("order-1")
