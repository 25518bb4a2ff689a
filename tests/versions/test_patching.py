"""Old workflows keep the old code, new ones take the new; one mark tells them apart."""

import pytest

import durable_engine as durable
from tests.engine.histories import history
from tests.support.project import Project

STEPS = """
    import durable_engine as durable

    @durable.step
    def one():
        return "one"

    @durable.step
    def two():
        return "two"

    @durable.step
    def other():
        return "other"
"""
OLD = """
    @durable.workflow
    def program():
        found = [one(), two()]
        durable.recv("go", timeout_seconds=60)
        return found
"""
PATCHED = """
    @durable.workflow
    def program():
        found = [one(), other() if durable.patch("other") else two()]
        durable.recv("go", timeout_seconds=60)
        return found
"""
DEPRECATED = """
    @durable.workflow
    def program():
        durable.deprecate_patch("other")
        found = [one(), other()]
        durable.recv("go", timeout_seconds=60)
        return found
"""
DEPRECATED = DEPRECATED.replace(
    """        durable.deprecate_patch("other")
        found = [one(), other()]
""",
    """        found = [one()]
        durable.deprecate_patch("other")
        found.append(other())
""",
)


def run_until_it_waits(project, code, workflow_id):
    project.workflows(STEPS + code)
    with project.worker() as worker:
        project.run(f"""
            import durable_engine as durable
            from shop.workflows import program
            with durable.SetWorkflowID({workflow_id!r}):
                durable.start_workflow(program)
            import threading
            while not any(
                step.name == "durable.recv"
                for step in durable.list_workflow_steps({workflow_id!r})
            ):
                threading.Event().wait(0.02)
        """)
        worker.kill()


def finish(project, code, workflow_id):
    project.workflows(STEPS + code)
    with project.worker():
        return project.run(f"""
            import durable_engine as durable
            durable.send({workflow_id!r}, "go", "go")
            print(durable.retrieve_workflow({workflow_id!r}).get_result())
            print([step.name.rpartition(".")[2]
                   for step in durable.list_workflow_steps({workflow_id!r})])
        """)


@pytest.fixture
def site(project: Project):
    """A project that says itself which code is compatible."""
    project.configure(
        DURABLE_ENGINE={
            "DATABASE": "default",
            "APP_VERSION": "one",
            "LEASE_SECONDS": 4,
            "HEARTBEAT_SECONDS": 1,
        }
    )
    return project


def test_old_workflow_takes_the_old_branch(site):
    run_until_it_waits(site, OLD, "old")
    assert finish(site, PATCHED, "old") == "['one', 'two']\n['one', 'two', 'recv']\n"


def test_patched_workflow_replays_and_outlives_the_condition(site):
    run_until_it_waits(site, PATCHED, "new")
    expected = "['one', 'other']\n['one', 'patch-other', 'other', 'recv']\n"
    assert finish(site, DEPRECATED, "new") == expected
    run_until_it_waits(site, PATCHED, "again")
    assert finish(site, PATCHED, "again") == expected


def test_workflow_without_the_mark_passes_deprecate_patch(engine_database):
    @durable.workflow
    def program():
        return durable.deprecate_patch("gone")

    with durable.SetWorkflowID("w"):
        assert program() is True
    assert history("w") == []


def test_position_is_taken_when_true(engine_database):
    @durable.workflow
    def program():
        return durable.patch("a"), durable.patch("b")

    with durable.SetWorkflowID("w"):
        assert program() == (True, True)
    assert history("w") == [(1, "durable.patch-a"), (2, "durable.patch-b")]


def test_resumed_at_its_end_takes_the_new_branch(worker):
    """What was not reached yet is new, whatever was recorded before."""
    changed = []

    @durable.step
    def one():
        pass

    @durable.workflow
    def program():
        one()
        if not changed:
            changed.append(1)
            raise ValueError("old code ends here")
        return durable.patch("later")

    with durable.SetWorkflowID("w"), pytest.raises(ValueError, match="old code"):
        program()
    assert durable.retry_workflow("w").get_result() is True


async def test_twins(engine_database):
    @durable.workflow
    async def program():
        first = await durable.patch_async("a")
        return first, await durable.deprecate_patch_async("b")

    with durable.SetWorkflowID("w"):
        assert await program() == (True, True)
    assert len(await durable.list_workflow_steps_async("w")) == 1


def test_outside_a_workflow(engine_database):
    with pytest.raises(durable.OutsideWorkflow, match="patch"):
        durable.patch("a")
    with pytest.raises(durable.OutsideWorkflow, match="deprecate_patch"):
        durable.deprecate_patch("a")
