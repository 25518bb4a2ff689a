"""A process with a worker of its own that ends while its workflows run."""

from tests.support.project import Project

WORKFLOWS = """
    import asyncio
    import threading
    from concurrent.futures import thread
    import durable_engine as durable

    begun, ends = threading.Event(), threading.Event()

    @durable.step
    async def asks_a_thread():
        begun.set()
        while ends.is_set() and not thread._shutdown:
            await asyncio.sleep(0)
        return await asyncio.to_thread(lambda: "answered")

    @durable.workflow
    async def program():
        return await asks_a_thread()
"""
ENDS = """
    import time
    from concurrent.futures import ThreadPoolExecutor
    import durable_engine as durable
    from shop.workflows import begun, ends, program

    ends.set()
    durable.launch()
    with durable.SetWorkflowID("asks"):
        durable.start_workflow(program)
    begun.wait(30)
    ThreadPoolExecutor(1).submit(time.sleep, 2)  # for which the interpreter waits
"""
GOES_ON = """
    import durable_engine as durable
    from shop.workflows import program

    found = durable.get_workflow_status("asks")
    durable.launch()
    print(found.status, found.executor_id, durable.get_result("asks"))
"""


def test_nothing_fails_because_the_executors_of_the_process_have_ended(
    project: Project,
) -> None:
    """They take no more work as soon as the interpreter begins to end."""
    project.workflows(WORKFLOWS)
    project.run(ENDS)
    assert project.run(GOES_ON) == "PENDING None answered\n"
