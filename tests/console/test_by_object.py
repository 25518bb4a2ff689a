"""A project that decides by object: what it hides is nowhere on the console."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from console import conf
from console.addresses import slot
from console.permissions import Permission, by_django
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.patterns import pages
from tests.console.test_live import closing_code, connected, content, socket_of, watch
from tests.support.databases import on_sqlite

HIDDEN = "payroll-1"
KINDS = ("row", "sealed-row", "facts", "side", "sealed-talk", "children", "timeline")
KEYS = [*(f"{kind}:{HIDDEN}" for kind in KINDS), f"step:1:{HIDDEN}", f"tail:0:{HIDDEN}"]


def hides_payroll(actor: Any, permission: Permission, target: str) -> bool:
    return not target.startswith("payroll") and by_django(actor, permission, target)


def hides_salaries(actor: Any, permission: Permission, target: str) -> bool:
    """The workflow may be seen, its payloads not."""
    if permission is Permission.VIEW_PAYLOAD and target.startswith("payroll"):
        return False
    return by_django(actor, permission, target)


@pytest.fixture
def resolver(settings: Any) -> Any:
    """Lets the project name a resolver of these tests."""

    def use(function: Any) -> None:
        path = f"{__name__}.{function.__name__}"
        settings.DURABLE_CONSOLE = {"PERMISSIONS": path}

    return use


def happen() -> None:
    for workflow_id in (HIDDEN, "order-1"):
        rows.workflow(workflow_id, "PENDING", attributes={"salary": 7})
        rows.step(workflow_id, 1, output='"secret"')


def polled(client: Client, *keys: str) -> str:
    query = {"slot": list(keys), "version": ["old" for _key in keys]}
    return client.get("/durable/live/", query).content.decode()


@on_sqlite
def test_what_is_hidden_is_neither_listed_shown_polled_nor_touched(
    chief: Client, resolver: Any
) -> None:
    happen()
    assert slot(f"facts:{HIDDEN}") in polled(chief, *KEYS)
    resolver(hides_payroll)
    html = chief.get("/durable/workflows/").content.decode()
    assert 'id="workflow-order-1"' in html
    assert f"workflow-{HIDDEN}" not in html
    assert f"/workflows/{HIDDEN}/" not in html
    assert polled(chief, *KEYS) == ""
    assert "workflow-order-1" in polled(chief, "row:order-1")
    for path, _pattern in pages():
        if "/order-1/" not in path:
            continue
        hidden = path.replace("order-1", HIDDEN)
        for response in (chief.get(hidden), chief.post(hidden, {"reason": "x"})):
            assert response.status_code in (403, 405), hidden
            assert "secret" not in response.content.decode(), hidden
    assert Workflow.objects.get(pk=HIDDEN).status == "PENDING"


def walked(client: Client, query: str, link: str) -> list[list[str]]:
    """Follow the links of the list, and return the ids on each page."""
    pages = []
    while True:
        html = client.get(f"/durable/workflows/?{query}").content.decode()
        assert "payroll" not in html
        pages.append(re.findall(r'id="workflow-([^"]+)"', html))
        onwards = re.search(rf'rel="{link}" href="\?([^"]+)"', html)
        if onwards is None:
            return pages
        query = unescape(onwards[1])


@on_sqlite
@pytest.mark.parametrize("reads", [1, 20])
def test_pages_are_full_and_name_nothing_hidden(
    chief: Client, resolver: Any, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    """Also where hundreds are hidden in a row, some of them of one instant."""
    monkeypatch.setattr("console.views.paging._READS", reads)
    seen = []
    for number in range(330):
        hidden = number % 2 == 0 or 100 < number < 280 or number > 320
        name = "payroll" if hidden else "order"
        seconds = min(number, 150) if number < 200 else number
        at = rows.START + timedelta(seconds=seconds)
        rows.workflow(f"{name}-{number:03}", created_at=at)
        seen += [] if hidden else [f"{name}-{number:03}"]
    resolver(hides_payroll)
    # From the newest to the oldest and back, and the other way round.
    down = walked(chief, "", "next")
    assert [one for page in down for one in page] == seen[::-1]
    up = walked(chief, "sort=oldest", "next")
    assert [one for page in up for one in page] == seen
    if reads > 1:
        assert [len(page) for page in down] == [50, len(seen) - 50]
    last = f"before={(rows.START + timedelta(seconds=1)).timestamp() * 1e6:.0f}-"
    back = walked(chief, last, "prev")
    assert [one for page in reversed(back) for one in page] == seen[::-1]
    # What is chosen by a filter holds no hidden one either.
    asked = chief.post("/durable/bulk/ask/", {"action": "delete", "all": "1"})
    assert f"Delete {len(seen)} workflows" in asked.content.decode()
    assert "payroll" not in asked.content.decode()
    chosen = {"action": "delete", "ids": [HIDDEN, "order-001"]}
    assert "payroll" not in chief.post("/durable/bulk/ask/", chosen).content.decode()
    # Nor is he told that one exists.
    found = chief.get("/durable/workflows/?jump=1&search=payroll-000")
    assert found.status_code == 200


@on_sqlite
def test_what_is_new_and_hidden_is_no_top_of_a_page(
    chief: Client, resolver: Any
) -> None:
    rows.workflow("order-1")
    rows.workflow(HIDDEN, created_at=rows.START + timedelta(seconds=1))
    resolver(hides_payroll)
    html = chief.get("/durable/workflows/").content.decode()
    assert "payroll" not in html
    key = re.search(r'data-live="(new:[^"]*)"', html)
    assert key is not None
    assert 'data-version="0"' in polled(chief, unescape(key[1]))  # none is newer


@on_sqlite
def test_payloads_of_one_workflow_are_hidden(chief: Client, resolver: Any) -> None:
    happen()
    resolver(hides_salaries)
    html = polled(chief, f"facts:{HIDDEN}", f"sealed-talk:{HIDDEN}")
    assert slot(f"facts:{HIDDEN}") in html
    assert slot(f"sealed-talk:{HIDDEN}") not in html
    path = f"/durable/workflows/{HIDDEN}/"
    assert chief.get(f"{path}inputs/").status_code == 403
    assert chief.get(f"{path}steps/1/output/").status_code == 403
    assert chief.get(path).status_code == 200


async def test_sockets_bring_nothing_hidden(chief: Client, resolver: Any) -> None:
    await sync_to_async(happen)()
    await sync_to_async(resolver)(hides_payroll)
    async with connected(chief) as socket:
        wanted = dict.fromkeys([*KEYS, "row:order-1"], "old")
        await watch(socket, **wanted)
        assert "workflow-order-1" in await content(socket)
        await Workflow.objects.aupdate(status="ERROR")
        html = await content(socket)
        assert "workflow-order-1" in html
        assert HIDDEN not in html


async def test_a_socket_ends_when_what_it_shows_is_hidden(
    chief: Client, resolver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conf, "RECHECK_SECONDS", 0.05)
    await sync_to_async(happen)()
    async with connected(chief) as socket:
        await watch(socket, **{f"row:{HIDDEN}": "old"})
        assert HIDDEN in await content(socket)
        await sync_to_async(resolver)(hides_payroll)
        assert await closing_code(socket) == 1013


async def test_one_user_s_sockets_are_bounded(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.live.seats.SOCKETS_EACH", 2)
    async with connected(viewer):
        async with connected(viewer):
            accepted, code = await socket_of(viewer).connect(timeout=10)
            assert (accepted, code) == (False, 1013)
        # Who leaves makes room.
        async with connected(viewer):
            pass


async def test_cookies_of_others_do_not_hide_ours(viewer: Client) -> None:
    """A site may set a cookie that the standard library's parser stops at."""
    socket = socket_of(viewer)
    headers = dict(socket.scope["headers"])
    headers[b"cookie"] = b'cart={"a": [1, 2]}; ' + headers[b"cookie"]
    socket.scope["headers"] = list(headers.items())
    accepted, _code = await socket.connect(timeout=10)
    assert accepted
    await socket.disconnect()
