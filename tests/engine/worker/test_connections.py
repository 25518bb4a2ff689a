"""Django's connections in the threads of a worker: none stays broken."""

import threading

import psycopg
from django.db import connection, connections

import durable_engine as durable
from durable_engine.runtime.engine import engine
from tests.faults.harness.fleet import until
from tests.support.databases import on_postgresql
from tests.support.shop.models import Note


@durable.step
def count() -> int:
    return Note.objects.count()


@durable.workflow
def counting() -> int:
    return count()


@durable.step
async def count_async() -> int:
    return await Note.objects.acount()


@durable.workflow
async def counting_async() -> int:
    return await count_async()


def end_connections_of_users(url: str) -> int:
    """Have the server end every connection that is not the engine's own."""
    with psycopg.connect(url, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name NOT LIKE 'durable_engine%'"
        ).fetchall()
    return len(ended)


@on_postgresql
def test_steps_on_threads_get_a_new_connection(worker, engine_database):
    assert durable.start_workflow(counting).get_result() == 0
    # Without CONN_MAX_AGE a thread gives its connection back after the workflow.
    assert end_connections_of_users(engine_database) <= 1
    assert durable.start_workflow(counting).get_result() == 0


@on_postgresql
def test_coroutine_steps_get_a_new_connection(worker, engine_database):
    assert durable.start_workflow(counting_async).get_result() == 0
    assert end_connections_of_users(engine_database) >= 1
    engine().recycled_at = 0.0  # as it is a second later
    assert durable.start_workflow(counting_async).get_result() == 0


def test_a_thread_that_waits_keeps_no_connection(worker):
    kept = []

    @durable.step
    def use():
        kept.append(connections[connection.alias])
        return (Note.objects.count(), kept[-1].connection is not None)

    @durable.workflow
    def waits():
        used = [use()]
        durable.recv("go", timeout_seconds=60)
        used.append(use())
        return used

    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(waits)
    until(lambda: engine().runs["w"].waiting, "it waits")
    assert kept[0].connection is None
    durable.send("w", None, "go")
    assert handle.get_result() == [(0, True), (0, True)]


def test_who_calls_directly_keeps_the_own_connection(engine_database):
    @durable.workflow
    def waits():
        return durable.recv("go", timeout_seconds=60)

    def tell():
        until(lambda: "w" in engine().runs and engine().runs["w"].waiting, "it waits")
        durable.send("w", "told", "go")

    assert Note.objects.count() == 0
    own = connection.connection
    teller = threading.Thread(target=tell)
    teller.start()
    with durable.SetWorkflowID("w"):
        assert waits() == "told"
    teller.join()
    assert own is connection.connection is not None
