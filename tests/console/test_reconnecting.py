"""An open page while nobody looks, and while its server is started again."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from durable_engine.models import Workflow
from tests.console import rows
from tests.support.databases import on_postgresql, on_sqlite
from tests.support.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright")

from playwright.sync_api import expect

expect.set_options(timeout=15_000)
LIST = "/ops/durable/workflows/"
CODE = """
    import durable_engine as durable

    @durable.workflow()
    def checkout(order_id: int) -> int:
        return order_id
    """
LOOKED_AWAY = """away => {
    Object.defineProperty(document, "hidden", { value: away, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def site(project: Project, engine_database: str, page: "Page") -> Project:
    """A project whose list an operator may see; her cookie is of no port."""
    project.workflows(CODE)
    rows.workflow("order-1", "PENDING")
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": "http://127.0.0.1"}]
    )
    return project


def expect_live(page: "Page", state: str = "live") -> None:
    pattern = re.compile(f"^({state})$")
    expect(page.locator("#live")).to_have_attribute("data-state", pattern)


def expect_status(page: "Page", status: str) -> None:
    order = page.locator('[id="workflow-order-1"]')
    expect(order).to_have_attribute("data-status", status)


@on_sqlite
def test_a_tab_that_nobody_sees_rests(site: Project, page: "Page") -> None:
    with site.server() as address:
        with page.expect_websocket() as opened:
            page.goto(f"{address}{LIST}")
        expect_live(page)
        with opened.value.expect_event("close"):
            page.evaluate(LOOKED_AWAY, arg=True)
        Workflow.objects.update(status="CANCELLED")
        with page.expect_websocket():
            page.evaluate(LOOKED_AWAY, arg=False)
        expect_status(page, "CANCELLED")
        expect_live(page)


@on_postgresql
def test_the_server_is_started_again(site: Project, page: "Page") -> None:
    with site.server() as address:
        page.goto(f"{address}{LIST}")
        expect_live(page)
        page.evaluate("window.opened = true")
    expect_live(page, "polling|offline")
    Workflow.objects.update(status="CANCELLED")
    with site.server(urlsplit(address).port or 0):
        expect_status(page, "CANCELLED")
        expect_live(page)
        Workflow.objects.update(status="SUCCESS")
        expect_status(page, "SUCCESS")
        assert page.evaluate("window.opened") is True
