"""Why workflows failed: in the list, and together on the overview."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.tables.causes import Cause
from durable_engine.errors import MaxStepRetriesExceeded
from durable_engine.models import Workflow
from durable_engine.serialization.failures import encode_error
from tests.console import rows
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

LIST = "/durable/workflows/"


def error(type_name: str, message: str) -> str:
    return json.dumps({"type": type_name, "message": message}, separators=(",", ":"))


def hides_payroll(actor: Any, permission: Any, target: str) -> bool:
    return not target.startswith("payroll") and actor.user.has_perm(permission.value)


def hides_errors(actor: Any, permission: Any, target: str) -> bool:
    hidden = target == "order-1" and permission.value.endswith("view_payload")
    return not hidden and bool(actor.user.has_perm(permission.value))


def happen() -> None:
    """Two causes, the more frequent one with messages that differ in numbers."""
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    for number in range(1, 4):
        text = f"card 42{number:02} <b>declined</b>, request 9f8e7d6c5b4a321{number}"
        rows.workflow(
            f"order-{number}",
            "ERROR",
            error=error("shop.cards.Declined", text),
            created_at=now - timedelta(seconds=9 - number),
        )
    broken = {"error": error("KeyError", "'sku'"), "name": "shop.workflows.report"}
    rows.workflow("report-1", "ERROR", created_at=now, **broken)
    sealed = {"error": "!fernet!gAAAA", "name": "shop.workflows.secret"}
    rows.workflow("sealed-1", "ERROR", created_at=now, **sealed)
    rows.workflow("order-9", created_at=now)


def why(client: Client) -> str:
    html = client.get("/durable/").content.decode()
    found = re.search(r'<section class="block causes".*?</section>', html, re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("order 42 of 7.5 at 10:30", "order … of … at …"),
        ("req_0a1b2c3d failed", "req_… failed"),
        ("id 6f9619ff-8b86-d011-b42d-00c04fc964ff", "id …"),
        ("<Thing object at 0x7f3a>", "<Thing object at …>"),
        ("nothing varies, not even deadbeef", "nothing varies, not even deadbeef"),
    ],
)
def test_numbers_and_ids_make_no_other_cause(message: str, pattern: str) -> None:
    assert Cause(type_name="E", message=message).pattern == pattern


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (error("a.b.Bad", "two\n lines"), "Bad: two lines"),
        (error("Bad", ""), "Bad"),
        (error("Bad", 'say "é\\"')[:-2], 'Bad: say "é\\"'),
        ('{"type":"Bad","message":"cut \\u00', "Bad: cut "),
        ('{"type":"Bad","message":"half \\ud83d a pair', "Bad: half ? a pair"),
    ],
)
def test_an_error_is_told_in_a_line(head: str, line: str) -> None:
    cause = Cause.of(head)
    assert cause is not None
    assert cause.line.rstrip() == line.rstrip()


def test_of_attempts_the_last_error_is_told() -> None:
    exhausted = MaxStepRetriesExceeded(
        step_name="shop.charge", max_attempts=4, errors=[ValueError("no"), OSError("x")]
    )
    cause = Cause.of(encode_error(exhausted, limit_bytes=10_000))
    assert cause is not None
    assert cause.line == "MaxStepRetriesExceeded: charge: OSError: x"


def test_of_what_is_no_error_of_ours_nothing_is_told() -> None:
    assert Cause.of("!fernet!gAAAA") is None
    assert Cause.of('{"type": 7') is None


def test_failures_of_one_cause_stand_together(auditor: Client, viewer: Client) -> None:
    happen()
    html = why(auditor)
    told = re.findall(r"bad-text\">(\d+)<", html)
    assert told == ["3", "1", "1"]
    assert "card … &lt;b&gt;declined&lt;/b&gt;, request …" in html
    assert "&#x27;sku&#x27;" in html
    assert "Not recorded, or encrypted" in html
    assert f'href="{LIST}order-3/"' in html
    listed = auditor.get(LIST).content.decode()
    assert "Declined: card 4202 &lt;b&gt;" in listed
    # It is payload, to be seen by nobody else: not on pages, nor live.
    assert why(viewer) == ""
    assert "Declined" not in viewer.get(LIST).content.decode()
    keys = ["sealed-causes:1h", "sealed-row:order-1"]
    query = {"slot": keys, "version": ["old", "old"]}
    assert viewer.get("/durable/live/", query).content == b""
    assert b"Declined: card 4201" in auditor.get("/durable/live/", query).content


@on_sqlite
def test_all_of_one_cause_are_retried(viewer: Client) -> None:
    happen()
    chief = Client()
    chief.force_login(User.objects.create_superuser("chief"))
    html = why(chief)
    keys = re.findall(r'form="retry-cause" name="cause" value="(\w+)"', html)
    form = {"action": "retry", "range": "1h", "cause": keys[0]}
    asked = chief.post("/durable/bulk/ask/", form).content.decode()
    assert "Retry 3 workflows?" in asked
    ids = re.search(
        r'<textarea name="ids" hidden>\s*(.*?)</textarea>', asked, re.DOTALL
    )
    assert ids is not None
    assert ids[1].split() == ["order-3", "order-2", "order-1"]
    for cause in ("forged", keys[0]):
        form = {"action": "retry", "range": "1h", "cause": cause}
        clerk = viewer if cause != "forged" else chief
        assert clerk.post("/durable/bulk/ask/", form).status_code in (403, 422)
    # Who may retry, and see no payloads, is not told which they are.
    forker = Client()
    forker.force_login(make_user("forker", "view_workflow", "fork_workflow"))
    assert forker.post("/durable/bulk/ask/", form).status_code == 422


@on_sqlite
def test_where_a_project_decides_by_object_no_workflow_is_told(
    auditor: Client, settings: Any
) -> None:
    happen()
    Workflow.objects.filter(id="order-3").update(id="payroll-3")
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.hides_payroll"}
    html = why(auditor)
    assert "Declined" in html
    assert "declined" not in html
    assert "payroll" not in html
    # In the list each row tells of its own.
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.hides_errors"}
    html = auditor.get(LIST).content.decode()
    assert "card 4202" in html
    assert "order-1" in html
    assert "card 4201" not in html
