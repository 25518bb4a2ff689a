"""Acting by the API: on one workflow and on many, refused, audited."""

import pytest

from console.models import AuditEntry
from durable_engine.models import Message, Workflow
from tests.console import rows
from tests.console.api.conftest import Program, program

ACTIONS = {
    "cancel": "cancel_workflow",
    "resume": "resume_workflow",
    "restart": "fork_workflow",
    "retry": "fork_workflow",
    "fork": "fork_workflow",
    "messages": "send_message",
}
BODIES = {"fork": {"start_step": 1}, "messages": {"message": 1}}


def status_of(workflow_id: str) -> str:
    return Workflow.objects.values_list("status", flat=True).get(id=workflow_id)


def entries() -> list[tuple[str, str, str]]:
    found = AuditEntry.objects.order_by("id")
    return list(found.values_list("action", "target_id", "outcome"))


def test_cancel_resume_delete(everything: Program) -> None:
    rows.workflow("order-1", "ENQUEUED")
    item = everything.post("workflows/order-1/cancel", {"reason": "late"})
    assert item["status"] == "CANCELLED"
    problem = everything.post("workflows/order-1/cancel", status=409)
    assert problem["type"] == "urn:durable-engine:problem:wrong-status"
    assert "it is CANCELLED" in problem["detail"]
    assert everything.post("workflows/order-1/resume")["status"] == "ENQUEUED"
    assert everything.call("delete", "workflows/order-1").status_code == 204
    everything.get("workflows/order-1", 404)
    assert everything.call("delete", "workflows/order-1").status_code == 404
    assert AuditEntry.objects.filter(reason="late", via="api").count() == 1
    outcomes = [one[2] for one in entries() if one[1] == "order-1"]
    assert outcomes == ["done", "unchanged", "done", "done", "unchanged"]


def test_children_go_along_where_that_is_asked(everything: Program) -> None:
    rows.workflow("parent", "ENQUEUED")
    rows.workflow("child", "ENQUEUED", parent_workflow_id="parent")
    everything.post("workflows/parent/cancel", {"cancel_children": True})
    assert status_of("child") == "CANCELLED"
    body = {"delete_children": True}
    assert everything.call("delete", "workflows/parent", body).status_code == 204
    assert not Workflow.objects.exists()


def test_copies_are_new_workflows(everything: Program) -> None:
    rows.workflow("order-1", "ERROR")
    rows.step("order-1", 1)
    for action in ("restart", "retry", "fork"):
        body = {"start_step": 2} if action == "fork" else None
        response = everything.call("post", f"workflows/order-1/{action}", body)
        assert response.status_code == 201
        item = response.json()
        assert (item["forked_from"], item["status"]) == ("order-1", "ENQUEUED")
        assert everything.get(response["Location"]) == item
    for wrong in (None, {}, {"start_step": 0}, {"start_step": "1"}, {"start": 1}):
        everything.post("workflows/order-1/fork", wrong, 422)


def test_messages_are_sent_once_per_key(everything: Program) -> None:
    rows.workflow("order-1", "PENDING")
    body = {"message": {"paid": 2**80}, "topic": "pay", "idempotency_key": "k"}
    for _ in range(2):
        assert everything.post("workflows/order-1/messages", body)["id"] == "order-1"
    assert Message.objects.count() == 1
    (message,) = everything.get("workflows/order-1/messages")["items"]
    assert (message["topic"], message["message"]) == ("pay", {"paid": 2**80})
    assert message["idempotency_key"] == "k"
    everything.post("workflows/gone/messages", body, 404)
    for wrong in ({}, {"message": 1, "topic": ""}, {"message": 1, "topic": "\0"}):
        everything.post("workflows/order-1/messages", wrong, 422)


def test_nothing_is_done_without_its_permission(engine_database: str) -> None:
    del engine_database
    rows.workflow("order-1", "ENQUEUED")
    everybody = {f"durable_engine.{one}" for one in ACTIONS.values()}
    viewer = "durable_engine.view_workflow"
    for action, needed in ACTIONS.items():
        others = everybody - {f"durable_engine.{needed}"} | {viewer}
        caller = program(f"without-{action}", *sorted(others))
        path = f"workflows/order-1/{action}"
        problem = caller.post(path, BODIES.get(action), 403)
        assert problem["permission"] == f"durable_engine.{needed}"
        assert entries()[-1][1:] == ("order-1", "refused")
        # Who may not act is not told whether there is such a workflow.
        caller.post(f"workflows/gone/{action}", BODIES.get(action), 403)
    caller = program("keeps", *sorted(everybody), viewer)
    response = caller.call("delete", "workflows/order-1")
    assert response.status_code == 403
    assert status_of("order-1") == "ENQUEUED"


def test_only_the_permission_of_the_act_is_needed(engine_database: str) -> None:
    del engine_database
    rows.workflow("order-1", "ENQUEUED")
    caller = program("canceller", "durable_engine.cancel_workflow")
    answer = caller.post("workflows/order-1/cancel")
    assert (answer["status"], "attributes" in answer) == ("CANCELLED", False)


def test_bulk_by_ids_says_what_changed(everything: Program) -> None:
    rows.workflow("order-1", "ENQUEUED")
    rows.workflow("order-2", "SUCCESS")
    body = {"action": "cancel", "ids": ["order-1", "order-2", "gone"], "reason": "x"}
    assert everything.post("workflows/bulk", body) == {
        "changed": ["order-1"],
        "unchanged": {"order-2": "it is SUCCESS", "gone": "there is no such workflow"},
    }
    made = everything.post(
        "workflows/bulk", {"action": "fork", "ids": ["order-2"], "start_step": 1.0}
    )["made"]
    assert status_of(made["order-2"]) == "ENQUEUED"
    assert AuditEntry.objects.filter(reason="x").count() == 3


def test_bulk_by_filter_is_bounded_and_says_so(
    everything: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.queries.statuses.BULK_ROWS", 3)
    rows.workflows(5, status="ENQUEUED", attributes={"batch": 1})
    rows.workflow("other", "ENQUEUED")
    body = {"action": "cancel", "filter": {"attributes": {"batch": 1}}}
    answer = everything.post("workflows/bulk", body)
    assert set(answer["changed"]) == {"order-4", "order-3", "order-2"}
    assert answer["more"] is True
    body["filter"] = {"status": ["ENQUEUED", "DELAYED"], "workflow_id_prefix": "order"}
    answer = everything.post("workflows/bulk", body)
    assert (len(answer["changed"]), answer["more"]) == (2, False)
    assert status_of("other") == "ENQUEUED"


def test_bulk_refuses_what_is_unclear(everything: Program) -> None:
    rows.workflow("order-1")
    for wrong in (
        {"action": "delete"},
        {"action": "delete", "filter": {}},
        {"action": "delete", "filter": {"status": []}},
        {"action": "delete", "filter": {"statsu": "ERROR"}},
        {"action": "delete", "filter": {"status": "SUCCESS", "search": ""}},
        {"action": "delete", "filter": {"status": "SUCCESS", "name": ""}},
        {"action": "delete", "filter": {"status": "SUCCESS", "end_time": ""}},
        {"action": "delete", "filter": {"limit": 1}},
        {"action": "delete", "ids": ["order-1"], "filter": {"name": "x"}},
        {"action": "drop", "ids": ["order-1"]},
        {"action": "fork", "ids": ["order-1"]},
        {"action": "delete", "ids": ["order-1"], "start_step": 1},
        {"action": "delete", "ids": ["x" * 256]},
        {"action": "delete", "ids": ["\0"]},
        {"action": "delete", "ids": ["\x01"]},
        {"action": "delete", "ids": "order-1"},
        {"action": "delete", "filter": {"status": "LATE"}},
    ):
        everything.post("workflows/bulk", wrong, 422)
    assert status_of("order-1") == "SUCCESS"


def test_bulk_asks_permissions_and_hides_by_filter(engine_database: str) -> None:
    del engine_database
    rows.workflow("order-1", "ENQUEUED", attributes={"secret": 1})
    caller = program("canceller", "durable_engine.cancel_workflow")
    by_filter = {"action": "cancel", "filter": {"status": "ENQUEUED"}}
    caller.post("workflows/bulk", by_filter, 403)
    caller.post("workflows/bulk", {"action": "delete", "ids": ["order-1"]}, 403)
    viewer = program(
        "viewer", "durable_engine.cancel_workflow", "durable_engine.view_workflow"
    )
    by_filter["filter"] = {"attributes": {"secret": 1}}
    assert viewer.post("workflows/bulk", by_filter, 403)["permission"] == (
        "durable_engine.view_payload"
    )
    by_filter = {"action": "delete", "filter": {"workflow_id_prefix": "none"}}
    viewer.post("workflows/bulk", by_filter, 403)
    by_filter["action"] = "cancel"
    assert viewer.post("workflows/bulk", by_filter)["changed"] == []
    for unset in ("", [""], ["order", ""]):
        by_filter["filter"] = {"workflow_id_prefix": unset}
        viewer.post("workflows/bulk", by_filter, 422)
    assert status_of("order-1") == "ENQUEUED"
