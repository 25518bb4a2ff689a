"""The list of workflows: its filters, columns and views."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from console.fragments.lists import _slow
from console.models import Preference, SavedView
from console.queries import patience
from console.queries import workflows as queries
from durable_engine.models import Workflow
from tests.console import rows
from tests.support.databases import on_sqlite

LIST = "/durable/workflows/"
HOUR = timedelta(hours=1)


def shown(client: Client, query: str) -> list[str]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.content
    found = re.findall(r'<tr id="workflow-([^"]*)"', response.content.decode())
    return [unescape(one) for one in found]


def test_every_filter_narrows_the_list(auditor: Client) -> None:
    rows.workflow("plain")
    special: dict[str, Any] = {
        "name": "mail.workflows.send",
        "queue_name": "mail",
        "app_version": "v2",
        "executor_id": "host:1:aa",
        "schedule_name": "nightly",
        "parent_workflow_id": "plain",
        "forked_from": "plain",
        "subject_type": "shop.order",
        "subject_id": "42",
        "attributes": {"customer": 7, "tags": ["a", "b"]},
        "inputs": '{"args":["Zürich"],"kwargs":{}}',
        "created_at": rows.START + HOUR,
        "completed_at": rows.START + 2 * HOUR,
    }
    rows.workflow("special/1", **special)
    for query in (
        "name=mail.workflows.send",
        "queue_name=mail",
        "app_version=v2",
        "executor_id=host:1:aa",
        "schedule_name=nightly",
        "parent_workflow_id=plain",
        "forked_from=plain",
        "subject=shop.Order:42",
        "workflow_id_prefix=special/",
        'attributes={"customer":7}',
        'attributes={"tags":["b"]}',
        "search=z%C3%BCrich" if on_postgresql() else "search=Z%C3%BCrich",
        "start_time=2026-11-22T12:30:00Z",
        "completed_after=2026-11-22T13:30:00%2B00:00",
    ):
        assert shown(auditor, query) == ["special/1"], query
    for query in (
        "end_time=2026-11-22T12:30:00Z",
        "completed_before=2026-11-22 12:30",
        "workflow_id_prefix=pl",
    ):
        assert shown(auditor, query) == ["plain"], query
    assert shown(auditor, 'attributes={"customer":8}') == []
    assert shown(auditor, "sort=oldest") == ["plain", "special/1"]
    assert shown(auditor, "status=ended&statuses=PENDING") == ["special/1", "plain"]


def test_ranges_end_now(viewer: Client) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    for number, ago in enumerate((timedelta(minutes=5), 5 * HOUR, 999 * HOUR)):
        at = now - ago
        rows.workflow(f"order-{number}", created_at=at, completed_at=at)
    for key in ("created", "completed"):
        assert shown(viewer, f"{key}=15m") == ["order-0"]
        assert shown(viewer, f"{key}=7d") == ["order-0", "order-1"]


def on_postgresql() -> bool:
    from django.db.transaction import get_connection  # noqa: PLC0415

    return get_connection().vendor == "postgresql"


@on_sqlite
def test_oldest_first_is_paged_without_loss(viewer: Client) -> None:
    wanted = rows.workflows(110)[::-1]
    seen: list[str] = []
    query = "sort=oldest"
    while query:
        html = viewer.get(f"{LIST}?{query}").content.decode()
        seen += re.findall(r'<tr id="workflow-([^"]*)"', html)
        link = re.search(r'rel="next" href="\?([^"]+)"', html)
        query = unescape(link[1]) if link else ""
    assert seen == wanted
    link = re.search(r'rel="prev" href="\?([^"]+)"', html)
    assert link is not None
    assert shown(viewer, unescape(link[1])) == wanted[50:100]


def test_payloads_are_neither_searched_nor_shown_without_permission(
    viewer: Client, auditor: Client
) -> None:
    rows.workflow(
        "order-1",
        inputs='{"args":["secret"],"kwargs":{}}',
        attributes={"customer": "veiled"},
    )
    assert shown(viewer, "search=secret") == []
    assert shown(auditor, "search=secret") == ["order-1"]
    refused = viewer.get(LIST, {"attributes": '{"customer": "veiled"}'})
    assert refused.status_code == 403
    assert "durable_engine.view_payload" in refused.content.decode()
    columns = f"{LIST}?columns=attributes"
    assert "veiled" not in viewer.get(columns).content.decode()
    html = auditor.get(columns).content.decode()
    assert "customer: veiled" in html
    # Nor by the live pieces, whatever a browser asks for.
    slots = re.findall(r'data-live="((?:sealed-)?(?:row|new|counts):[^"]*)"', html)
    slots += ["sealed-new:search=secret", "sealed-counts:search=secret"]
    slots += ["counts:search=secret", "sealed-talk:order-1"]
    slots += ['counts:attributes={"customer":"veiled"}']
    query = {"slot": [unescape(s) for s in slots], "version": ["0"] * len(slots)}
    text = viewer.get("/durable/live/", query).content.decode()
    assert "veiled" not in text
    forged = {"slot": query["slot"][-5:], "version": ["0"] * 5}
    assert ">1<" not in viewer.get("/durable/live/", forged).content.decode()
    assert "customer: veiled" in auditor.get("/durable/live/", query).content.decode()


@on_sqlite
def test_a_whole_id_opens_its_workflow(viewer: Client) -> None:
    rows.workflow("a/b")
    response = viewer.get(LIST, {"search": "a/b", "jump": "1"})
    assert response["Location"] == f"{LIST}a~2Fb/"
    in_htmx = viewer.get(
        LIST, {"search": "a/b", "jump": "1"}, headers={"HX-Request": "true"}
    )
    assert in_htmx["HX-Redirect"] == f"{LIST}a~2Fb/"
    assert viewer.get(LIST, {"search": "a/", "jump": "1"}).status_code == 200


@on_sqlite
def test_filters_are_told_as_chips_and_the_address_is_written_anew(
    viewer: Client,
) -> None:
    query = "search=&status=ERROR&statuses=PENDING&name=a.b&created=24h&queue_name="
    response = viewer.get(f"{LIST}?{query}", headers={"HX-Request": "true"})
    address = f"{LIST}?status=ERROR&status=PENDING&name=a.b&created=24h"
    assert response["HX-Push-Url"] == address
    html = response.content.decode()
    chips = re.findall(r'<strong title="([^"]+)">.*?href="([^"]+)"', html)
    assert [(title, unescape(url)) for title, url in chips] == [
        ("ERROR, PENDING", f"{LIST}?name=a.b&created=24h"),
        ("a.b", f"{LIST}?status=ERROR&status=PENDING&created=24h"),
        ("last 24 hours", f"{LIST}?status=ERROR&status=PENDING&name=a.b"),
    ]


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "start_time=yesterday",
        "created=99d",
        "sort=name",
        "subject=42",
        "attributes=[1]",
        "attributes={",
        "attributes=%7B%22a%22%3A%22%5Cu0000%22%7D",
    ],
)
def test_what_makes_no_sense_is_refused(auditor: Client, query: str) -> None:
    response = auditor.get(f"{LIST}?{query}")
    assert response.status_code == 422
    assert "This list cannot be shown" in response.content.decode()


def test_what_takes_too_long_is_given_up(
    auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.workflows(3)
    monkeypatch.setattr(patience, "_STEPS", 1)
    for name in ("QUERY_SECONDS", "COUNT_SECONDS"):
        monkeypatch.setattr(queries, name, 0.0005)
    slow(monkeypatch)
    response = auditor.get(f"{LIST}?search=order")
    assert response.status_code == 503
    assert "This list took too long" in response.content.decode()
    # Counts are left out, and do not stop the page.
    monkeypatch.setattr(queries, "QUERY_SECONDS", 30.0)
    html = auditor.get(f"{LIST}?search=order").content.decode()
    assert '<span class="count">…</span>' in html
    _slow._until.clear()
    # And the connection is as it was.
    assert Workflow.objects.filter(id="order-1").exists()


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every list take a while: a few rows are too fast for any limit."""
    matching = queries._matching
    waste = "pg_sleep(0.02) IS NOT NULL"
    if not on_postgresql():
        waste = (
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 20000) SELECT max(i) FROM n) > 0"
        )

    def sleeping(wanted: Any) -> Any:
        return matching(wanted).extra(where=[waste])  # noqa: S610 - a fixed text

    monkeypatch.setattr(queries, "_matching", sleeping)


@on_sqlite
def test_views_and_columns_are_the_users_own(viewer: Client, auditor: Client) -> None:
    rows.workflow("order-1", "ERROR")
    saved = viewer.post(
        "/durable/views/", {"name": " Failed  ones ", "query": "status=failed&x=1"}
    )
    wanted = "status=ERROR&status=MAX_RECOVERY_ATTEMPTS_EXCEEDED"
    assert saved["Location"] == f"{LIST}?{wanted}"
    view = SavedView.objects.get()
    assert (view.user.username, view.name, view.query) == (
        "viewer",
        "Failed ones",
        wanted,
    )
    assert "Failed ones" in viewer.get(LIST).content.decode()
    assert "Failed ones" not in auditor.get(LIST).content.decode()
    for change in ("rename", "delete"):
        auditor.post(f"/durable/views/{view.pk}/{change}/", {"name": "Mine"})
    view.refresh_from_db()
    assert view.name == "Failed ones"
    viewer.post(f"/durable/views/{view.pk}/rename/", {"name": "Broken"})
    view.refresh_from_db()
    assert view.name == "Broken"
    again = viewer.post("/durable/views/", {"name": "Broken", "query": ""})
    assert again.status_code == 302
    assert SavedView.objects.get().query == ""
    assert viewer.post("/durable/views/", {"name": " "}).status_code == 422
    viewer.post(f"/durable/views/{view.pk}/delete/", {"query": ""})
    assert not SavedView.objects.exists()

    viewer.post("/durable/columns/", {"columns": ["version", "nonsense", "created"]})
    assert Preference.objects.get().value == ["version", "created"]
    table = re.search(r'<table class="([^"]+)"', viewer.get(LIST).content.decode())
    assert table is not None
    assert {"no-queue", "no-duration", "no-name"} <= set(table[1].split())
    assert not {"no-version", "no-created"} & set(table[1].split())
    # The address wins over what was kept.
    html = viewer.get(f"{LIST}?columns=queue").content.decode()
    assert "no-version" in html
    assert "no-queue" not in re.findall(r'<table class="([^"]+)"', html)[0]
    assert User.objects.count() == 2


@on_sqlite
def test_a_filter_that_was_written_is_read_back(engine_database: str) -> None:
    from console.filters import WorkflowFilter  # noqa: PLC0415

    query = (
        "status=ERROR&name=a&queue_name=b&subject=x.y%3A1&created=1h&sort=oldest"
        "&attributes=%7B%22a%22%3A+1%7D&start_time=2026-11-22T12%3A00%3A00%2B00%3A00"
    )
    wanted = WorkflowFilter.parse(QueryDict(query), payloads=True)
    again = WorkflowFilter.parse(QueryDict(wanted.query()), payloads=True)
    assert again == wanted
    assert not wanted.empty
