"""The pages about what runs and who does what, in a real browser.

Served by a real process below `/ops/durable/`; this process writes rows, so changes
come from another process.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoDbBlocker

from console.models import ApiToken, AuditEntry
from durable_engine.models import (
    Queue,
    Workflow,
)
from tests.console import rows
from tests.console.happenings import happen
from tests.support.axe import barriers
from tests.support.connections import connected_to
from tests.support.databases import VENDORS
from tests.support.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

pytest.importorskip("playwright")

from playwright.sync_api import expect

BASE = "/ops/durable/"
PAGES = (
    "",
    "?range=20261101T000000Z-20261103T120000Z",
    "queues/?sort=oldest",
    "queues/mail~2Fout/",
    "queues/mail~2Fout/pause/",
    "schedules/",
    "schedules/nightly/",
    "executors/",
    "versions/",
    "versions/v1/resume/",
    "audit/",
    "tokens/",
    "preferences/",
)
PATIENCE_MS = 6_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module", params=VENDORS)
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """The address of a site on which something has happened."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    project = Project(tmp_path_factory.mktemp("site"), url)
    with (
        django_db_blocker.unblock(),
        connected_to(default=url),
        project.server() as address,
    ):
        happen()
        yield f"{address}{BASE}"
    databases.drop(url)


on_sqlite = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def operator(site: str) -> dict[str, str]:
    """The cookie of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": site}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: script errors and violations."""
    return []


@pytest.fixture
def page(
    browser: "Browser", operator: dict[str, str], complaints: list[str]
) -> Iterator["Page"]:
    """A page of a logged-in operator."""
    context = browser.new_context()
    context.add_cookies([operator])
    page = context.new_page()

    def note(message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


@on_sqlite
def test_every_page_is_open_to_everybody_and_fits_a_phone(
    page: "Page", site: str, complaints: list[str]
) -> None:
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{site}{path}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert barriers(page) == [], f"{path} in {scheme}"
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert complaints == []


def test_a_queue_is_paused_limited_and_resumed(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}queues/")
    row = page.locator("tr", has_text="mail/out")
    row.get_by_role("button", name=re.compile("^Pause")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Pause the queue mail/out?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert Queue.objects.get().paused is False
    row.get_by_role("button", name=re.compile("^Pause")).click()
    dialog.get_by_label("Reason").fill("flood")
    dialog.get_by_role("button", name="Pause queue").click()
    expect(page.locator("#answer")).to_contain_text("The queue mail/out is paused.")
    # The row changes by itself, over the socket.
    expect(row).to_contain_text("paused")
    expect(row.get_by_role("button", name=re.compile("^Resume"))).to_be_visible()
    assert AuditEntry.objects.filter(action="pause_queue", reason="flood").exists()

    row.get_by_role("link", name=re.compile("^Edit limits")).click()
    page.get_by_label("At once, over all workers").fill("0")
    page.get_by_role("button", name="Save limits").click()
    expect(page.locator("#limits")).to_contain_text("greater than or equal to 1")
    page.get_by_label("At once, over all workers").fill("9")
    page.get_by_label("Starts in a period").fill("3")
    page.get_by_role("button", name="Save limits").click()
    expect(page.locator("#limits")).to_contain_text("A rate needs both")
    page.get_by_label("per", exact=True).fill("60")
    page.get_by_role("button", name="Save limits").click()
    expect(page.locator("#limits")).to_contain_text("Saved.")
    rate = {"limit": 3, "period": 60.0}
    assert Queue.objects.get().overridden == {"concurrency": 9, "limiter": rate}
    page.get_by_role("button", name="Reset all to what is declared").click()
    expect(page.locator("#limits")).to_contain_text("Saved.")
    assert Queue.objects.get().overridden == {}
    page.get_by_role("button", name="Resume queue").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume queue").click()
    expect(page.locator("#answer")).to_contain_text("The queue mail/out goes on.")
    assert Queue.objects.get().paused is False
    # A refused form is an answer, which the browser notes.
    assert [text for text in complaints if "422" not in text] == []


def test_a_schedule_is_triggered_and_backfilled(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}schedules/")
    row = page.locator("tr", has_text="nightly")
    expect(row).to_contain_text("At 03:00 every day")
    expect(row).to_contain_text("10 missed")
    row.get_by_role("button", name=re.compile("^Trigger")).click()
    page.get_by_role("button", name="Trigger schedule").click()
    expect(page.locator("#answer")).to_contain_text("Started sched-nightly-trigger-")
    page.goto(f"{site}schedules/nightly/")
    day = datetime.now(UTC).replace(hour=12, minute=0)  # noqa: TID251 - its schedule's
    page.locator("#id_start").fill(f"{day - timedelta(days=4):%Y-%m-%dT%H:%M}")
    page.locator("#id_end").fill(f"{day - timedelta(days=1):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Count first").click()
    expect(page.locator("#backfill")).to_contain_text("3 workflows would start")
    assert not Workflow.objects.filter(id__startswith="sched-nightly-2").exists()
    page.locator("#backfill").get_by_role("button", name="Backfill").click()
    expect(page.locator("#backfill")).to_contain_text("3 ticks have their workflows")
    assert Workflow.objects.filter(id__startswith="sched-nightly-2").count() == 3
    # What was missed is there now, and the page says so by itself.
    expect(page.get_by_text("ENQUEUED").first).to_be_visible()
    assert complaints == []


@on_sqlite
def test_pages_stay_live_where_sockets_are_blocked(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    page.goto(f"{site}queues/")
    page.wait_for_selector('#live[data-state="polling"]')
    Queue.objects.update(paused=True)
    row = page.locator("tr", has_text="mail/out")
    expect(row.get_by_role("button", name=re.compile("^Resume"))).to_be_visible()
    Queue.objects.update(paused=False)
    expect(row.get_by_role("button", name=re.compile("^Pause"))).to_be_visible()
    assert complaints == []


@on_sqlite
def test_stranded_workflows_are_resumed(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}versions/")
    expect(page.locator("tr", has_text="v1")).to_contain_text("stranded")
    expect(page.locator("tr", has_text="v2")).not_to_contain_text("stranded")
    page.get_by_role("button", name=re.compile("^Resume v1")).click()
    page.get_by_label("Reason").fill("the old release is gone")
    page.get_by_role("button", name="Resume onto the current version").click()
    expect(page.get_by_role("status").first).to_contain_text("1 workflow was resumed.")
    expect(page.locator("tr", has_text="stuck")).to_contain_text("resumed")
    assert Workflow.objects.get(pk="stuck").app_version != "v1"
    assert AuditEntry.objects.filter(action="resume_workflow").count() == 1
    assert complaints == []


@on_sqlite
def test_the_trail_is_filtered_and_announced(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}audit/")
    page.get_by_label("Who").fill("ada")
    page.get_by_label("Outcome").select_option("done")
    expect(page).to_have_url(re.compile(r"actor=ada.*outcome=done"))
    expect(page.locator("#entries")).to_contain_text("cancel workflow")
    page.get_by_label("Action").fill("delete_workflow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.go_back()
    expect(page.locator("#entries")).to_contain_text("cancel workflow")
    AuditEntry.objects.create(
        actor="ada", via="api", action="fork_workflow", target_type="workflow",
        target_id="order-2", outcome="done",
    )  # fmt: skip
    page.get_by_role("link", name=re.compile("^1 new")).click()
    expect(page.locator("#entries")).to_contain_text("fork workflow")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON lines").click()
    lines = download.value.path().read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    assert {entry["actor"] for entry in kept} == {"ada"}
    assert kept[0]["action"] == "fork_workflow"
    assert complaints == []


@on_sqlite
def test_a_token_is_shown_once_and_revoked(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}tokens/")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    page.get_by_label("What it is for").fill("deploy")
    page.get_by_label("view_workflow").check()
    page.get_by_role("button", name="Make token").click()
    text = page.locator("#token-text").inner_text()
    assert re.fullmatch(r"dur_[\w-]{43}", text)
    token = ApiToken.objects.get()
    assert token.permissions == ["durable_engine.view_workflow"]
    page.goto(f"{site}tokens/")
    expect(page.get_by_text(text)).to_have_count(0)
    page.get_by_role("button", name="Revoke deploy").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.locator("#answer")).to_contain_text("The token is revoked.")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert [text for text in complaints if "422" not in text] == []


def test_the_dashboard_keeps_itself_up_to_date(
    page: "Page", site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}?range=15m")
    page.wait_for_selector('#live[data-state="live"]')
    failed = page.locator("a.tile", has_text="Failed")
    before = int(failed.locator(".figure").inner_text())
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    rows.workflow("broken", "ERROR", created_at=now, completed_at=now)
    expect(failed.locator(".figure")).to_have_text(str(before + 1))
    latest = page.locator('[aria-labelledby="failures"]')
    expect(latest.get_by_role("link", name=re.compile("broken"))).to_be_visible()
    chart = page.get_by_role("img", name="Failed")
    expect(chart).to_be_visible()
    table = page.locator("figure", has=chart)
    table.locator("summary").click()
    expect(table.get_by_role("table")).to_contain_text("failed")
    # It stays open when the charts change.
    later = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    rows.workflow("again", "ERROR", created_at=later, completed_at=later)
    expect(failed.locator(".figure")).to_have_text(str(before + 2))
    expect(table.get_by_role("table")).to_be_visible()
    # All of one cause are retried without leaving the page.
    page.get_by_role("button", name=re.compile("^Retry [0-9]+ that failed")).click()
    asked = page.get_by_role("dialog", name=re.compile("^Retry [0-9]+ workflows"))
    asked.get_by_label("Reason").fill("mended")
    asked.get_by_role("button", name=re.compile("^Retry [0-9]+ workflows")).click()
    expect(asked.get_by_role("status")).to_contain_text("left alone")
    expect(asked.get_by_label("What came of each")).to_contain_text("order-2")
    asked.get_by_role("button", name="Close").click()
    expect(asked).to_be_hidden()
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile(r"range=7d"))
    assert complaints == []


@on_sqlite
def test_pages_are_operated_without_scripts(
    browser: "Browser", operator: dict[str, str], site: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([operator])
    page = context.new_page()

    def press(name: str) -> None:
        page.get_by_role("button", name=name).click()

    page.goto(f"{site}queues/")
    press("Pause mail/out")
    page.get_by_label("Reason").fill("a flood")
    press("Pause queue")
    expect(page.locator("tr", has_text="mail/out")).to_contain_text("paused")
    press("Resume mail/out")
    press("Resume queue")
    page.get_by_role("link", name="Edit limits of mail/out").click()
    page.get_by_label("At once, over all workers").fill("9")
    press("Save limits")
    press("Reset all to what is declared")
    expect(page.locator("#limits")).to_contain_text("Saved.")
    assert Queue.objects.get().overridden == {}

    page.goto(f"{site}schedules/nightly/")
    page.locator("#id_start").fill("2025-06-20T00:00")
    page.locator("#id_end").fill("2025-06-01T00:00")
    press("Count first")
    expect(page.locator("#backfill")).to_contain_text("The end must come after")
    page.locator("#id_end").fill("2025-06-21T00:00")
    press("Count first")
    expect(page.locator("#backfill")).to_contain_text("1 workflow would start")

    page.goto(f"{site}audit/")
    page.get_by_label("Action", exact=True).fill("pause_queue")
    press("Show")
    expect(page.locator("#entries")).to_contain_text("a flood")

    page.goto(site)
    page.locator("summary", has_text="From").click()
    page.locator("#range-start").fill("2026-11-20T00:00")
    page.locator("#range-end").fill("2026-11-21T00:00")
    press("Show")
    expect(page).to_have_url(re.compile(r"range=202611"))
    page.locator("figure summary").first.click()
    expect(page.locator("figure table").first).to_be_visible()
    context.close()


@on_sqlite
def test_times_are_the_browser_s_where_its_user_wants_that(
    browser: "Browser", operator: dict[str, str], site: str
) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    context.add_cookies([operator])
    page = context.new_page()
    page.goto(f"{site}preferences/")
    page.get_by_role("radio", name=re.compile("^This browser")).check()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.locator("main")).to_contain_text("JST")
    page.goto(f"{site}?range=15m")
    page.wait_for_selector('#live[data-state="live"]')
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    rows.workflow("in tokyo", "ERROR", created_at=now, completed_at=now)
    # It comes over the socket, in the zone of this page.
    hover = page.locator("li", has_text="in tokyo").locator("time")
    expect(hover).to_have_attribute("title", re.compile("JST$"))
    page.goto(f"{site}preferences/")
    page.get_by_role("radio", name=re.compile("^The site")).check()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.locator("main")).not_to_contain_text("JST")
    context.close()
