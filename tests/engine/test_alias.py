"""The engine's tables may live on another alias than the project's own."""

import pytest
from django.db import connections, transaction
from django.test import override_settings

import durable_engine as durable
from durable_engine.models import Step, Workflow
from durable_engine.runtime.engine import reset
from tests.engine.histories import history, status
from tests.support.connections import connected_to
from tests.support.shop.models import Order


@pytest.fixture
def engine_elsewhere(database_url, make_database, django_db_blocker):
    """The project lives on `default`, the engine on `engine`; both of one kind."""
    elsewhere = make_database(database_url.partition(":")[0])
    with (
        django_db_blocker.unblock(),
        connected_to(default=database_url, engine=elsewhere),
        override_settings(DURABLE_ENGINE={"DATABASE": "engine"}),
    ):
        try:
            yield
        finally:
            durable.destroy(workflow_completion_timeout_sec=5)
            reset()


@durable.step
def double(number):
    return 2 * number


@durable.transaction(using="default")
def place(reference):
    Order.objects.create(reference=reference)
    return reference


@durable.workflow
def program(number):
    durable.set_event("begun", number)
    answer = double(number), place("A-1"), durable.recv("go")
    durable.write_stream("said", answer[2])
    return answer


def test_everything_of_the_engine_is_there_and_nothing_here(engine_elsewhere):
    durable.launch(threads=2)
    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program, 21)
    assert durable.get_event("w-1", "begun") == 21
    durable.send("w-1", "on", "go")
    assert handle.get_result() == (42, "A-1", "on")
    assert list(durable.read_stream("w-1", "said")) == ["on"]
    assert [name for _, name in history("w-1")] == [
        "durable.set_event",
        "double",
        "place",
        "durable.recv",
        "durable.write_stream",
    ]
    assert [found.id for found in durable.list_workflows()] == ["w-1"]
    assert Workflow.objects.get().status == "SUCCESS"
    assert not Workflow.objects.using("default").exists()
    assert not Step.objects.using("default").exists()
    assert Order.objects.get().reference == "A-1"
    assert not Order.objects.using("engine").exists()


def test_a_start_joins_a_block_there_and_not_one_here(engine_elsewhere):
    with transaction.atomic(using="engine"):
        gone = durable.start_workflow(program, 1).workflow_id
        transaction.set_rollback(True, using="engine")
    with transaction.atomic():
        kept = durable.start_workflow(program, 1).workflow_id
        transaction.set_rollback(True)
    assert durable.get_workflow_status(gone) is None
    assert status(kept) == "ENQUEUED"


def test_a_direct_call_is_refused_in_a_block_there_only(engine_elsewhere):
    @durable.workflow
    def short():
        return double(1)

    with transaction.atomic():
        assert short() == 2
    with transaction.atomic(using="engine"), pytest.raises(durable.AtomicBlock):
        short()


def test_the_proof_of_a_transaction_stands_beside_its_writes(engine_elsewhere):
    @durable.workflow
    def short():
        return place("A-1")

    with durable.SetWorkflowID("w-1"):
        short()
    proofs = {}
    for alias in ("default", "engine"):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT workflow_id FROM durable_engine_transactioncheckpoint"
            )
            proofs[alias] = cursor.fetchall()
    assert proofs == {"default": [("w-1",)], "engine": []}
