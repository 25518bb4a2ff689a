"""A transaction on another alias leaves a proof there."""

import threading

import pytest
from django.db import connections, transaction

import durable_engine as durable
from durable_engine import models
from durable_engine.runtime.engine import reset
from tests.engine.histories import happened, history
from tests.support.connections import connected_to
from tests.support.shop.models import Order


@pytest.fixture
def two_databases(database_url, make_database, django_db_blocker):
    """The engine's database and `other`, of the same kind."""
    other = make_database(database_url.partition(":")[0])
    with django_db_blocker.unblock(), connected_to(default=database_url, other=other):
        try:
            yield
        finally:
            durable.destroy(workflow_completion_timeout_sec=5)
            reset()


def proofs():
    with connections["other"].cursor() as cursor:
        cursor.execute(
            "SELECT workflow_id, position FROM durable_engine_transactioncheckpoint"
        )
        return cursor.fetchall()


@durable.transaction(using="other")
def place(reference):
    Order.objects.using("other").create(reference=reference)
    return reference


def test_writes_and_proof_commit_there(two_databases):
    @durable.workflow
    def program():
        return place("A-1")

    with durable.SetWorkflowID("w-1"):
        assert program() == "A-1"
    assert Order.objects.using("other").count() == 1
    assert Order.objects.count() == 0
    assert history("w-1") == [(1, "place")]
    assert proofs() == [("w-1", 1)]


def test_error_rolls_back_there(two_databases):
    @durable.transaction(using="other")
    def fail():
        Order.objects.using("other").create(reference="A-1")
        raise ValueError("no")

    @durable.workflow
    def program():
        fail()

    with durable.SetWorkflowID("w-1"), pytest.raises(ValueError, match="no"):
        program()
    assert Order.objects.using("other").count() == 0
    assert proofs() == []


def test_replay_takes_what_was_recorded(two_databases):
    waiting = threading.Event()

    @durable.workflow
    def program():
        reference = place("A-1")
        waiting.set()
        return reference, durable.recv()

    durable.launch(threads=4)
    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program)
    happened(waiting)
    durable.cancel_workflow("w-1")
    durable.send("w-1", "go on")
    durable.resume_workflow("w-1")
    assert handle.get_result() == ("A-1", "go on")
    assert Order.objects.using("other").count() == 1


def test_plain_atomic_there_outside_a_workflow(two_databases):
    assert place("A-1") == "A-1"
    assert Order.objects.using("other").count() == 1
    assert proofs() == []


def test_start_in_atomic_there_only_is_not_atomic(two_databases):
    @durable.workflow
    def program(): ...

    with transaction.atomic(using="other"):
        handle = durable.start_workflow(program)
        transaction.set_rollback(True, using="other")
    assert handle.get_status().status == "ENQUEUED"


def test_direct_call_in_atomic_there_is_allowed(two_databases):
    @durable.workflow
    def program():
        return "done"

    with transaction.atomic(using="other"):
        assert program() == "done"


def test_in_atomic_of_the_body_there_it_is_refused(two_databases):
    @durable.workflow(guard="off")
    def program():
        with transaction.atomic(using="other"):
            place("A-1")

    with pytest.raises(durable.AtomicBlock):
        program()


def test_a_deleted_workflow_proves_nothing_for_the_next_of_its_id(two_databases):
    @durable.workflow
    def program(reference):
        return place(reference)

    with durable.SetWorkflowID("w-1"):
        assert program("A-1") == "A-1"
    durable.delete_workflow("w-1")
    assert proofs() == []
    with durable.SetWorkflowID("w-1"):
        assert program("A-2") == "A-2"
    _forget_all_but_the_proofs()
    with durable.SetWorkflowID("w-1"):  # of which an earlier proof is left
        assert program("A-3") == "A-3"
    references = Order.objects.using("other").order_by("id")
    assert list(references.values_list("reference", flat=True)) == ["A-1", "A-2", "A-3"]
    assert proofs() == [("w-1", 1)]
    assert durable.prune_workflows(days=0) == 1
    assert proofs() == []


def _forget_all_but_the_proofs():
    """What a deletion leaves where the process does not know the other alias."""
    for model in (models.Step, models.Workflow):
        model.objects.all().delete()
