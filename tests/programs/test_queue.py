"""Fan-out: enqueue many, gather the results in the workflow."""

import pytest

from tests.support.project import Project

PROGRAM = """
    import durable_engine as DBOS
    from durable_engine import Queue
    from shop.ledger import log

    queue = Queue("example_queue")

    @DBOS.step()
    def dbos_step(n: int):
        log(f"Step {n} completed!")
        return n * n

    @DBOS.workflow()
    def step_workflow(n: int):
        DBOS.sleep(0.05)
        return dbos_step(n)

    @DBOS.workflow()
    def dbos_workflow():
        print("Enqueueing steps...")
        handles = []
        for i in range(10):
            handle = queue.enqueue(dbos_step, i)
            handles.append(handle)
        results = [handle.get_result() for handle in handles]
        print(f"Successfully completed {len(results)} steps")
        return results

    @DBOS.workflow()
    def many(number: int):
        handles = queue.enqueue_many([(step_workflow, (i,)) for i in range(number)])
        return sum(handle.get_result() for handle in handles)
"""
SQUARES = [number * number for number in range(10)]


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
        """
    )
    assert printed.splitlines()[-2:] == [
        "Successfully completed 10 steps",
        str(SQUARES),
    ]
    assert sorted(ledger.lines()) == [f"Step {n} completed!" for n in range(10)]


def test_through_two_workers(project, ledger):
    with project.worker(), project.worker():
        printed = project.run(
            """
            import durable_engine as DBOS
            from shop.workflows import dbos_workflow, many
            print(DBOS.start_workflow(dbos_workflow).get_result())
            print(DBOS.start_workflow(many, 50).get_result())
            """
        )
    assert printed == f"{SQUARES}\n{sum(n * n for n in range(50))}\n"


def test_worker_killed_in_the_middle(project, ledger):
    project.run(
        """
        import durable_engine as DBOS
        from shop.workflows import many
        with DBOS.SetWorkflowID("fan-out"):
            DBOS.start_workflow(many, 100)
        """
    )
    with project.worker("--threads", "4") as first:
        for _ in range(10):
            first.wait_for("completed!")
        first.kill()
    assert len(set(ledger.lines())) < 100
    recorded = project.run(
        """
        import durable_engine as DBOS
        ended = DBOS.list_workflows(
            parent_workflow_id="fan-out", status="SUCCESS", load_input=True, limit=1000
        )
        print(*(f"Step {one.input['args'][0]} completed!" for one in ended), sep="\\n")
        """
    )
    with project.worker():
        printed = project.run(
            """
            import durable_engine as DBOS
            print(DBOS.retrieve_workflow("fan-out").get_result())
            done = DBOS.list_workflows(parent_workflow_id="fan-out", limit=1000)
            print(len(done), {one.status for one in done})
            """
        )
    assert printed == f"{sum(n * n for n in range(100))}\n100 {{'SUCCESS'}}\n"
    assert not set(recorded.splitlines()) & set(ledger.repeated())
    assert len(set(ledger.lines())) == 100
