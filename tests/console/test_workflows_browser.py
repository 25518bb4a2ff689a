"""The list, the page of a workflow and the start form, in a real browser.

Served by a real process below `/ops/durable/`; this process writes rows, so changes
come from another process. Each test walks one way of an operator and sees many facts.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoDbBlocker

from console.models import AuditEntry, SavedView
from durable_engine.models import Event, Message, Step, Workflow
from durable_engine.serialization.failures import encode_error
from tests.console import rows
from tests.support.axe import barriers
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
    def checkout(order_id: int, note: str = "") -> str:
        "Serve one order."
        return note
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
    for model in (Workflow, Step, Event, Message, SavedView, User):
        model.objects.all().delete()
    return running_site


@pytest.fixture
def operator(site: str, page: "Page") -> "Page":
    """A page of somebody who may do everything, on which nothing may go wrong."""
    cookie = log_in(site)
    page.context.add_cookies([cookie])
    return page


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


def log_in(site: str) -> dict[str, str]:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": site}


def box(page: "Page", workflow_id: str):
    return page.get_by_label(f"Select {workflow_id}", exact=True)


def test_operator_acts_on_many(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflows(120, status="ENQUEUED")
    rows.workflow("done", "SUCCESS", created_at=rows.START + timedelta(days=1))
    page = operator
    page.goto(f"{site}{LIST}?name=shop.workflows.checkout&sort=oldest")
    page.wait_for_selector(LIVE)
    # By keyboard: down, select, down, and a range with Shift.
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator("#chosen")).to_have_text("3 selected")
    # A live change keeps the selection and the focus.
    Workflow.objects.filter(id="order-1").update(status="DELAYED")
    expect(page.locator('[id="workflow-order-1"]')).to_have_attribute(
        "data-status", "DELAYED"
    )
    assert box(page, "order-1").is_checked()
    expect(page.get_by_role("link", name="order-2", exact=True)).to_be_focused()
    page.get_by_role("button", name="Cancel…").click()
    ask = page.locator("#ask")
    expect(ask.get_by_role("heading", name="Cancel 3 workflows?")).to_be_visible()
    ask.get_by_role("button", name="Keep them").click()
    expect(ask).to_be_hidden()
    # All that match, in batches, each with its result.
    page.get_by_label("all that match the filter").check()
    expect(page.locator("#chosen")).to_have_text("All that match")
    page.get_by_role("button", name="Cancel…").click()
    submit = ask.get_by_role("button", name="Cancel 121 workflows")
    submit.click()
    expect(ask.get_by_label("Reason")).to_be_focused()  # it is required
    ask.get_by_label("Reason").fill("a test")
    submit.click()
    expect(page.locator("#bulk-said")).to_have_text("120 changed, 1 left alone")
    expect(page.locator("#bulk-outcomes li")).to_have_count(121)
    expect(page.locator("#bulk-outcomes li.left")).to_contain_text("it is SUCCESS")
    ask.get_by_role("button", name="Close").click()
    # The filter has survived, the list is new, nothing is selected.
    expect(page.locator("tbody tr").first).to_have_attribute("data-status", "CANCELLED")
    expect(page.locator("#bulk")).to_be_hidden()
    assert page.url.endswith("?name=shop.workflows.checkout&sort=oldest")
    assert Workflow.objects.filter(status="CANCELLED").count() == 120
    assert AuditEntry.objects.filter(reason="a test").count() == 121
    assert complaints == []


@on_sqlite
def test_reader_sees_the_list_as_he_likes(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflows(3, app_version="v1", attributes={"customer": 7})
    rows.workflow("broken", "ERROR", app_version="v2")
    page = operator
    page.goto(f"{site}{LIST}")
    page.wait_for_selector(LIVE)
    page.get_by_text("More filters").click()
    page.get_by_role("textbox", name="Version").fill("v1")
    page.get_by_role("textbox", name="Attributes").fill('{"customer": 7}')
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("#views > summary").click()
    page.get_by_label("Save what you see as").fill("Seven")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**app_version=v1**")
    page.get_by_label("Remove the filter Version").click()
    page.locator("#columns > summary").click()
    page.get_by_role("checkbox", name="Version").check()
    page.get_by_role("checkbox", name="Queue").uncheck()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("columnheader", name="Version")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Queue")).to_be_hidden()
    page.goto(f"{site}{LIST}")
    expect(page.get_by_role("columnheader", name="Version")).to_be_visible()
    page.locator("#views > summary").click()
    page.get_by_role("link", name="Seven").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert complaints == []


@on_sqlite
def test_keys_lead_about_and_the_pace_is_the_readers(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    rows.workflow("broken", "ERROR")
    page = operator
    page.goto(f"{site}{LIST}")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("broken")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workflows/broken/")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url(f"**{LIST}")
    # Paused, nothing moves; at a slower pace it does by and by.
    page.wait_for_selector(LIVE)
    page.keyboard.press("p")
    expect(page.locator("#live-text")).to_have_text("Paused")
    Workflow.objects.filter(id="broken").update(status="CANCELLED")
    page.get_by_label("Refresh").select_option("1")
    broken = page.locator('[id="workflow-broken"]')
    expect(broken).to_have_attribute("data-status", "ERROR")
    page.locator("h1").click()
    page.keyboard.press("p")
    expect(broken).to_have_attribute("data-status", "CANCELLED")
    assert complaints == []


def test_operator_looks_into_a_workflow(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    rows.workflow("order-1", "PENDING", created_at=now, inputs='{"args":[{"sku":"A"}]}')
    for position in (1, 2):
        rows.step("order-1", position, started_at=now, completed_at=now)
    rows.step("order-1", 3, name="durable.recv", started_at=now, completed_at=None)
    page = operator
    page.goto(f"{site}{LIST}order-1/")
    page.wait_for_selector(LIVE)
    page.get_by_text("Inputs", exact=True).click()
    expect(page.locator(".json .string")).to_have_text('"A"')
    page.get_by_role("button", name="Raw").click()
    expect(page.locator("pre.raw")).to_contain_text('"sku": "A"')
    # The timeline, by keyboard; it goes on running meanwhile.
    bars = page.locator("#bars")
    page.locator("#gantt").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(bars).to_have_attribute("width", "400%")
    page.keyboard.press("End")
    expect(page.locator("#bar-3")).to_be_focused()
    before = page.locator("#bar-3 svg").get_attribute("width")
    rows.step("order-1", 4, started_at=now, completed_at=now + timedelta(seconds=9))
    expect(page.locator("#bar-4")).to_be_attached()
    expect(bars).to_have_attribute("width", "400%")
    expect(page.locator("#bar-3")).to_be_focused()
    assert before is not None
    assert complaints == []


def test_operator_acts_on_a_workflow(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    rows.workflow("order-1", "PENDING", created_at=now)
    for position in (1, 2):
        rows.step("order-1", position, started_at=now, completed_at=now)
    page = operator
    page.goto(f"{site}{LIST}order-1/")
    page.wait_for_selector(LIVE)
    # What it hears appears.
    page.get_by_role("button", name="Send message").click()
    send = page.locator("#send-dialog")
    send.get_by_label("Message, as JSON").fill('{"paid": true}')
    send.get_by_label("Topic").fill("pay")
    send.get_by_role("button", name="Send message").click()
    expect(page.locator("#answer")).to_have_text(re.compile("Sent"))
    expect(page.get_by_role("row", name=re.compile("pay.*waiting"))).to_be_visible()
    # A result, and a fork from there.
    page.locator("#step-2").get_by_role("link", name="output").click()
    expect(page.locator("#viewer .raw")).to_have_text("null")
    page.get_by_role("button", name="Fork from this step").click()
    fork = page.locator("#fork-dialog")
    expect(fork.get_by_label("Begin at step")).to_have_value("2")
    fork.get_by_role("button", name="Fork workflow").click()
    expect(page.locator("#answer")).to_contain_text("Forked as")
    # It fails: buttons follow its status, and its error is told.
    error = encode_error(ValueError("card declined"), limit_bytes=10_000)
    Step.objects.filter(workflow_id="order-1", position=2).update(error=error)
    page.get_by_role("button", name="Cancel", exact=True).focus()
    Workflow.objects.filter(id="order-1").update(
        status="ERROR", error=error, completed_at=now + timedelta(seconds=1)
    )
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="Retry")).to_be_focused()
    expect(page.locator(".place")).to_have_text("failed at 2 · step_2")
    expect(page.locator(".failure")).to_have_text("ValueError: card declined")
    page.get_by_role("button", name="Delete").click()
    delete = page.locator("#delete-dialog")
    delete.get_by_role("button", name="Delete workflow").click()
    expect(page.get_by_role("heading", name="Deleted.")).to_be_visible()
    assert not Workflow.objects.filter(id="order-1").exists()
    assert complaints == []


@on_sqlite
def test_operator_starts_a_workflow(operator: "Page", site: str) -> None:
    page = operator
    page.goto(f"{site}{LIST}")
    page.get_by_role("link", name="Start workflow").first.click()
    page.get_by_role("link", name=re.compile(r"shop\.workflows\.checkout")).click()
    expect(page.get_by_text("Serve one order.")).to_be_visible()
    page.get_by_role("button", name="Start workflow").click()
    problem = page.locator("#field-p-order_id-problem")
    expect(problem).to_have_text("This must be given.")
    page.get_by_label("order_id").fill("42")
    page.get_by_text("More", exact=False).first.click()
    page.get_by_label("Id", exact=True).fill("order-42")
    page.get_by_role("button", name="Start workflow").click()
    page.wait_for_url("**/workflows/order-42/")
    expect(page.locator("#workflow-id")).to_have_text("order-42")
    row = Workflow.objects.get()
    assert (row.id, row.inputs) == ("order-42", '{"args":[42],"kwargs":{}}')


def test_all_of_it_works_without_sockets(
    operator: "Page", site: str, complaints: list[str]
) -> None:
    page = operator
    page.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    rows.workflow("order-1", "PENDING")
    rows.step("order-1", 1)
    page.goto(f"{site}{LIST}order-1/")
    page.wait_for_selector(POLLING)
    Event.objects.create(
        workflow_id="order-1",
        key="progress",
        value='"half"',
        position=1,
        updated_at=rows.START,
    )
    expect(page.get_by_role("cell", name='"half"')).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    cancel = page.locator("#cancel-dialog")
    cancel.get_by_label("Reason").fill("why not")
    cancel.get_by_role("button", name="Cancel workflow").click()
    expect(page.locator("#answer")).to_contain_text("Cancelled.")
    facts = page.locator('[id="workflow-order-1"]')
    expect(facts).to_have_attribute("data-status", "CANCELLED")
    assert complaints == []


@pytest.mark.parametrize(
    ("running_site", "theme"),
    [("sqlite", "dark"), ("postgresql", "light")],
    indirect=["running_site"],
)
def test_nothing_keeps_people_out(browser: "Browser", site: str, theme: str) -> None:
    rows.workflows(3, queue_name="mail")
    rows.workflow(
        "order-9", "ERROR", error=encode_error(ValueError("no"), limit_bytes=10_000)
    )
    rows.workflow("waits", "PENDING")
    rows.step("waits", 1)
    rows.step("waits", 2, name="durable.recv", completed_at=None, output=None)
    rows.workflow("kid", parent_workflow_id="waits")
    context = browser.new_context(color_scheme=theme)
    context.add_cookies([log_in(site)])
    page = context.new_page()
    for path in (
        "workflows/",
        "workflows/?search=nothing",
        "workflows/?status=x",
        "workflows/order-9/",
        "workflows/waits/fork/",
        "workflows/waits/steps/1/output/",
        "start/",
        "start/?from=order-9",
    ):
        page.goto(f"{site}/ops/durable/{path}")
        if path.endswith("order-9/"):
            expect(page.locator(".failure")).to_be_visible()
        assert barriers(page) == [], path
    page.goto(f"{site}{LIST}?status=failed&name=shop.workflows.checkout")
    page.locator("#views > summary").click()
    assert barriers(page) == []
    box(page, "order-9").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete 1 workflow?")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{site}{LIST}waits/")
    page.get_by_text("Inputs", exact=True).click()
    expect(page.locator(".json")).to_be_visible()
    page.locator("#step-1").get_by_role("link", name="output").click()
    expect(page.locator("#viewer .raw")).to_be_visible()
    assert barriers(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("workflows/", "workflows/waits/", "start/?from=order-9"):
        page.goto(f"{site}/ops/durable/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
