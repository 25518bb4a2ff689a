"""The console in a real browser, served by a real process below `/ops/durable/`.

This process writes rows and the server shows them: changes come from another process.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoDbBlocker

from console.models import AuditEntry
from durable_engine.models import Message, Step, Workflow
from tests.console import rows
from tests.console.test_addresses import AWKWARD
from tests.support.connections import connected_to
from tests.support.databases import VENDORS
from tests.support.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

pytest.importorskip("playwright")

from playwright.sync_api import expect

LIST = "/ops/durable/workflows/"
LIVE = '#live[data-state="live"]'
POLLING = '#live[data-state="polling"]'
PATIENCE_MS = 15_000
CODE = """
    import durable_engine as durable

    @durable.workflow()
    def checkout(order_id: int) -> int:
        return order_id
    """

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module", params=VENDORS)
def running_site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """The address of a site that all tests of this module share."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    project = Project(tmp_path_factory.mktemp("site"), url)
    project.workflows(CODE)
    with (
        django_db_blocker.unblock(),
        connected_to(default=url),
        project.server() as address,
    ):
        yield address
    databases.drop(url)


on_sqlite = pytest.mark.parametrize("running_site", ["sqlite"], indirect=True)


@pytest.fixture
def site(running_site: str) -> str:
    """The address of a site that knows nobody and has run nothing."""
    for model in (Workflow, Step, Message, Session, User):
        model.objects.all().delete()
    return running_site


@pytest.fixture
def complaints(page: "Page") -> list[str]:
    """What the browser complains about: script errors, violations, dialogs."""
    found: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", lambda dialog: (found.append("a dialog"), dialog.dismiss()))
    return found


def log_in(page: "Page", site: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": site}
    page.context.add_cookies([cookie])


def row(page: "Page", workflow_id: str):
    return page.locator("tr", has=page.get_by_text(workflow_id, exact=True))


def open_list(page: "Page", site: str, query: str = "", *, state: str = LIVE) -> None:
    page.goto(f"{site}{LIST}{query}")
    page.wait_for_selector(state, timeout=PATIENCE_MS)
    page.evaluate("window.opened = true")


def assert_never_reloaded(page: "Page") -> None:
    assert page.evaluate("window.opened") is True


def test_change_in_another_process_appears(
    page: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflows(3, status="ENQUEUED")
    log_in(page, site)
    open_list(page, site)
    for status in ("PENDING", "SUCCESS"):
        Workflow.objects.filter(id="order-1").update(
            status=status, started_at=rows.START, completed_at=rows.START
        )
        expect(row(page, "order-1")).to_have_attribute("data-status", status)
    expect(row(page, "order-2")).to_have_attribute("data-status", "ENQUEUED")
    expect(page.locator("#announcer")).to_have_text("order-1: SUCCESS")
    expect(page.locator('.strip [data-status="SUCCESS"] .count')).to_have_text("1")
    rows.workflow("later", created_at=rows.START + timedelta(days=1))
    expect(page.get_by_role("link", name="1 new")).to_be_visible()
    expect(row(page, "later")).to_have_count(0)
    assert_never_reloaded(page)
    page.get_by_role("link", name="1 new").click()
    expect(row(page, "later")).to_be_visible()
    assert complaints == []


def test_change_appears_where_sockets_are_blocked(page: "Page", site: str) -> None:
    page.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    rows.workflows(3, status="PENDING")
    log_in(page, site)
    open_list(page, site, "?status=PENDING", state=POLLING)
    Workflow.objects.filter(id="order-1").update(status="SUCCESS")
    expect(row(page, "order-1")).to_have_attribute("data-status", "SUCCESS")
    rows.workflow("later", "PENDING", created_at=rows.START + timedelta(days=1))
    expect(page.get_by_role("link", name="1 new")).to_be_visible()
    assert_never_reloaded(page)


@on_sqlite
def test_log_out_elsewhere_ends_a_polling_page(page: "Page", site: str) -> None:
    page.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    rows.workflow("order-1")
    log_in(page, site)
    open_list(page, site, state=POLLING)
    Session.objects.all().delete()
    page.wait_for_url("**/admin/login/?next=%2Fops%2Fdurable%2Fworkflows%2F")


@on_sqlite
def test_focus_and_scroll_stay_where_they_are(page: "Page", site: str) -> None:
    rows.workflows(40, status="PENDING")
    log_in(page, site)
    open_list(page, site)
    link = page.get_by_role("link", name="order-2", exact=True)
    link.focus()
    before = page.evaluate("scrollY")
    Workflow.objects.update(status="SUCCESS")
    expect(row(page, "order-2")).to_have_attribute("data-status", "SUCCESS")
    expect(link).to_be_focused()
    assert page.evaluate("scrollY") == before


@on_sqlite
def test_filters_are_the_address(
    page: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflows(3)
    rows.workflow("broken", "ERROR")
    log_in(page, site)
    open_list(page, site)
    page.get_by_label("Status", exact=True).select_option("ERROR")
    expect(page).to_have_url(f"{site}{LIST}?status=ERROR")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("body").press("/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.type("zzz")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page).to_have_url(f"{site}{LIST}?status=ERROR&search=zzz")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_label("Status", exact=True)).to_have_value("")
    # Live also after all that.
    Workflow.objects.filter(id="broken").update(status="CANCELLED")
    expect(row(page, "broken")).to_have_attribute("data-status", "CANCELLED")
    assert_never_reloaded(page)
    assert complaints == []


@on_sqlite
def test_every_id_opens_by_its_link(
    page: "Page", site: str, complaints: list[str]
) -> None:
    for number, workflow_id in enumerate(AWKWARD):
        at = rows.START + timedelta(seconds=number)
        # Spaces alone are no id.
        if workflow_id.strip():
            rows.workflow(workflow_id, created_at=at)
    log_in(page, site)
    open_list(page, site)
    links = page.locator("td.id a")
    texts = links.all_inner_texts()
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(set(addresses)) == len([i for i in AWKWARD if i.strip()])
    for text, address in zip(texts, addresses, strict=True):
        page.evaluate("address => { location.href = address }", address)
        page.wait_for_url(lambda url, end=address: url.endswith(end))
        expect(page.locator("#workflow-id")).to_have_text(text, use_inner_text=True)
    assert complaints == []


@on_sqlite
def test_hostile_names_stay_text(
    page: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflow(rows.HOSTILE, "PENDING", name=rows.HOSTILE, inputs=rows.HOSTILE)
    rows.step(rows.HOSTILE, 1, name=rows.HOSTILE)
    log_in(page, site)
    open_list(page, site)
    Workflow.objects.update(status="ERROR", error=rows.HOSTILE)
    expect(page.locator("tbody tr")).to_have_attribute("data-status", "ERROR")
    expect(page.locator("td.name")).to_have_text(rows.HOSTILE)
    page.locator("td.id a").click()
    expect(page.locator("#workflow-id")).to_have_text(rows.HOSTILE)
    expect(page.locator(".failure")).to_contain_text(rows.HOSTILE)
    assert page.locator("img").count() == 0
    assert complaints == []


@on_sqlite
def test_steps_appear_as_they_are_recorded(
    page: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflow("order-1", "PENDING")
    rows.step("order-1", 1)
    log_in(page, site)
    page.goto(f"{site}{LIST}order-1/")
    page.wait_for_selector(LIVE)
    for position in (2, 3, 4):
        rows.step("order-1", position)
        expect(page.locator(f"#step-{position}")).to_be_visible()
    expect(page.locator("#step-rows tr:not(.tail)")).to_have_count(4)
    # A workflow in a hurry does not make the page talk too much.
    for position in range(5, 65):
        rows.step("order-1", position)
        if position % 3 == 0:
            expect(page.locator(f"#step-{position}")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    rows.workflow("parcel-1", parent_workflow_id="order-1")
    expect(page.locator("#workflow-parcel-1")).to_be_visible()
    page.locator("#step-2").get_by_role("link", name="output").click()
    expect(page.locator("#viewer")).to_contain_text("null")
    assert complaints == []


@on_sqlite
def test_theme_is_kept(page: "Page", site: str) -> None:
    log_in(page, site)
    open_list(page, site)
    root = page.locator("html")
    page.get_by_role("button", name="Theme: Auto").click()
    page.get_by_role("button", name="Theme: Light").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", background)[:3])) < 150


@on_sqlite
@pytest.mark.parametrize("path", ["", "workflows/", "workflows/order-1/"])
def test_pages_fit_a_phone(page: "Page", site: str, path: str) -> None:
    rows.workflow("order-1", name="a.very.long.module.name.of.a.workflow" * 3)
    rows.workflow("x" * 255, "ERROR", parent_workflow_id="order-1")
    rows.step("order-1", 1, name="step" * 60)
    log_in(page, site)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}/ops/durable/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.fixture
def plain(browser: "Browser", site: str) -> Iterator["Page"]:
    """A page of an operator whose browser runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, site)
    yield page
    context.close()


def test_without_scripts_one_workflow_is_acted_on(plain: "Page", site: str) -> None:
    rows.workflow("order-1", "PENDING")
    page, said = plain, plain.locator("#said")
    page.goto(f"{site}{LIST}order-1/")
    # A message that is none is kept to be mended.
    page.get_by_role("button", name="Send message").click()
    page.get_by_label("Message, as JSON").fill("{paid")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert")).to_contain_text("is no JSON")
    expect(page.get_by_label("Message, as JSON")).to_have_value("{paid")
    page.get_by_label("Message, as JSON").fill("1")
    page.get_by_role("button", name="Send message").click()
    expect(said).to_have_text("Sent.")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_label("Reason").fill("enough")
    page.get_by_role("button", name="Cancel workflow").click()
    expect(said).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_label("order_id")).to_have_value("42")
    page.get_by_label("order_id").fill("43")
    page.get_by_role("button", name="Start workflow").click()
    expect(said).to_have_text("Started.")
    page.goto(f"{site}{LIST}order-1/")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete workflow").click()
    expect(page.get_by_role("heading", name="Deleted.")).to_be_visible()
    assert Workflow.objects.get().inputs == '{"args":[43],"kwargs":{}}'
    assert Message.objects.count() == 0
    assert AuditEntry.objects.get(reason="enough").outcome == "done"


def test_without_scripts_all_is_found_and_read(plain: "Page", site: str) -> None:
    rows.workflow("order-1")
    rows.step("order-1", 2)
    rows.workflow("mail-1", "ENQUEUED", name="mail.send")
    rows.workflow("mail-2", "ENQUEUED", name="mail.send")
    page = plain
    page.goto(f"{site}{LIST}")
    page.get_by_label("Search").fill("checkout")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="order-1", exact=True).click()
    page.get_by_text("Inputs", exact=True).click()
    page.get_by_role("link", name="Open").first.click()
    expect(page.locator("pre.raw")).to_contain_text("42")
    page.go_back()
    page.locator("#step-2").get_by_role("link", name="output").click()
    page.get_by_role("link", name="Fork from this step").click()
    expect(page.get_by_label("Begin at step")).to_have_value("2")
    page.get_by_role("button", name="Fork workflow").click()
    expect(page.locator("#said")).to_contain_text("Forked as")
    # Many, by the filter.
    page.goto(f"{site}{LIST}?name=mail.send")
    page.get_by_label("all that match the filter").check()
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_label("Reason").fill("all")
    page.get_by_role("button", name="Cancel 2 workflows").click()
    expect(page.get_by_role("heading", name="2 changed")).to_be_visible()
    assert Workflow.objects.filter(status="CANCELLED").count() == 2
