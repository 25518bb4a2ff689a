"""Acting on many: the question, the work in batches, and what is refused."""

import re
from html import unescape

import pytest
from django.test import Client

from console.models import AuditEntry
from console.queries import workflows as queries
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

ASK, ACT = "/durable/bulk/ask/", "/durable/bulk/act/"
IN_HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def keeper(engine_database: str) -> Client:
    """A browser of somebody who may cancel and restart."""
    del engine_database
    client = Client()
    client.force_login(
        make_user("keeper", "view_workflow", "cancel_workflow", "fork_workflow")
    )
    return client


def asked(client: Client, **data: object) -> str:
    response = client.post(ASK, data, **IN_HTMX)
    assert response.status_code == 200, response.content
    return response.content.decode()


def named(html: str) -> list[str]:
    found = re.search(
        r"<textarea name=\"ids\" hidden>\n(.*?)</textarea>", html, re.DOTALL
    )
    assert found is not None
    return unescape(found[1]).split("\n")


def test_cancel_all_that_match_with_a_result_for_each(keeper: Client) -> None:
    rows.workflows(5, status="ENQUEUED")
    rows.workflow("done", "SUCCESS")
    rows.workflow("other", "ENQUEUED", name="mail.workflows.send")
    query = "name=shop.workflows.checkout"
    html = asked(keeper, action="cancel", all="1", query=query)
    assert "Cancel 6 workflows?" in html
    assert "cannot be undone" not in html
    assert "Those that wait end now" in html
    assert "Cancel their children, too" in html
    assert "and 1 other<" in html
    assert html.count("<li><code") == 5
    counted = re.findall(r'data-status="\w+">(\d+ \w+)<', html)
    assert counted == ["5 ENQUEUED", "1 SUCCESS"]
    ids = named(html)
    assert sorted(ids) == ["done", *(f"order-{n}" for n in range(5))]
    # It was counted; what comes later is not acted on.
    rows.workflow("later", "ENQUEUED")
    answer = keeper.post(
        ACT,
        {"action": "cancel", "ids": "\r\n".join(ids), "reason": "tidy", "query": query},
    ).content.decode()
    assert "5 changed, 1 left alone" in answer
    assert answer.count("Cancelled.") == 5
    assert f'href="/durable/workflows/?{query}"' in answer
    statuses = dict(Workflow.objects.values_list("id", "status"))
    assert [statuses[f"order-{n}"] for n in range(5)] == ["CANCELLED"] * 5
    assert (statuses["later"], statuses["other"]) == ("ENQUEUED", "ENQUEUED")
    entries = AuditEntry.objects.filter(action="cancel_workflow", reason="tidy")
    assert entries.count() == 6
    batch = keeper.post(
        ACT,
        {"action": "restart", "ids": "done\nnone", "reason": "again"},
        headers={"X-Durable-Batch": "1"},
    ).content.decode()
    lines = re.findall(r"<li( class=\"left\")?>", batch)
    assert lines == ["", ' class="left"']
    made = Workflow.objects.exclude(id__in=statuses).get()
    assert made.id in batch


@on_sqlite
def test_question_is_bounded_and_says_so(
    keeper: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.workflows(6, status="ENQUEUED")
    monkeypatch.setattr(queries, "BULK_ROWS", 4)
    html = asked(keeper, action="cancel", all="1", query="")
    assert named(html) == ["order-5", "order-4", "order-3", "order-2"]
    assert "More match" in html
    some = asked(keeper, action="fork", ids=["order-1", "order-0", "order-1"])
    assert named(some) == ["order-1", "order-0"]
    one = asked(keeper, action="cancel", ids=["order-1"])
    for words in ("Cancel 1 workflow?", "If it waits it ends now", "its children, too"):
        assert words in one
    assert 'name="start_step"' in some


@on_sqlite
def test_what_is_refused_says_why_and_changes_nothing(
    keeper: Client, viewer: Client
) -> None:
    rows.workflow("order-1", "ENQUEUED")
    one = {"ids": "order-1", "reason": "r"}
    refused = keeper.post(ACT, {**one, "action": "delete"})
    assert refused.status_code == 403
    assert "durable_engine.delete_workflow" in refused.content.decode()
    assert keeper.post(ASK, {**one, "action": "delete"}).status_code == 403
    assert viewer.post(ACT, {**one, "action": "cancel"}).status_code == 403
    for data, said in (
        ({**one, "action": "explode"}, "There is no action “explode”."),
        ({"ids": "order-1", "action": "cancel", "reason": " "}, "Say why"),
        ({**one, "action": "fork", "start_step": "0"}, "a number from 1"),
        (
            {**one, "action": "cancel", "ids": "\n".join(map(str, range(10_001)))},
            "At most 10000 at once.",
        ),
    ):
        response = keeper.post(ACT, data)
        assert response.status_code == 422
        assert said in response.content.decode()
    nothing = keeper.post(ASK, {"action": "cancel"}, **IN_HTMX)
    assert nothing.status_code == 422
    assert nothing["HX-Retarget"] == "#answer"
    assert keeper.get(ASK).status_code == keeper.get(ACT).status_code == 405
    assert Workflow.objects.get().status == "ENQUEUED"


@on_sqlite
def test_who_may_not_act_sees_no_button(viewer: Client, keeper: Client) -> None:
    rows.workflow("order-1")
    html = viewer.get("/durable/workflows/").content.decode()
    assert 'id="bulk"' not in html
    html = keeper.get("/durable/workflows/").content.decode()
    buttons = re.findall(r'name="action" value="(\w+)"', html)
    assert buttons == ["cancel", "retry", "restart", "fork"]
    assert 'aria-label="Select order-1"' in html
