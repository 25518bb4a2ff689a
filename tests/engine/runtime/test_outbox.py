"""Inside `atomic()` starts, enqueues and messages commit and roll back with it."""

import threading
from contextlib import contextmanager

import pytest
from django.db import transaction

import durable_engine as durable
from tests.engine.histories import happened, status
from tests.support.shop.models import Order

queue = durable.Queue("tests-outbox")


@durable.workflow
def ship(reference):
    return Order.objects.filter(reference=reference).exists()


ship_unguarded = durable.workflow(name="tests.outbox.ship", guard="off")(
    ship.__wrapped__
)


@durable.workflow
def listen():
    return durable.recv(timeout_seconds=None)


@contextmanager
def rolled_back():
    """A block of the caller's whose writes, and whose alone, are undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def start():
    return durable.start_workflow(ship_unguarded, "A-1")


def enqueue():
    return queue.enqueue(ship_unguarded, "A-1")


def enqueue_many():
    return queue.enqueue_many([(ship_unguarded, ("A-1",))])[0]


starts = pytest.mark.parametrize("begin", [start, enqueue, enqueue_many])


@starts
def test_committed_with_the_transaction(worker, begin):
    with transaction.atomic():
        Order.objects.create(reference="A-1")
        with durable.SetWorkflowID("w-1"):
            handle = begin()
        seen = []
        thread = threading.Thread(
            target=lambda: seen.append(durable.get_workflow_status("w-1"))
        )
        thread.start()
        thread.join()
        assert seen == [None]
    assert handle.get_result() is True


@starts
def test_gone_with_the_rollback(engine_database, begin):
    with rolled_back():  # nothing of the caller's own before it
        handle = begin()
        Order.objects.create(reference="A-1")
    assert durable.get_workflow_status(handle.workflow_id) is None
    with pytest.raises(durable.NonExistentWorkflow):
        handle.get_result()


@starts
def test_gone_with_its_savepoint(engine_database, begin):
    with transaction.atomic():
        kept = durable.start_workflow(ship_unguarded, "kept")
        with rolled_back():
            lost = begin()
    assert status(kept.workflow_id) == "ENQUEUED"
    assert durable.get_workflow_status(lost.workflow_id) is None


@starts
def test_used_id_runs_nothing(engine_database, begin):
    with durable.SetWorkflowID("w-1"):
        assert ship_unguarded("nothing") is False
    with transaction.atomic(), durable.SetWorkflowID("w-1"):
        handle = begin()
    assert handle.get_result() is False


def test_same_id_twice_in_one_transaction(worker):
    with transaction.atomic():
        for _ in range(2):
            with durable.SetWorkflowID("w-1"):
                handle = start()
    assert handle.get_result() is False
    assert len(durable.list_workflows()) == 1


def test_conflicting_function(engine_database):
    with durable.SetWorkflowID("w-1"):
        ship_unguarded("nothing")
    with (
        transaction.atomic(),
        durable.SetWorkflowID("w-1"),
        pytest.raises(durable.ConflictingWorkflow),
    ):
        durable.start_workflow(listen)


def test_message_is_committed_with_the_transaction(worker):
    handle = durable.start_workflow(listen)
    with rolled_back():
        durable.send(handle.workflow_id, "rolled back")
    with transaction.atomic():
        with rolled_back():
            durable.send(handle.workflow_id, "gone with the savepoint")
        durable.send(handle.workflow_id, "committed")
        assert status(handle.workflow_id) == "PENDING"
    assert handle.get_result() == "committed"


def test_message_to_a_workflow_of_the_same_transaction(worker):
    with transaction.atomic():
        handle = durable.start_workflow(listen)
        durable.send(handle.workflow_id, "first")
    assert handle.get_result() == "first"


def test_message_to_nobody(engine_database):
    with transaction.atomic(), pytest.raises(durable.NonExistentWorkflow):
        durable.send("nobody", "hello")


def test_payload_that_cannot_be_stored_leaves_the_transaction_whole(engine_database):
    with transaction.atomic():
        Order.objects.create(reference="A-1")
        with pytest.raises(durable.SerializationError):
            durable.start_workflow(ship_unguarded, object())
    assert Order.objects.count() == 1
    assert durable.list_workflows() == []


def test_transaction_step_starts_and_sends_with_its_commit(worker):
    handle = durable.start_workflow(listen)

    @durable.transaction
    def place(fail):
        Order.objects.create(reference="A-1")
        started = durable.start_workflow(ship_unguarded, "A-1")
        durable.send(handle.workflow_id, f"fail={fail}")
        if fail:
            raise KeyError(started.workflow_id)
        return started.workflow_id

    @durable.workflow
    def program():
        try:
            place(fail=True)
        except KeyError as error:
            lost = error.args[0]
        return lost, place(fail=False)

    lost, kept = program()
    assert durable.get_workflow_status(lost) is None
    assert durable.retrieve_workflow(kept).get_result() is True
    assert handle.get_result() == "fail=False"


class TestDirectCall:
    def test_is_refused_with_the_way_out(self, engine_database):
        with transaction.atomic(), pytest.raises(durable.AtomicBlock) as caught:
            ship_unguarded("A-1")
        assert str(caught.value) == (
            "the workflow tests.outbox.ship was called inside transaction.atomic(); "
            "its steps could not be recorded before the block commits. Call it outside "
            "the block, or use start_workflow(), which joins the block's transaction "
            "and runs after the commit. A test uses the testing kit: DurableTestCase, "
            "or durable_kit."
        )
        assert durable.list_workflows() == []

    def test_is_refused_in_a_transaction_step(self, engine_database):
        @durable.transaction
        def place():
            ship_unguarded("A-1")

        @durable.workflow
        def program():
            place()

        with pytest.raises(durable.AtomicBlock):
            program()

    def test_is_refused_in_a_body_with_an_open_block(self, engine_database):
        @durable.workflow(guard="off")
        def program():
            with transaction.atomic():
                ship_unguarded("A-1")

        with pytest.raises(durable.AtomicBlock):
            program()


def test_worker_of_this_process_is_told_at_once(worker):
    began = threading.Event()

    @durable.workflow
    def program():
        began.set()

    with transaction.atomic():
        durable.start_workflow(program)
        assert not began.is_set()
    happened(began)
