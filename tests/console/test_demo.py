"""The demo, as somebody who has just cloned the repository meets it."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client, override_settings
from django.urls import Resolver404, include, path, resolve

from console.demo.models import Order
from tests.support.databases import ROOT, VENDORS, MakeDatabase
from tests.support.programs import Program

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest.importorskip("playwright")

from playwright.sync_api import expect

READY = "Ctrl-C ends the demo"
PATIENCE_MS = 30_000

urlpatterns = [
    path("shop/", include("console.demo.urls")),
    path("durable/", include("console.urls")),
]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo(Program):
    """`manage.py demo` on a free port."""

    def __init__(self, directory: Path, *more: str, port: int | None = None) -> None:
        self.port = port or free_port()
        options = ["--port", str(self.port), "--no-browser", *more]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "DURABLE_"))
        }
        super().__init__(
            [sys.executable, "manage.py", "demo", *options],
            directory=ROOT,
            environment={
                **environment,
                "DURABLE_SQLITE": str(directory / "demo.sqlite3"),
            },
            log=directory / "demo.log",
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        found = re.search(r"user operator, password (\S+)", self.output)
        assert found is not None
        return found[1]


@pytest.fixture(params=VENDORS)
def demo(
    request: pytest.FixtureRequest, make_database: MakeDatabase, tmp_path: Path
) -> Iterator[Demo]:
    """A running demo, once on each database."""
    more = []
    if request.param == "postgresql":
        more = ["--postgres", make_database("postgresql")]
    with Demo(tmp_path, *more) as program:
        program.wait_for(READY)
        yield program


def order(page: "Page", demo: Demo) -> "Locator":
    """Order a widget and return its card; the page is at the payment."""
    page.goto(f"{demo.url}/shop/")
    page.get_by_role("button", name="Order a widget").click()
    page.wait_for_url("**/payment/")
    number = re.search(r"/orders/(\d+)/", page.url)
    assert number is not None
    return page.locator(f"#order-{number[1]}")


def answer(page: "Page", name: str) -> None:
    page.get_by_role("button", name=name).click()
    page.wait_for_url("**/shop/")


def legs(card: "Locator") -> int:
    return int(card.locator("progress").get_attribute("value") or 0)


def test_orders_survive_a_crash(page: "Page", demo: Demo) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(demo.url)
    expect(page.locator("#stock")).to_have_text("12 widgets in stock")
    declined = order(page, demo)
    answer(page, "Decline")
    expect(declined).to_have_attribute("data-state", "declined")
    waiting = order(page, demo)
    paid = order(page, demo)
    answer(page, "Pay")
    expect(paid).to_have_attribute("data-state", "on_its_way")
    expect(page.locator("#stock")).to_have_text("10 widgets in stock")
    before = legs(paid)
    page.get_by_role("button", name="Crash!").click()
    expect(page.locator("#down")).to_be_visible()
    demo.wait_for("killed by SIGKILL")
    demo.wait_for("The site is back")
    expect(page.locator("#down")).to_be_hidden()
    expect(paid.locator("progress")).to_have_attribute("value", str(before + 2))
    expect(waiting).to_have_attribute("data-state", "awaiting_payment")
    waiting.get_by_role("link", name="Pay").click()
    answer(page, "Pay")
    expect(waiting).to_have_attribute("data-state", "on_its_way")
    expect(page.locator("#stock")).to_have_text("10 widgets in stock")
    expect(paid).to_have_attribute("data-state", "delivered")


def test_operator_follows_an_order_in_the_console(page: "Page", demo: Demo) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    order(page, demo)
    payment = page.url
    page.goto(f"{demo.url}/durable/workflows/")
    page.get_by_label("User name").fill("operator")
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/durable/workflows/")
    row = page.locator("tbody tr").first
    expect(row).to_have_attribute("data-status", "PENDING")
    page.wait_for_selector('#live[data-state="live"]')
    shop = page.context.new_page()
    shop.goto(payment)
    answer(shop, "Decline")
    expect(row).to_have_attribute("data-status", "SUCCESS")
    row.get_by_role("link").click()
    expect(page.locator("#step-rows tr:not(.tail)")).not_to_have_count(0)
    assert errors == []
    # The page outlives the process that served it.
    with page.expect_websocket():  # however short the time without one was
        shop.get_by_role("button", name="Crash!").click()
        demo.wait_for("The site is back")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    # With a page and its socket open, Ctrl-C ends it in time all the same.
    demo.signal(signal.SIGINT)
    assert demo.wait(20) == 0
    assert "Its workflows go on when it runs again" in demo.output
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", demo.port)) != 0


def test_port_in_use_is_told(tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        with Demo(tmp_path, port=port) as program:
            assert program.wait() == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in program.output
    assert f"--port {port + 1}" in program.output
    assert "Traceback" not in program.output


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("mysql://localhost/x", "--postgres takes a URI"),
        ("postgresql://localhost", "names no database"),
        ("postgresql://127.0.0.1:1/x", "The database cannot be prepared. django.db"),
    ],
)
def test_unusable_database_is_told(tmp_path: Path, uri: str, said: str) -> None:
    with Demo(tmp_path, "--postgres", uri) as program:
        assert program.wait() == 1
    assert said in program.output
    assert "Traceback" not in program.output


def test_shop_is_closed_outside_the_demo() -> None:
    with pytest.raises(Resolver404):
        resolve("/shop/")


@override_settings(ROOT_URLCONF=__name__)
def test_levers_want_a_form_of_ours(engine_database: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for lever in ("crash", "restock", "order"):
        assert client.get(f"/shop/{lever}/").status_code == 405
        assert client.post(f"/shop/{lever}/").status_code == 403


@override_settings(ROOT_URLCONF=__name__)
def test_paid_order_has_nothing_to_pay(engine_database: str) -> None:
    paid = Order.objects.create(state=Order.State.PAID)
    html = Client().get(f"/shop/orders/{paid.pk}/payment/").content.decode()
    assert "There is nothing to pay here" in html
    assert '<button type="submit" name="answer"' not in html
