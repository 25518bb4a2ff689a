"""Two steps with a pause between them."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import durable_engine as DBOS
    from shop.ledger import log

    @DBOS.step()
    def step_one():
        log("Step one completed!")

    @DBOS.step()
    def step_two():
        log("Step two completed!")

    @DBOS.workflow()
    def dbos_workflow():
        step_one()
        for _ in range(5):
            print("Press Control + C to stop the app...")
            DBOS.sleep(0.2)
        step_two()
        return "hello"
"""
BOTH = ["Step one completed!", "Step two completed!"]


@pytest.fixture(autouse=True)
def program(project: Project, ledger):
    project.workflows(PROGRAM)


def test_in_one_process(project, ledger):
    printed = project.run(
        """
        import durable_engine as DBOS
        from shop.workflows import dbos_workflow
        DBOS.launch()
        print(dbos_workflow())
        DBOS.destroy()
        """
    )
    assert printed.splitlines()[-1] == "hello"
    assert ledger.lines() == BOTH


def test_without_any_worker(project, ledger):
    project.run("from shop.workflows import dbos_workflow; dbos_workflow()")
    assert ledger.lines() == BOTH


def test_through_a_worker_that_is_killed(project, ledger):
    project.run(
        """
        import durable_engine as DBOS
        from durable_engine import SetWorkflowID
        from shop.workflows import dbos_workflow
        with SetWorkflowID("hello-1"):
            DBOS.start_workflow(dbos_workflow)
        """
    )
    with project.worker() as first:
        first.wait_for("Step one completed!")
        first.wait_for("Press Control + C")
        first.wait_for("Press Control + C")  # so the first sleep is over
        first.kill()
    assert ledger.lines() == BOTH[:1]
    with project.worker():
        printed = project.run(
            """
            import durable_engine as DBOS
            handle = DBOS.retrieve_workflow("hello-1")
            print(handle.get_result(), handle.get_status().recovery_attempts)
            print([step.name.split(".")[-1] for step in DBOS.list_workflow_steps("hello-1")])
            """
        )
    names = ["step_one", *["sleep"] * 5, "step_two"]
    assert printed == f"hello 2\n{names}\n"
    assert ledger.lines() == BOTH


def test_killed_in_the_process_that_called_it(project, ledger):
    call = """
        import durable_engine as DBOS
        from durable_engine import SetWorkflowID
        from shop.workflows import dbos_workflow
        with SetWorkflowID("hello-1"):
            print(dbos_workflow())
    """
    with project.start(call) as caller:
        caller.wait_for("Press Control + C")
        caller.wait_for("Press Control + C")
        caller.kill()
    with project.worker():
        assert project.run(call).splitlines()[-1] == "hello"
    assert ledger.lines() == BOTH
