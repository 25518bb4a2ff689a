"""What is refused inside `atomic()` leaves the block as it was before the call."""

import pytest
from django.db import transaction

import durable_engine as durable
from tests.support.shop.models import Order

queue = durable.Queue("tests-outbox-refused")


@durable.workflow
def ship(reference):
    return reference


@durable.workflow
def other():
    pass


def references():
    orders = sorted(Order.objects.values_list("reference", flat=True))
    inputs = durable.list_workflows(
        name=["tests.outbox.test_refused.ship"], load_input=True
    )
    return orders, sorted(one.input["args"][0] for one in inputs)


def call(reference, **more):
    return durable.Call(ship, (reference,), **more)


def enqueue_one(**options):
    with durable.SetEnqueueOptions(**options):
        queue.enqueue(ship, "late")


def attributed(attributes):
    with durable.SetWorkflowAttributes(attributes):
        durable.start_workflow(ship, "never")


def test_block_goes_on_without_what_was_refused(engine_database):
    with durable.SetWorkflowID("taken"):
        durable.start_workflow(other)
    queue.enqueue_many([call("holder", deduplication_id="once")])
    with transaction.atomic():
        Order.objects.create(reference="before")
        with pytest.raises(durable.QueueDeduplicated):
            queue.enqueue_many([call("a"), call("b", deduplication_id="once")])
        with pytest.raises(durable.ConflictingWorkflow):
            queue.enqueue_many([call("c"), call("d", workflow_id="taken")])
        with pytest.raises(durable.QueueDeduplicated):
            enqueue_one(deduplication_id="once")
        with pytest.raises(durable.NonExistentWorkflow):
            durable.send_bulk(
                [
                    durable.SendMessage(destination_id="taken", message=1),
                    durable.SendMessage(destination_id="nobody", message=1),
                ]
            )
        with pytest.raises(durable.NonExistentWorkflow):
            durable.send("nobody", 1)
        with pytest.raises(durable.SerializationError):
            queue.enqueue_many([call("e"), call(object())])
        with pytest.raises(durable.AtomicBlock):
            ship("f")
        with pytest.raises(ValueError, match="must not hold the character NUL"):
            attributed({"of": ["the customer\0"]})
        with pytest.raises(ValueError, match="must be JSON"):
            attributed({"of": object()})
        queue.enqueue_many([call("g"), call("h")])
        Order.objects.create(reference="after")
    assert references() == (["after", "before"], ["g", "h", "holder"])


def test_bulk_in_order_and_whole(engine_database):
    with transaction.atomic():
        handles = queue.enqueue_many([call(str(one)) for one in range(20)])
    listed = durable.list_workflows(queue_name=queue.name, sort_desc=False)
    assert [one.id for one in listed] == [one.workflow_id for one in handles]
