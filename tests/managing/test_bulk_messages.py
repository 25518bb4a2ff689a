"""Messages that are sent together: all of them, or none."""

import pytest
from django.db import transaction

import durable_engine as durable
from durable_engine.models import Message
from tests.engine.histories import history


@pytest.fixture
def mailbox(engine_database):
    """Two workflows that can be written to."""

    @durable.workflow(name="tests.mailbox")
    def mailbox():
        pass

    for workflow_id in ("a", "b"):
        with durable.SetWorkflowID(workflow_id):
            mailbox()


def sent():
    rows = Message.objects.order_by("id")
    return list(rows.values_list("workflow_id", "topic", "body"))


TWO = [
    durable.SendMessage(destination_id="a", message=1, topic="t"),
    durable.SendMessage(destination_id="b", message=2),
]
THREE = [*TWO, durable.SendMessage(destination_id="nobody", message=3)]


def test_positions_are_those_of_send():
    assert durable.SendMessage("a", 1, "t") == TWO[0]
    assert durable.SendMessage("b", 2) == TWO[1]


def test_all_in_order(mailbox):
    durable.send_bulk(TWO)
    durable.send_bulk([])
    assert sent() == [("a", "t", "1"), ("b", "", "2")]


def test_none_when_one_goes_nowhere(mailbox):
    with pytest.raises(durable.NonExistentWorkflow) as caught:
        durable.send_bulk(THREE)
    assert caught.value.workflow_id == "nobody"
    assert sent() == []


def test_none_when_one_cannot_be_encoded(mailbox):
    wrong = durable.SendMessage(destination_id="b", message=object())
    with pytest.raises(durable.SerializationError):
        durable.send_bulk([TWO[0], wrong])
    assert sent() == []


def test_keys(mailbox):
    keyed = durable.SendMessage(destination_id="a", message=1, idempotency_key="k")
    with pytest.raises(ValueError, match="key 'k' is used twice for 'a'"):
        durable.send_bulk([keyed, keyed])
    durable.send_bulk([keyed])
    durable.send_bulk([keyed])
    assert len(sent()) == 1


def test_joins_the_callers_transaction(mailbox):
    def send_and_fail():
        with transaction.atomic():
            durable.send_bulk(TWO)
            raise ValueError("rolled back")

    with pytest.raises(ValueError, match="rolled back"):
        send_and_fail()
    assert sent() == []
    with transaction.atomic():
        with pytest.raises(durable.NonExistentWorkflow):
            durable.send_bulk(THREE)
        durable.send_bulk(TWO)
    assert len(sent()) == 2


def test_in_a_workflow_once_and_in_one_position(worker, mailbox):
    @durable.workflow
    def program():
        durable.send_bulk(TWO)
        try:
            durable.send_bulk(THREE)
        except durable.NonExistentWorkflow as error:
            return error.workflow_id

    with durable.SetWorkflowID("w"):
        assert program() == "nobody"
    assert history("w") == [(1, "durable.send_bulk"), (2, "durable.send_bulk")]
    assert durable.fork_workflow("w", 99).get_result() == "nobody"
    assert len(sent()) == 2


def test_receivers_wake(worker):
    @durable.workflow
    def receiver():
        return durable.recv("t", timeout_seconds=60)

    with durable.SetWorkflowID("r"):
        handle = durable.start_workflow(receiver)
    message = durable.SendMessage(destination_id="r", message="hello", topic="t")
    durable.send_bulk([message])
    assert handle.get_result() == "hello"


async def test_twin(mailbox):
    await durable.send_bulk_async(TWO)
    assert len([row async for row in Message.objects.all()]) == 2
