"""Inside `atomic()` on the engine's alias a managing call is part of the block."""

import sqlite3
from contextlib import suppress

import pytest
from django.db import transaction

import durable_engine as durable
from durable_engine.store.session import connection_of
from tests.engine.histories import status
from tests.support.databases import on_sqlite
from tests.support.shop.models import Order


@pytest.fixture
def queued(engine_database):
    """A workflow that nobody runs."""

    @durable.workflow(name="tests.queued")
    def queued():
        pass

    with durable.SetWorkflowID("w"):
        durable.enqueue_workflow("mail", queued)
    with durable.SetWorkflowID("later"), durable.SetEnqueueOptions(delay_seconds=60):
        durable.enqueue_workflow("mail", queued)
    return queued


CALLS = {
    "cancel": lambda: durable.cancel_workflow("w", cancel_children=True),
    "resume": lambda: durable.resume_workflow("w"),
    "delete": lambda: durable.delete_workflow("w"),
    "attributes": lambda: durable.update_workflow_attributes("w", {"a": 1}),
    "fork": lambda: durable.fork_workflow("w", 1),
    "schedule": lambda: durable.create_schedule(
        schedule_name="s", workflow_fn="tests.queued", schedule="* * * * *"
    ),
    "apply": lambda: durable.apply_schedules(
        [{"schedule_name": "s", "workflow_fn": "x", "schedule": "* * * * *"}]
    ),
    "pause": lambda: durable.pause_queue("mail"),
    "limits": lambda: durable.set_queue_limits("mail", concurrency=2),
    "delay": lambda: durable.set_workflow_delay("later", delay_seconds=900),
    "debounce": lambda: durable.Debouncer("tests.queued").debounce("key", 100),
}


def seen():
    workflows = durable.list_workflows(load_input=True)
    return [
        [(one.id, one.status, one.queue_name, one.attributes) for one in workflows],
        [one.name for one in durable.list_schedules()],
        durable.list_queues(),
        durable.get_workflow_status("later").delay_until,
        Order.objects.count(),
    ]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_comes_and_goes_with_the_block(queued, call):
    before = seen()

    def act(fails):
        with transaction.atomic():
            Order.objects.create(reference="A-1")
            call()
            assert seen() != before
            if fails:
                raise ValueError("rolled back")

    with pytest.raises(ValueError, match="rolled back"):
        act(fails=True)
    assert seen() == before
    act(fails=False)
    assert seen()[:-1] != before[:-1]


@on_sqlite
def test_deferred_block_waits_for_the_lock_before_it_reads(queued, database_url):
    """Another process commits before every statement of the block that it can."""
    connection = connection_of("default")
    connection.ensure_connection()
    connection.transaction_mode = None  # Django's default: BEGIN
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
    commits = []

    def interfere(statement):
        with suppress(sqlite3.OperationalError), other:
            other.execute("UPDATE durable_engine_workflow SET priority = priority")
            commits.append(statement)

    calls = {**CALLS, "retry": lambda: durable.retry_workflow("w")}
    connection.connection.set_trace_callback(interfere)
    try:
        for call in calls.values():
            with transaction.atomic():
                call()
                transaction.set_rollback(True)
    finally:
        connection.connection.set_trace_callback(None)
        other.close()
    assert len(commits) >= len(calls)


def test_waiters_hear_of_it_after_the_commit(worker):
    @durable.workflow
    def waiting():
        durable.recv("never", timeout_seconds=600)

    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(waiting)
    with transaction.atomic():
        durable.cancel_workflow("w")
    with pytest.raises(durable.AwaitedWorkflowCancelled):
        handle.get_result()


def test_rolled_back_cancellation_stops_nothing(worker):
    @durable.workflow
    def waiting():
        return durable.recv("go", timeout_seconds=600)

    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(waiting)

    def cancel_and_fail():
        with transaction.atomic():
            durable.cancel_workflow("w")
            raise ValueError("rolled back")

    with pytest.raises(ValueError, match="rolled back"):
        cancel_and_fail()
    assert status("w") == "PENDING"
    durable.send("w", "on", "go")
    assert handle.get_result() == "on"


def test_stream_entry_of_a_transaction_comes_with_it(engine_database):
    @durable.transaction
    def write(fails):
        durable.write_stream("s", "kept" if not fails else "lost")
        if fails:
            raise ValueError("rolled back")

    @durable.workflow
    def program():
        with pytest.raises(ValueError, match="rolled back"):
            write(fails=True)
        write(fails=False)

    with durable.SetWorkflowID("w"):
        program()
    assert list(durable.read_stream("w", "s")) == ["kept"]
