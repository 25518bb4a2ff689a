"""Acting from the console: permission, engine, audit."""

import re

import pytest
from django.test import Client

from console.models import AuditEntry
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.conftest import make_user

IN_HTMX = {"HTTP_HX_REQUEST": "true"}


def path(action: str, workflow_id: str = "order-1") -> str:
    return f"/durable/workflows/{workflow_id}/{action}/"


@pytest.fixture
def keeper(engine_database: str) -> Client:
    """A browser of somebody who may cancel and resume."""
    del engine_database
    client = Client()
    client.force_login(
        make_user("keeper", "view_workflow", "cancel_workflow", "resume_workflow")
    )
    return client


def status_of(workflow_id: str = "order-1") -> str:
    return Workflow.objects.values_list("status", flat=True).get(id=workflow_id)


def only_entry() -> AuditEntry:
    return AuditEntry.objects.get()


def test_cancel_then_resume(keeper: Client) -> None:
    rows.workflow("order-1", "ENQUEUED")
    response = keeper.post(path("cancel"), {"reason": " a test "}, **IN_HTMX)
    assert response.status_code == 200
    assert "Cancelled." in response.content.decode()
    assert status_of() == "CANCELLED"
    entry = only_entry()
    assert (entry.actor, entry.via, entry.address) == ("keeper", "console", "127.0.0.1")
    assert (entry.action, entry.target_id) == ("cancel_workflow", "order-1")
    assert (entry.reason, entry.outcome) == ("a test", "done")
    response = keeper.post(path("resume"))
    assert response["Location"] == "/durable/workflows/order-1/"
    assert status_of() == "ENQUEUED"
    assert AuditEntry.objects.latest("id").action == "resume_workflow"


def test_what_has_ended_stays_as_it_is(keeper: Client) -> None:
    rows.workflow("order-1", "SUCCESS")
    response = keeper.post(path("cancel"), **IN_HTMX)
    assert response.status_code == 409
    assert "Nothing has changed" in response.content.decode()
    assert status_of() == "SUCCESS"
    assert only_entry().outcome == "unchanged"


def test_unknown_workflow_is_told(keeper: Client) -> None:
    response = keeper.post(path("cancel"), **IN_HTMX)
    assert response.status_code == 409
    assert only_entry().outcome == "unchanged"


@pytest.mark.parametrize("action", ["cancel", "resume"])
def test_without_permission_nothing_happens_but_the_audit(
    viewer: Client, action: str
) -> None:
    rows.workflow("order-1", "ENQUEUED" if action == "cancel" else "CANCELLED")
    before = status_of()
    response = viewer.post(path(action), {"reason": "please"})
    assert response.status_code == 403
    assert f"durable_engine.{action}_workflow" in response.content.decode()
    # Withdrawn while the page was open: it is said there, and the page stays.
    toast = viewer.post(path(action), {"reason": "please"}, **IN_HTMX)
    assert (toast.status_code, toast["HX-Retarget"]) == (403, "#answer")
    assert f"lacks the permission durable_engine.{action}" in toast.content.decode()
    assert status_of() == before
    entry, again = AuditEntry.objects.all()
    assert again.outcome == "refused"
    assert (entry.actor, entry.outcome) == ("viewer", "refused")
    assert entry.detail == f"durable_engine.{action}_workflow"


def test_who_may_not_act_sees_no_button(viewer: Client, keeper: Client) -> None:
    rows.workflow("order-1", "PENDING")
    page = "/durable/workflows/order-1/"
    assert "act-" not in viewer.get(page).content.decode()
    buttons = re.findall(r'class="button act-(\w+)"', keeper.get(page).content.decode())
    assert buttons == ["cancel", "resume"]


def test_acting_wants_a_form_of_ours(keeper: Client) -> None:
    rows.workflow("order-1", "ENQUEUED")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = keeper.cookies
    assert strict.post(path("cancel")).status_code == 403
    assert "Cancel this workflow?" in keeper.get(path("cancel")).content.decode()
    assert status_of() == "ENQUEUED"


def test_failure_is_on_record(keeper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(workflow_ids: list[str], **_: object) -> None:
        message = "away"
        raise ConnectionError(message, workflow_ids)

    monkeypatch.setattr("durable_engine.client.cancel_workflows", fail)
    keeper.raise_request_exception = False
    assert keeper.post(path("cancel")).status_code == 500
    entry = only_entry()
    assert entry.outcome == "failed"
    assert entry.detail.startswith("ConnectionError")
