"""What happens at the commit: whose callbacks run, in which order, on which alias."""

import logging

import pytest
from django.db import connections, transaction

import durable_engine as durable
from durable_engine.runtime.engine import engine
from tests.engine.histories import history, outputs, status
from tests.support.connections import connected_to
from tests.support.databases import on_sqlite
from tests.support.shop.models import Order


@durable.workflow
def ship():
    return "shipped"


@durable.step
def after():
    return "after"


@pytest.fixture
def order_of_events(engine_database, monkeypatch):
    """What was said and done since, in order."""
    events = []
    hub = engine().hub
    publish = hub.publish
    monkeypatch.setattr(
        hub, "publish", lambda topics: (events.append("hint"), publish(topics))
    )
    return events


@on_sqlite
def test_callbacks_come_in_the_order_of_their_registration(order_of_events):
    events = order_of_events
    with transaction.atomic():
        transaction.on_commit(lambda: events.append("first"))
        handle = durable.start_workflow(ship)
        transaction.on_commit(
            lambda: events.append(f"second sees {status(handle.workflow_id)}")
        )
        with transaction.atomic():
            durable.start_workflow(ship)
            transaction.set_rollback(True)
        assert events == []
    assert events == ["first", "hint", "second sees ENQUEUED"]


@on_sqlite
def test_a_failing_hint_is_nobody_elses_failure(order_of_events, monkeypatch, caplog):
    def fail(topics):
        raise RuntimeError("the hub is broken")

    monkeypatch.setattr(engine().hub, "publish", fail)
    with caplog.at_level(logging.ERROR), transaction.atomic():
        handle = durable.start_workflow(ship)
        transaction.on_commit(lambda: order_of_events.append("mine"))
    assert order_of_events == ["mine"]
    assert status(handle.workflow_id) == "ENQUEUED"
    assert "the hub is broken" in caplog.text


def test_failing_callback_of_the_caller_costs_no_workflow(worker):
    def fail():
        raise ValueError("mine")

    def place():
        with transaction.atomic():
            transaction.on_commit(fail)
            handles.append(durable.start_workflow(ship))

    handles = []
    with pytest.raises(ValueError, match="mine"):
        place()
    assert handles[0].get_result() == "shipped"  # found without the hint


def test_transaction_step_whose_callback_fails_has_committed(engine_database, caplog):
    @durable.transaction
    def place():
        Order.objects.create(reference="A-1")
        transaction.on_commit(lambda: 1 / 0)
        return "placed"

    @durable.workflow
    def program():
        return [place(), after()]

    with durable.SetWorkflowID("w"):
        assert program() == ["placed", "after"]
    assert outputs("w") == ["placed", "after"]
    assert "ZeroDivisionError" in caplog.text
    assert Order.objects.count() == 1


def test_transaction_step_starts_at_its_commit_only(engine_database):
    @durable.transaction
    def place(fails):
        durable.start_workflow(ship)
        transaction.on_commit(lambda: durable.start_workflow(ship))
        if fails:
            raise ValueError("no")

    @durable.workflow
    def program():
        with pytest.raises(ValueError, match="no"):
            place(fails=True)
        place(fails=False)
        return after()

    with durable.SetWorkflowID("w"):
        program()
    assert [name for _, name in history("w")] == ["place", "place", "after"]
    assert len(durable.list_workflows(name=ship.__durable__.name)) == 2


def test_block_on_another_alias_only(make_database, database_url, django_db_blocker):
    urls = {"default": database_url, "other": make_database("sqlite")}
    with django_db_blocker.unblock(), connected_to(**urls):
        try:
            with transaction.atomic(using="other"):
                Order.objects.using("other").create(reference="A-1")
                handle = durable.start_workflow(ship)
                assert status(handle.workflow_id) == "ENQUEUED"  # at once
                assert ship() == "shipped"  # nor is a direct call refused
                transaction.set_rollback(True, using="other")
            assert status(handle.workflow_id) == "ENQUEUED"
            assert not Order.objects.using("other").exists()
        finally:
            durable.destroy()
            connections.close_all()
