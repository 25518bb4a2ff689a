"""A process that forks while its worker works: neither harms the other."""

import json
import os
import traceback

import pytest

import durable_engine as durable
from tests.engine.histories import outputs
from tests.support.project import Project

WORKFLOWS = """
    import os
    import threading
    import durable_engine as durable

    begun, go = threading.Event(), threading.Event()
    mail = durable.Queue("mail")

    @durable.workflow
    def goes_on():
        begun.set()
        assert go.wait(30)
        return "went on"

    @durable.workflow
    def where():
        return os.getpid()
"""
SCRIPT = """
    import faulthandler
    import json
    import os
    import sys
    import threading
    import durable_engine as durable
    from django.db import connection, connections
    from durable_engine import ids
    from durable_engine.runtime import membership
    from durable_engine.runtime.engine import engine
    from durable_engine.worker import embedded
    from shop.workflows import begun, go, goes_on, mail, where

    def of_the_claimer():
        "The server's process behind the claimer's connection."
        if connection.vendor == "sqlite":
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'durable_engine claim'"
            )
            found = cursor.fetchall()
        connections.close_all()
        return found

    def in_child():
        faulthandler.dump_traceback_later(30, exit=True)  # instead of hanging
        seen = [embedded.is_running(), durable.start_workflow(where).get_result()]
        durable.launch(threads=1, coroutines=1)
        executors = {one.executor_id for one in durable.list_executors()}
        print(json.dumps([*seen, durable.executor_id in executors, len(executors)]))
        sys.exit()  # as programs end: with what is registered for it

    def hold_locks():
        "What any other thread may hold at the moment of the fork."
        with ids._lock, membership._joining, engine().store.turn():
            held.set()
            go.wait(30)

    durable.launch()
    handle = durable.start_workflow(goes_on)
    begun.wait(30)
    before = of_the_claimer()
    held = threading.Event()
    threading.Thread(target=hold_locks).start()
    held.wait(30)
    child = os.fork()
    if child == 0:
        in_child()
    go.set()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    result, pid = handle.get_result(), mail.enqueue(where).get_result()
    kept = of_the_claimer() == before
    print(json.dumps([os.getpid(), code, result, pid, kept]))
"""


@durable.step
def number() -> int:
    return os.getpid()


@durable.workflow
def forks_in_its_body() -> int:
    durable.set_event("who", "parent")
    child = os.fork()
    if child == 0:
        as_a_child()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return number()


def as_a_child() -> None:
    """Call what takes a position in a workflow, and what only a workflow may."""
    status = 1
    try:
        assert durable.workflow_id is None
        assert number() == os.getpid()
        with pytest.raises(durable.DurableError, match="outside any workflow"):
            durable.set_event("who", "child")
        status = 0
    except BaseException:  # noqa: BLE001 - what called the parent must not go on
        traceback.print_exc()
    finally:
        os._exit(status)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_child_of_a_body_records_nothing_for_its_parent(engine_database: str) -> None:
    with durable.SetWorkflowID("forks"):
        assert forks_in_its_body() == os.getpid()
    assert outputs("forks") == [None, os.getpid()]
    assert durable.get_all_events("forks") == {"who": "parent"}


def test_child_has_no_worker_and_ends_nothing_of_its_parents(project: Project) -> None:
    project.workflows(WORKFLOWS)
    of_child, of_parent = map(json.loads, project.run(SCRIPT).splitlines())
    pid = of_parent[0]
    assert of_child == [False, pid, True, 2]
    assert of_parent == [pid, 0, "went on", pid, True]
