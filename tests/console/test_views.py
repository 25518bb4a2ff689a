"""The pages: who sees what, what they show, and what they never do."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.queries import details
from console.queries import workflows as queries
from durable_engine.inspection import finding
from durable_engine.models import Workflow
from durable_engine.serialization.failures import encode_error
from durable_engine.states import WorkflowState
from tests.console import rows
from tests.console.conftest import make_user
from tests.console.recording import recorded_queries

LIST = "/durable/workflows/"
IN_HTMX = {"HTTP_HX_REQUEST": "true"}


def shown_ids(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'id="workflow-([^"]*)"', html)]


def page(client: Client, path: str, **extra: str) -> str:
    response = client.get(path, **extra)
    assert response.status_code == 200, response.content
    return response.content.decode()


# ---- Who sees what ----


def test_payloads_have_their_own_permission(viewer: Client, auditor: Client) -> None:
    rows.workflow("order-1", inputs='{"secret": 42}')
    rows.step("order-1", 1, output='"secret 43"')
    paths = [
        reverse("durable_console:payload", args=["order-1", "inputs"]),
        reverse("durable_console:step_payload", args=["order-1", 1, "output"]),
    ]
    for path in paths:
        assert viewer.get(path).status_code == 403
        assert "secret" in page(auditor, path)
    detail = page(viewer, f"{LIST}order-1/")
    assert "secret" not in detail
    assert paths[0] not in detail
    assert "durable_engine.view_payload" in detail


# ---- The list ----


def test_navigation_leads_nowhere_that_is_forbidden(viewer: Client) -> None:
    audit = 'href="/durable/audit/"'
    assert 'href="/durable/queues/"' in page(viewer, LIST)
    assert audit not in page(viewer, LIST)
    inspector = Client()
    inspector.force_login(make_user("inspector", "view_workflow", "view_audit"))
    assert audit in page(inspector, LIST)


def test_rows_are_in_the_first_response(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    html = page(viewer, LIST)
    assert '<tr id="workflow-order-1" data-status="PENDING"' in html


def test_list_is_paged_without_loss_or_repetition(viewer: Client) -> None:
    # Twenty share an instant: the id decides then.
    wanted = rows.workflows(110)
    Workflow.objects.filter(id__in=wanted[40:60]).update(created_at=rows.START)
    expected = list(
        Workflow.objects.order_by("-created_at", "-id").values_list("id", flat=True)
    )
    seen: list[str] = []
    path = LIST
    while path:
        html = page(viewer, path)
        ids = shown_ids(html)
        assert len(ids) <= 50
        seen += ids
        older = re.search(r'rel="next" href="([^"]+)"', html)
        path = LIST + unescape(older[1]) if older else ""
    assert seen == expected
    newer = re.search(r'rel="prev" href="([^"]+)"', html)
    assert newer is not None
    assert shown_ids(page(viewer, LIST + unescape(newer[1]))) == expected[50:100]


def test_filters(viewer: Client) -> None:
    rows.workflow("order-1", "ERROR")
    rows.workflow("order-2", "PENDING", name="mail.workflows.send")
    rows.workflow("parcel-1", "ERROR")
    assert shown_ids(page(viewer, f"{LIST}?status=error")) == ["parcel-1", "order-1"]
    both = f"{LIST}?status=ERROR&status=PENDING&search=ORDER"
    assert shown_ids(page(viewer, both)) == ["order-2", "order-1"]
    assert shown_ids(page(viewer, f"{LIST}?search=mail")) == ["order-2"]
    assert shown_ids(page(viewer, f"{LIST}?name=mail.workflows.send")) == ["order-2"]
    html = page(viewer, f"{LIST}?search=nothing")
    assert "Nothing matches" in html


def test_search_treats_patterns_as_text(viewer: Client) -> None:
    rows.workflow("100%")
    rows.workflow("1000")
    assert shown_ids(page(viewer, f"{LIST}?search=0%25")) == ["100%"]


def test_a_page_says_how_far_it_looked_and_looks_further(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.workflows(10)
    monkeypatch.setattr(finding, "_NEAR_ROWS", 4)
    monkeypatch.setattr(queries, "LOOK_SECONDS", 0.0)
    html = page(viewer, f"{LIST}?search=rder-1")
    assert "Nothing found so far" in html
    assert "Looked from the newest back to" in html
    assert "?workflow_id_prefix=rder-1" in html
    further = re.search(r'class="button primary" href="(\?[^"]+)">Look further', html)
    assert further is not None
    html = page(viewer, f"{LIST}{unescape(further[1])}")
    further = re.search(r'rel="next" href="(\?[^"]+)">Look further', html)
    assert further is not None
    html = page(viewer, f"{LIST}{unescape(further[1])}")
    assert shown_ids(html) == ["order-1"]
    assert "Look further" not in html
    # A whole id is found at once, and the page still says that it has not seen all.
    html = page(viewer, f"{LIST}?search=order-0")
    assert shown_ids(html) == ["order-0"]
    assert "Look further" in html


def test_counts_are_bounded(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.workflows(6)
    monkeypatch.setattr(queries, "COUNT_LIMIT", 4)
    monkeypatch.setattr("console.fragments.lists.COUNT_LIMIT", 4)
    assert '<span class="count">4+</span>' in page(viewer, LIST)


@pytest.mark.parametrize(
    "query", ["status=BROKEN", "before=forged", f"name={'x' * 999}"]
)
def test_nonsense_is_refused_with_a_page(viewer: Client, query: str) -> None:
    response = viewer.get(f"{LIST}?{query}", **IN_HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#main"
    assert "Show all workflows" in response.content.decode()


def test_list_never_reads_payloads(viewer: Client) -> None:
    rows.workflow("order-1", "ERROR", error="boom")
    with recorded_queries() as queries_made:
        page(viewer, LIST)
        page(viewer, "/durable/")
    selects = [q for q in queries_made if "durable_engine_workflow" in q]
    assert selects
    for column in ("inputs", "output", "error", "attributes"):
        assert not [q for q in selects if f'"{column}"' in q]


def test_empty_list_says_what_to_do(viewer: Client) -> None:
    html = page(viewer, LIST)
    assert "@durable.workflow()" in html
    assert "durable_worker" in html


def test_missing_worker_is_told_until_there_is_one(viewer: Client) -> None:
    rows.workflow("order-1", "ENQUEUED")
    rows.executor("host:1:dead", alive=False)
    rows.executor("host:3:web", kind="client")
    assert "No worker is running" in page(viewer, LIST)
    rows.executor("host:2:living")
    assert "No worker is running" not in page(viewer, LIST)


# ---- One workflow ----


def test_detail_shows_facts_steps_and_children(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING", queue_name="mail", executor_id="host:1:aa")
    rows.step("order-1", 1)
    rows.step("order-1", 2, name="durable.recv", completed_at=None, output=None)
    rows.step("order-1", 3, error="ValueError", child_workflow_id="parcel/1")
    rows.workflow("parcel/1", parent_workflow_id="order-1")
    html = page(viewer, f"{LIST}order-1/")
    assert '<tr id="step-1" data-status="SUCCESS"' in html
    assert '<tr id="step-2" data-status="PENDING" data-live="step:2:order-1"' in html
    assert '<tr id="step-3" data-status="ERROR"' in html
    assert '<tr id="workflow-parcel/1" data-status="SUCCESS"' in html
    assert html.count('href="/durable/workflows/parcel~2F1/"') == 3
    assert 'href="/durable/workflows/?queue_name=mail"' in html


def test_steps_are_windowed(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("console.queries.details", "console.fragments.details"):
        monkeypatch.setattr(f"{module}.STEP_ROWS", 3)
    monkeypatch.setattr("console.views.detail.STEP_ROWS", 3)
    monkeypatch.setattr(details.steps, "__kwdefaults__", {"after": 0, "limit_rows": 3})
    rows.workflow("order-1", "PENDING")
    for position in range(1, 6):
        rows.step("order-1", position)
    first = page(viewer, f"{LIST}order-1/")
    assert re.findall(r'id="step-(\d)"', first) == ["1", "2", "3"]
    assert "?after=3" in first
    assert "tail:" not in first
    rest = page(viewer, f"{LIST}order-1/?after=3")
    assert re.findall(r'id="step-(\d)"', rest) == ["4", "5"]
    assert "tail:5:order-1" in rest


def test_sleep_is_pending_until_its_end_has_come(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    far = rows.START + timedelta(days=36_500)
    rows.step("order-1", 1, name="durable.sleep", completed_at=far)
    assert '<tr id="step-1" data-status="PENDING"' in page(viewer, f"{LIST}order-1/")


def test_unknown_id_has_a_page_of_its_own(viewer: Client) -> None:
    response = viewer.get(f"{LIST}order-1/")
    assert response.status_code == 404
    assert "There is no workflow with this id" in response.content.decode()


def test_id_with_slashes_that_somebody_typed_leads_to_its_address(
    viewer: Client,
) -> None:
    response = viewer.get(f"{LIST}a/b%2Fc/")
    assert response.status_code == 302
    assert response["Location"] == f"{LIST}a~2Fb~2Fc/"


def test_payload_is_cut(auditor: Client) -> None:
    rows.workflow("order-1", inputs="x" * 70_000)
    html = page(auditor, f"{LIST}order-1/inputs/")
    assert html.count("x") < 66_000
    assert "only the beginning is shown" in html


def test_foreign_payload_is_not_decoded(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError(args, kwargs)

    monkeypatch.setattr("pickle.loads", refuse)
    monkeypatch.setattr("pickle.Unpickler", refuse)
    rows.workflow("order-1", inputs="!pickle!gASVBAAAAAAAAABLKi4=")
    html = page(auditor, f"{LIST}order-1/inputs/")
    assert "gASV" not in html
    assert "pickle" in html


def test_error_is_told_with_its_traceback(auditor: Client) -> None:
    error = encode_error(ValueError("card <declined>"), limit_bytes=100_000)
    rows.workflow("order-1", "ERROR", error=error)
    html = page(auditor, f"{LIST}order-1/error/")
    assert "<strong>ValueError</strong>: card &lt;declined&gt;" in html


def test_what_users_wrote_is_shown_as_text(auditor: Client) -> None:
    hostile = rows.HOSTILE
    rows.workflow(
        hostile,
        "ERROR",
        name=hostile,
        inputs=hostile,
        error=hostile,
        queue_name=hostile,
        executor_id=hostile,
        started_by=hostile,
        waiting_on=hostile,
        parent_workflow_id=hostile,
    )
    rows.step(hostile, 1, name=hostile, child_workflow_id=hostile)
    detail = reverse("durable_console:workflow", args=[hostile])
    paths = [LIST, f"{LIST}?search=%22%3E%3Cimg", "/durable/", detail]
    paths += [f"{LIST}?name=%22%3E%3Cimg", f"{detail}inputs/", f"{detail}error/"]
    paths += [f"/durable/live/?slot=row:{hostile}&version=0"]
    for path in paths:
        html = page(auditor, path)
        assert "<img src=x" not in html, path
        assert "</script>'" not in html, path


# ---- Live pages by polling ----


def test_poll_answers_with_what_has_changed(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    rows.workflow("order-2", "PENDING")
    html = page(viewer, LIST)
    slots = dict(re.findall(r'data-live="(row:[^"]+)" data-version="([^"]+)"', html))
    query = {"slot": list(slots), "version": list(slots.values())}
    first = viewer.get("/durable/live/", query)
    assert first.status_code == 200
    assert first.content == b""
    again = viewer.get(
        "/durable/live/", query, headers={"If-None-Match": first["ETag"]}
    )
    assert again.status_code == 304
    Workflow.objects.filter(id="order-2").update(status="SUCCESS")
    changed = viewer.get(
        "/durable/live/", query, headers={"If-None-Match": first["ETag"]}
    )
    assert changed.status_code == 200
    text = changed.content.decode()
    assert shown_ids(text) == ["order-2"]
    assert 'data-status="SUCCESS"' in text
    assert "order-2: SUCCESS" in text


def test_poll_announces_new_workflows_and_counts(viewer: Client) -> None:
    rows.workflows(3, status="PENDING")
    html = page(viewer, f"{LIST}?status=PENDING")
    slots = dict(re.findall(r'data-live="([^"]+)" data-version="([^"]+)"', html))
    query = {
        "slot": [unescape(key) for key in slots],
        "version": list(slots.values()),
    }
    rows.workflow("later", "PENDING", created_at=rows.START + timedelta(days=1))
    rows.workflow("done", "SUCCESS", created_at=rows.START + timedelta(days=2))
    text = viewer.get("/durable/live/", query).content.decode()
    assert "1 new" in text
    assert '<span class="count">4</span>' in text
    assert shown_ids(text) == []


def test_poll_ignores_what_it_does_not_know(viewer: Client) -> None:
    slots = ["", "x", "row:", "nothing:1", "new:status=BROKEN", "step:x:y", "tail:-1:a"]
    slots += ["counts:top=zzz", "new:top=zzz", "row:\0", "facts:unknown"]
    query = {"slot": slots, "version": ["0"] * len(slots)}
    response = viewer.get("/durable/live/", query)
    assert response.status_code == 200


def test_poll_is_bounded(viewer: Client) -> None:
    rows.workflows(5)
    many = [f"new:search=order&top={n}-x" for n in range(100)]
    query = {"slot": many, "version": ["0"] * len(many)}
    with recorded_queries() as made:
        viewer.get("/durable/live/", query)
    assert len([q for q in made if "durable_engine_workflow" in q]) <= 4


def test_new_steps_take_the_place_of_the_end_of_the_table(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    rows.step("order-1", 1)
    query = {"slot": ["tail:1:order-1"], "version": ["end"]}
    assert viewer.get("/durable/live/", query).content == b""
    rows.step("order-1", 2)
    rows.step("order-1", 3, completed_at=None)
    text = viewer.get("/durable/live/", query).content.decode()
    assert re.findall(r'id="step-(\d)"', text) == ["2", "3"]
    assert 'data-live="tail:3:order-1" data-version="end"' in text


def test_every_status_has_its_word() -> None:
    from console.tables.workflows import status_label  # noqa: PLC0415

    assert len({status_label(status) for status in WorkflowState}) == len(WorkflowState)
