"""The actions below every door: permissions by scope and by object, audit, atomicity."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

import durable_engine as durable
from console.actions import queues, workflows
from console.actions.acting import NOT_PERMITTED
from console.actions.workflows import Order, WorkflowAction
from console.actors import Actor
from console.models import AuditEntry
from console.permissions import Permission, by_django, may
from durable_engine import client
from durable_engine.models import Message, Workflow
from tests.console import rows
from tests.console.conftest import make_user

EVERYTHING = [
    permission.value.partition(".")[2]
    for permission in Permission
    if permission.value.startswith("durable_engine.")
]


@durable.workflow(name="actions.greet")
def greet(name: str, *, loud: bool = False) -> str:
    return f"{name} {loud}"


@pytest.fixture
def keeper(engine_database: str) -> Actor:
    del engine_database
    user = make_user("keeper", *EVERYTHING)
    return Actor(user=user, via="api", address="192.0.2.7")


def entries() -> list[tuple[str, str, str]]:
    found = AuditEntry.objects.order_by("id")
    return list(found.values_list("action", "target_id", "outcome"))


def protects_order_2(actor: Actor, permission: Permission, target: str) -> bool:
    return target != "order-2" and by_django(actor, permission, target)


def test_bulk_says_what_changed_and_leaves_an_entry_each(keeper: Actor) -> None:
    rows.workflow("order-1", "ENQUEUED")
    rows.workflow("order-2", "SUCCESS")
    order = Order(action=WorkflowAction.CANCEL, reason="too late")
    answer = workflows.act_on(keeper, order, ["order-1", "order-2", "order-3"])
    assert answer.changed == ["order-1"]
    assert answer.unchanged == {
        "order-2": "it is SUCCESS",
        "order-3": client.NO_SUCH_WORKFLOW,
    }
    assert entries() == [
        ("cancel_workflow", "order-1", "done"),
        ("cancel_workflow", "order-2", "unchanged"),
        ("cancel_workflow", "order-3", "unchanged"),
    ]
    assert (
        AuditEntry.objects.filter(reason="too late", address="192.0.2.7").count() == 3
    )


@pytest.mark.parametrize("action", ["restart", "retry", "fork"])
def test_copies_tell_the_id_of_the_copy(keeper: Actor, action: str) -> None:
    rows.workflow("order-1", "ERROR")
    order = Order(action=WorkflowAction(action))
    answer = workflows.act_on(keeper, order, ["order-1", "gone"])
    assert answer.changed == ["order-1"]
    assert answer.unchanged == {"gone": client.NO_SUCH_WORKFLOW}
    copy = Workflow.objects.get(id=answer.made["order-1"])
    assert (copy.status, copy.forked_from) == ("ENQUEUED", "order-1")


def test_scope_of_a_token_limits_its_user(keeper: Actor) -> None:
    limited = Actor(
        user=keeper.user, via="api", address=None, scope=frozenset({"other.thing"})
    )
    rows.workflow("order-1", "ENQUEUED")
    order = Order(action=WorkflowAction.CANCEL)
    with pytest.raises(durable.NotAuthorized) as refusal:
        workflows.act_on(limited, order, ["order-1"])
    assert refusal.value.action == "durable_engine.cancel_workflow"
    assert Workflow.objects.get().status == "ENQUEUED"
    assert entries() == [("cancel_workflow", "order-1", "refused")]


def test_resolver_of_the_project_protects_single_objects(
    keeper: Actor, settings: Any
) -> None:
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.protects_order_2"}
    rows.workflow("order-1", "ENQUEUED")
    rows.workflow("order-2", "ENQUEUED")
    order = Order(action=WorkflowAction.DELETE)
    answer = workflows.act_on(keeper, order, ["order-1", "order-2"])
    assert answer.changed == ["order-1"]
    assert answer.unchanged == {"order-2": NOT_PERMITTED}
    assert [one.id for one in Workflow.objects.all()] == ["order-2"]
    assert ("delete_workflow", "order-2", "refused") in entries()
    assert may(keeper, Permission.DELETE_WORKFLOW)


def test_batch_that_is_refused_leaves_others_their_answer(
    keeper: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.protects_order_2"}
    monkeypatch.setattr("console.actions.workflows.BULK_BATCH_ROWS", 1)
    for name in ("order-1", "order-2", "order-3"):
        rows.workflow(name, "ENQUEUED")
    order = Order(action=WorkflowAction.CANCEL)
    answer = workflows.act_on(keeper, order, ["order-2", "order-1", "order-3"])
    assert answer.changed == ["order-1", "order-3"]
    assert answer.unchanged == {"order-2": NOT_PERMITTED}
    with pytest.raises(durable.NotAuthorized):
        workflows.act_on(keeper, order, ["order-2"])


def test_start_is_idempotent_and_checks_arguments(keeper: Actor) -> None:
    order = client.StartOrder(
        name="actions.greet", args=("ada",), workflow_id="hello", attributes={"a": 1}
    )
    assert workflows.start(keeper, order) == "hello"
    assert workflows.start(keeper, order) == "hello"
    row = Workflow.objects.get()
    assert (row.status, row.name, row.attributes) == (
        "ENQUEUED",
        "actions.greet",
        {"a": 1},
    )
    with pytest.raises(TypeError, match=r"actions\.greet cannot be called so: missing"):
        workflows.start(keeper, client.StartOrder(name="actions.greet"))
    assert entries()[-1][2] == "failed"
    with pytest.raises(durable.UnregisteredWorkflow):
        workflows.start(keeper, client.StartOrder(name="actions.unknown"))
    assert Workflow.objects.count() == 1


def test_message_and_queue(keeper: Actor) -> None:
    rows.workflow("order-1", "PENDING")
    workflows.send(keeper, "order-1", {"paid": True}, topic="pay")
    assert Message.objects.get().topic == "pay"
    with pytest.raises(durable.NonExistentWorkflow):
        workflows.send(keeper, "order-9", 1)
    queues.pause(keeper, "mail", "flood")
    queues.set_limits(keeper, "mail", {"concurrency": 3})
    (queue,) = [one for one in client.list_queues() if one.name == "mail"]
    assert (queue.paused, queue.overridden) == (True, {"concurrency": 3})
    assert entries() == [
        ("send_message", "order-1", "done"),
        ("send_message", "order-9", "failed"),
        ("pause_queue", "mail", "done"),
        ("set_queue_limits", "mail", "done"),
    ]


def test_somebody_at_a_shell_may_and_has_a_name(engine_database: str) -> None:
    del engine_database
    shell = Actor(user=AnonymousUser(), via="command", address=None, label="root@host")
    rows.workflow("order-1", "ENQUEUED")
    workflows.act_on(shell, Order(action=WorkflowAction.CANCEL), ["order-1"])
    assert AuditEntry.objects.get().actor == "root@host"
    nobody = Actor(user=AnonymousUser(), via="api", address=None)
    assert not may(nobody, Permission.VIEW_WORKFLOW)
