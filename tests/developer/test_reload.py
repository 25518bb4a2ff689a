"""The code changes while workflows are on their way."""

import re

import pytest

from tests.support.databases import on_sqlite
from tests.support.programs import Program
from tests.support.project import Project

SOURCE = """
    import durable_engine as durable
    from shop.models import Note

    @durable.step
    def write(text):
        Note.objects.create(text=text)

    @durable.workflow
    def program():
        write("before")
        durable.set_event("waits", True)
        said = durable.recv(timeout_seconds=None)
        return f"old code, {said}"
"""
pytestmark = pytest.mark.timeout(240)  # restarts of processes, seen once a second

SERVES = "Quit the server"  # the last line that every server writes at its start
EDITED = SOURCE.replace(
    'return f"old code, {said}"', 'write("after")\n        return f"new code, {said}"'
)
BROKEN = SOURCE + "\n    this is no Python\n"

START = """
    import durable_engine as durable
    from shop.workflows import program

    with durable.SetWorkflowID({id!r}):
        durable.start_workflow(program)
    assert durable.get_event({id!r}, "waits")
"""
FINISH = """
    import durable_engine as durable
    from shop.models import Note

    durable.send({id!r}, "hello")
    print(durable.retrieve_workflow({id!r}).get_result())
    print(*Note.objects.order_by("pk").values_list("text", flat=True))
"""


@pytest.fixture
def developed(project: Project) -> Project:
    """A project in development, with a workflow."""
    project.workflows(SOURCE)
    project.configure(DEBUG=True)
    return project


@on_sqlite
def test_worker_starts_again_and_goes_on(developed: Project) -> None:
    with developed.worker("--reload") as worker:
        developed.run(START.format(id="w-1"))
        developed.workflows(EDITED)
        worker.wait_for("the code changed, the worker starts again")
        worker.wait_for("worker ready")
        assert developed.run(FINISH.format(id="w-1")).splitlines() == [
            "new code, hello",
            "before after",
        ]
        developed.workflows(BROKEN)
        said = worker.wait_for("it is started again when the code changes")
        assert re.fullmatch(r"worker process \d+ ended with status 1, it is .*", said)
        developed.workflows(SOURCE)
        worker.wait_for("worker ready")
        worker.kill()  # the supervisor; its worker must not stay behind
        worker.wait_for("worker stopped")


@pytest.mark.parametrize(
    ("database_url", "console"),
    [("sqlite", False), ("postgresql", True)],
    ids=["Django's runserver", "Daphne's runserver"],
    indirect=["database_url"],
)
def test_server_starts_again_and_goes_on(developed: Project, console: bool) -> None:
    developed.configure(DURABLE_ENGINE={"EMBEDDED_WORKER": True})
    if console:
        developed.use_console()
    with developed.start_command("runserver", "127.0.0.1:0") as server:
        server.wait_for(SERVES)
        _goes_on(developed, server)


def _goes_on(project: Project, server: Program) -> None:
    project.run(START.format(id="w-1"))  # by the embedded worker: there is no other
    project.workflows(EDITED)
    server.wait_for("shop/workflows.py changed, reloading")
    server.wait_for(SERVES)
    assert project.run(FINISH.format(id="w-1")).splitlines() == [
        "new code, hello",
        "before after",
    ]
