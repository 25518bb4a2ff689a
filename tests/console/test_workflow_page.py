"""The page of one workflow: timeline, payloads, what it said, and what can be done."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.conf import PREVIEW_CHARACTERS
from console.models import AuditEntry
from console.tables.previews import Preview
from console.tables.timeline import MOST_LANES, Span, Timeline
from durable_engine.models import Event, Message, Step, StreamEntry, Workflow
from durable_engine.serialization.failures import encode_error
from durable_engine.states import StepState
from tests.console import rows
from tests.console.recording import recorded_queries
from tests.support.databases import on_sqlite

PAGE = "/durable/workflows/order-1/"
SECOND = timedelta(seconds=1)


@pytest.fixture
def root(engine_database: str) -> Client:
    """A browser of somebody who may do everything."""
    del engine_database
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def html_of(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.content.decode()


def span(first: int, start: float, end: float | None, **more: Any) -> Span:
    values: dict[str, Any] = {
        "last": first,
        "name": "shop.step",
        "child_workflow_id": None,
        "attempts": 1,
        "failed": 0,
        "cut_off_at": rows.START + 100 * SECOND,
    }
    ended = None if end is None else rows.START + end * SECOND
    return Span(
        first=first,
        started_at=rows.START + start * SECOND,
        completed_at=ended,
        **(values | more),
    )


def test_bars_lie_where_they_belong() -> None:
    line = Timeline.of(
        [
            span(1, 0, 50, name="durable.recv"),
            span(2, 50, 60, attempts=3),
            span(3, 50, 100, child_workflow_id="parcel"),
            span(4, 60, None, failed=1),
        ]
    )
    assert line is not None
    assert [(b.x, b.width, b.lane) for b in line.bars] == [
        ("0.000%", "50.000%", 0),
        ("50.000%", "10.000%", 0),
        ("50.000%", "50.000%", 1),
        ("60.000%", "40.000%", 0),
    ]
    kinds = [(b.span.kind, b.span.label, b.span.status) for b in line.bars]
    assert kinds == [
        ("wait", "recv", StepState.SUCCESS),
        ("step", "step ×3", StepState.SUCCESS),  # noqa: RUF001 - as it is written
        ("child", "step", StepState.SUCCESS),
        ("step", "step", StepState.ERROR),
    ]
    coarse = [tick.text for tick in line.ticks if tick.level == 0]
    assert coarse == ["0", "20 s", "40 s", "1 m", "1 m 20 s", "1 m 40 s"]
    crowd = Timeline.of([span(n, 0, 10) for n in range(1, 40)])
    assert crowd is not None
    assert max(bar.lane for bar in crowd.bars) == MOST_LANES - 1
    assert Timeline.of([]) is None


def test_ten_thousand_steps_are_one_bounded_page(viewer: Client) -> None:
    rows.workflow("order-1", completed_at=rows.START + 10_001 * SECOND)
    Step.objects.bulk_create(
        Step(
            workflow_id="order-1",
            position=position,
            name="shop.step",
            epoch=1 if position < 4000 else 2,
            started_at=rows.START + position * SECOND,
            completed_at=rows.START + (position + 0.5) * SECOND,
            error="x" if position == 5000 else None,
        )
        for position in range(1, 10_001)
    )
    with recorded_queries() as made:
        html = html_of(viewer)
    assert len(made) < 30
    assert len(re.findall(r'<tr id="step-', html)) == 200
    bars = re.findall(r'<a id="bar-(\d+)" href="([^"]+)".*?data-status="(\w+)"', html)
    assert len(bars) == 200
    assert bars[0] == ("1", "?after=0#steps", "SUCCESS")
    assert [first for first, _href, status in bars if status == "ERROR"] == ["4951"]
    assert "10,000 steps" in html
    assert "steps 4000–10000" in html  # noqa: RUF001 - a range, of the second claim
    window = html_of(viewer, f"{PAGE}?from=9901")
    positions = re.findall(r'<tr id="step-(\d+)"', window)
    assert (positions[0], positions[-1]) == ("9901", "10000")
    assert 'rel="prev" href="?after=9700#steps"' in window
    failed = html_of(viewer, f"{PAGE}?show=failed")
    assert re.findall(r'<tr id="step-(\d+)"', failed) == ["5000"]
    assert "no such step" in html_of(viewer, f"{PAGE}?show=retried")
    last = re.search(r'href="\?after=(\d+)#steps">Last<', html)
    assert last is not None
    assert last[1] == "9800"


def test_what_it_said_is_for_those_who_may_see_it(
    viewer: Client, auditor: Client
) -> None:
    rows.workflow("order-1", "PENDING")
    at = rows.START
    Event.objects.create(
        workflow_id="order-1", key="paid", value='"secret 1"', position=2, updated_at=at
    )
    Message.objects.create(
        workflow_id="order-1", topic="pay", body='"secret 2"', created_at=at
    )
    for offset, value, closes in ((0, '"secret 3"', False), (1, None, True)):
        StreamEntry.objects.create(
            workflow_id="order-1",
            key="log",
            offset=offset,
            value=value,
            closes=closes,
            position=3,
            created_at=at,
        )
    assert "secret" not in html_of(viewer)
    html = html_of(auditor)
    assert set(re.findall(r"secret \d", html)) == {"secret 1", "secret 2", "secret 3"}
    assert "1 value · closed" in " ".join(html.split())
    version = re.search(r'data-live="sealed-talk:order-1" data-version="(\w+)"', html)
    assert version is not None
    query = {"slot": "sealed-talk:order-1", "version": version[1]}
    assert auditor.get("/durable/live/", query).content == b""
    Message.objects.update(consumed_position=4)
    assert "step 4" in auditor.get("/durable/live/", query).content.decode()
    assert viewer.get("/durable/live/", query).content == b""


def test_payload_is_a_tree_a_text_and_a_file(auditor: Client) -> None:
    value = {"big": 12345678901234567890, "list": [1.10, None, "<b>"], "empty": {}}
    text = '{"big":12345678901234567890,"list":[1.10,null,"<b>"],"empty":{}}'
    assert json.loads(text) == value
    rows.workflow("order-1", inputs=text)
    html = html_of(auditor, f"{PAGE}inputs/")
    tree = html.partition('<pre class="raw"')[0]
    assert '<span class="number">12345678901234567890</span>' in tree
    assert '<span class="number">1.10</span>' in tree
    assert '<span class="word">null</span>' in tree
    assert "&lt;b&gt;" in tree
    assert "<b>" not in tree
    assert "3 keys" in tree
    response = auditor.get(f"{PAGE}inputs/?download=1")
    assert response.content.decode() == text
    assert response["Content-Disposition"] == (
        'attachment; filename="order-1-inputs.json"'
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    # What is too large or too deep is text only, and quickly.
    for large in (f"[{'1,' * 20_000}1]", "[" * 5000 + "]" * 5000):
        Workflow.objects.update(inputs=large)
        assert 'class="raw"' in html_of(auditor, f"{PAGE}inputs/")


@on_sqlite
def test_traceback_is_folded(auditor: Client) -> None:
    def fail(depth: int) -> None:
        if depth:
            return fail(depth - 1)
        message = "no"
        raise ValueError(message)

    try:
        fail(5)
    except ValueError as error:
        text = encode_error(error, limit_bytes=100_000)
    rows.workflow("order-1", "ERROR", error=text)
    html = html_of(auditor, f"{PAGE}error/")
    assert "<strong>ValueError</strong>: no" in html
    folded = re.search(r"<summary>(\d) frames more<", html)
    assert folded is not None
    assert html.count("<pre>") == 1 + int(folded[1]) + 2
    page = html_of(auditor)
    assert 'id="payload-error" open' in page


def test_around_it_are_its_family_and_its_trail(root: Client, viewer: Client) -> None:
    rows.workflow("grandma")
    rows.workflow("mum", parent_workflow_id="grandma")
    rows.workflow("order-1", parent_workflow_id="mum", forked_from="origin")
    AuditEntry.objects.create(
        actor="ada", via="api", action="resume_workflow", target_type="workflow",
        target_id="order-1", outcome="refused", reason="hurry",
    )  # fmt: skip
    rows.workflow("kid", parent_workflow_id="order-1")
    rows.workflow("grandkid", parent_workflow_id="kid")
    rows.workflow("great-grandkid", parent_workflow_id="grandkid")
    rows.workflow("too-deep", parent_workflow_id="great-grandkid")
    rows.workflow("copy", forked_from="order-1")
    html = html_of(root)
    tree = html[html.index('id="family"') :]
    order = ["grandma", ">mum<", "this one", ">kid<", ">grandkid<", ">great-grandkid<"]
    order += [">copy<"]
    assert ">too-deep<" not in tree
    assert sorted(order, key=tree.index) == order
    assert 'href="/durable/workflows/origin/"' in tree
    assert "resume workflow" in html
    assert "hurry" in html
    assert "hurry" not in html_of(viewer)


def test_every_act_answers(root: Client) -> None:
    rows.workflow("order-1", "ERROR", error="x")
    rows.step("order-1", 1)
    rows.step("order-1", 2, error="x", output=None)
    in_htmx = {"headers": {"HX-Request": "true"}}
    for action, said in (
        ("restart", "Restarted as"),
        ("retry", "Retried as"),
        ("fork", "Forked as"),
    ):
        response = root.post(f"{PAGE}{action}/", {"start_step": "2"}, **in_htmx)
        text = response.content.decode()
        assert response.status_code == 200, text
        assert said in text
        made = re.search(r"<code>([^<]+)</code>", text)
        assert made is not None
        assert Workflow.objects.filter(id=unescape(made[1])).exists()
    assert Workflow.objects.count() == 4
    bad = root.post(f"{PAGE}fork/", {"start_step": "zero"}, **in_htmx)
    assert bad.status_code == 422
    assert "a number from 1" in bad.content.decode()
    gone = root.post(f"{PAGE}delete/", {"reason": "old"}, **in_htmx)
    assert gone["HX-Retarget"] == "#main"
    assert "Deleted." in gone.content.decode()
    assert not Workflow.objects.filter(id="order-1").exists()
    done = AuditEntry.objects.filter(outcome="done").values_list("action", flat=True)
    assert list(done.order_by("id")) == [
        "restart_workflow",
        "retry_workflow",
        "fork_workflow",
        "delete_workflow",
    ]


def test_a_message_is_sent(root: Client, viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    path = f"{PAGE}send/"
    sent = root.post(path, {"message": '{"paid": true}', "topic": "pay"})
    assert sent.status_code == 302
    message = Message.objects.get()
    assert (message.topic, json.loads(message.body)) == ("pay", {"paid": True})
    bad = root.post(path, {"message": "hello"})
    assert bad.status_code == 422
    assert "A text stands in quotes." in bad.content.decode()
    missing = root.post("/durable/workflows/nobody/send/", {"message": "1"})
    assert missing.status_code == 404
    assert viewer.post(path, {"message": "1"}).status_code == 403
    assert Message.objects.count() == 1


def test_without_scripts_every_act_asks_and_answers_on_pages(
    root: Client, viewer: Client
) -> None:
    rows.workflow("order-1", "PENDING")
    rows.step("order-1", 1)
    html = html_of(root)
    leads = re.findall(r'formaction="(\w+)/"', html)
    acts = ["cancel", "resume", "retry", "restart", "fork", "send", "delete"]
    assert leads == acts
    for action in acts:
        asked = html_of(root, f"{PAGE}{action}/")
        assert f'method="post" action="{PAGE}{action}/"' in asked
        assert "csrfmiddlewaretoken" in asked
        assert "order-1" in asked
        assert viewer.get(f"{PAGE}{action}/").status_code == 403
        missing = root.get(f"/durable/workflows/nobody/{action}/")
        assert missing.status_code == 404
    assert 'value="3"' in html_of(root, f"{PAGE}fork/?start_step=3")
    assert not AuditEntry.objects.filter(outcome="done").exists()
    forked = root.post(f"{PAGE}fork/", {"start_step": "1", "reason": "try"})
    assert forked["Location"] == PAGE
    copy = Workflow.objects.exclude(id="order-1").get().id
    said = re.search(r'id="said"[^>]*>(.*?)</p>', html_of(root))
    assert said is not None
    assert said[1].startswith("Forked as ")
    assert copy in said[1]
    assert 'id="said"' not in html_of(root)  # once
    bad = root.post(f"{PAGE}send/", {"message": "hello", "topic": "pay"})
    assert bad.status_code == 422
    kept = bad.content.decode()
    assert "hello</textarea>" in kept
    assert 'value="pay"' in kept
    root.post(f"{PAGE}cancel/")
    again = root.post(f"{PAGE}cancel/")
    # Nothing was done: the answer stands on the page that was open, which works on.
    assert again.status_code == 409
    html = again.content.decode()
    assert re.search(r'id="said" role="alert">Nothing has changed: ', html)
    assert 'data-live="facts:order-1"' in html
    assert f'formaction="{PAGE}restart/"' in html
    assert f'hx-post="{PAGE}restart/"' in html


def test_a_payload_is_a_page_of_its_own_too(auditor: Client) -> None:
    rows.workflow("order-1", output="1")
    rows.step("order-1", 2, output='{"a":1}')
    html = html_of(auditor)
    for path in (f"{PAGE}inputs/", f"{PAGE}output/", f"{PAGE}steps/2/output/"):
        assert f'href="{path}"' in html
        page = html_of(auditor, path)
        assert f'href="{PAGE}' in page
        piece = auditor.get(path, headers={"HX-Request": "true"}).content.decode()
        assert "<html" in page
        assert "<html" not in piece
    assert '<h1 class="wrap">2 · shop.workflows.step_2 · Output</h1>' in html_of(
        auditor, f"{PAGE}steps/2/output/"
    )


def test_head_says_where_it_stands(viewer: Client) -> None:
    rows.workflow("order-1", "PENDING")
    rows.step("order-1", 1)
    assert "step-2" not in html_of(viewer)
    rows.step("order-1", 2, name="shop.charge", completed_at=None, attempts=3)
    html = html_of(viewer)
    assert re.search(
        rf'class="link" href="{PAGE}\?after=1#step-2">2 · charge</a>', html
    )
    assert "attempt 3" in html
    error = encode_error(ValueError("no"), limit_bytes=1000)
    Step.objects.filter(position=2).update(error=error, completed_at=rows.START)
    for status, told in (("ERROR", True), ("SUCCESS", False)):
        Workflow.objects.update(status=status)
        assert ("failed at" in html_of(viewer)) is told


@pytest.mark.parametrize(
    ("kind", "stored", "line"),
    [
        ("inputs", '{"args":[42,"ü"],"kwargs":{"note":null}}', '42, "ü", note=null'),
        ("inputs", '{"args":[{"~decimal":"1.50"}],"kwargs":{}}', "1.50"),
        ("inputs", '{"args":[],"kwargs":{}}', ""),
        ("inputs", "[1]", "[1]"),
        ("inputs", "!pickle!abc", ""),
        ("output", '{"a":1}', '{"a":1}'),
        ("output", "x" * 400, f"{'x' * PREVIEW_CHARACTERS}…"),
    ],
)
def test_a_payload_begins_in_one_line(kind: str, stored: str, line: str) -> None:
    assert Preview(kind=kind, text=stored).line == line


def test_payloads_that_come_later_appear(auditor: Client) -> None:
    rows.workflow("order-1", "PENDING")
    html = html_of(auditor)
    assert "payload-inputs" in html
    assert "payload-output" not in html
    version = re.search(
        r'data-live="sealed-payloads:order-1" data-version="(\w+)"', html
    )
    assert version is not None
    query = {"slot": "sealed-payloads:order-1", "version": version[1]}
    assert auditor.get("/durable/live/", query).content == b""
    Workflow.objects.update(output='"done at last"')
    assert "done at last" in unescape(
        auditor.get("/durable/live/", query).content.decode()
    )


def test_way_back_keeps_the_filters(viewer: Client) -> None:
    rows.workflow("order-1")
    here = "http://testserver/durable/workflows/"
    for came, back in (
        (f"{here}?status=ERROR&x=1", "?status=ERROR"),
        (f"{here}?status=NONE", ""),
        ("http://testserver/durable/queues/?status=ERROR", ""),
        ("", ""),
    ):
        html = viewer.get(PAGE, headers={"Referer": came}).content.decode()
        assert f'href="/durable/workflows/{back}">Workflows</a></nav>' in html
