"""The sockets: who may open one, what they bring, and what they refuse."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission, User
from django.test import Client

from console import conf
from console.live import watchers
from console.routing import websocket_urlpatterns
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.conftest import make_user

PATH = "/ops/durable/ws/"
HOST = "127.0.0.1:8000"
ORIGIN = f"http://{HOST}"
PATIENCE_SECONDS = 10

application = URLRouter(websocket_urlpatterns)


def socket_of(
    client: Client, *, origin: str | None = ORIGIN, host: str = HOST, path: str = PATH
) -> WebsocketCommunicator:
    """A socket as this client's browser would open it."""
    cookies = "; ".join(f"{m.key}={m.value}" for m in client.cookies.values())
    headers = [(b"host", host.encode()), (b"cookie", cookies.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return WebsocketCommunicator(application, path, headers=headers)


@asynccontextmanager
async def connected(client: Client) -> AsyncIterator[WebsocketCommunicator]:
    socket = socket_of(client)
    accepted, _subprotocol = await socket.connect(timeout=PATIENCE_SECONDS)
    assert accepted
    yield socket
    await socket.disconnect(timeout=PATIENCE_SECONDS)


async def watch(socket: WebsocketCommunicator, **versions: str) -> None:
    await socket.send_json_to({"watch": versions})


async def content(socket: WebsocketCommunicator) -> str:
    message = json.loads(await socket.receive_from(timeout=PATIENCE_SECONDS))
    return str(message["content"])


async def closing_code(socket: WebsocketCommunicator) -> int:
    message = await socket.receive_output(timeout=PATIENCE_SECONDS)
    assert message["type"] == "websocket.close", message
    return int(message["code"])


async def refused_with(socket: WebsocketCommunicator) -> int:
    accepted, code = await socket.connect(timeout=PATIENCE_SECONDS)
    assert not accepted
    return int(code)


# ---- Who may open one ----


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "https://evil.example",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://localhost:8000",
        "http://127.0.0.1:8000.evil.example",
    ],
)
async def test_other_origins_are_refused(viewer: Client, origin: str | None) -> None:
    assert await refused_with(socket_of(viewer, origin=origin)) == 4403


async def test_unknown_hosts_are_refused(viewer: Client) -> None:
    socket = socket_of(viewer, host="evil.example", origin="http://evil.example")
    assert await refused_with(socket) == 4403


async def test_trusted_origins_are_welcome(viewer: Client, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.org", "https://ops.test:8443"]
    for origin in ("https://ops.test:8443", "https://a.example.org"):
        socket = socket_of(viewer, origin=origin)
        accepted, _code = await socket.connect(timeout=PATIENCE_SECONDS)
        assert accepted
        await socket.disconnect(timeout=PATIENCE_SECONDS)
    assert await refused_with(socket_of(viewer, origin="https://ops.test")) == 4403
    http = socket_of(viewer, origin="http://ops.test:8443")
    assert await refused_with(http) == 4403


async def test_without_session_nobody_is_let_in(engine_database: str) -> None:
    assert await refused_with(socket_of(Client())) == 4401


async def test_forged_session_is_refused(engine_database: str) -> None:
    client = Client()
    client.cookies["sessionid"] = "forged"
    assert await refused_with(socket_of(client)) == 4401


async def test_without_permission_nobody_is_let_in(stranger: Client) -> None:
    assert await refused_with(socket_of(stranger)) == 4403


@pytest.mark.parametrize("path", ["/ws/", "/durable/ws/", "/a/b/c/ws/"])
async def test_any_mount_point_will_do(viewer: Client, path: str) -> None:
    socket = socket_of(viewer, path=path)
    accepted, _code = await socket.connect(timeout=PATIENCE_SECONDS)
    assert accepted
    await socket.disconnect(timeout=PATIENCE_SECONDS)


def log_out(client: Client) -> None:
    client.logout()


def deactivate(client: Client) -> None:
    del client
    User.objects.update(is_active=False)


def change_password(client: Client) -> None:
    del client
    user = User.objects.get()
    user.set_password("new")
    user.save()


def withdraw(client: Client) -> None:
    del client
    User.objects.get().user_permissions.clear()


@pytest.mark.parametrize(
    ("change", "code"),
    [(log_out, 4401), (deactivate, 4401), (change_password, 4401), (withdraw, 4403)],
)
async def test_open_socket_is_closed_with_the_right_to_it(
    viewer: Client, monkeypatch: pytest.MonkeyPatch, change: Any, code: int
) -> None:
    monkeypatch.setattr(conf, "RECHECK_SECONDS", 0.02)
    socket = socket_of(viewer)
    accepted, _code = await socket.connect(timeout=PATIENCE_SECONDS)
    assert accepted
    await sync_to_async(change)(viewer)
    assert await closing_code(socket) == code


def test_open_sockets_are_checked_often_enough() -> None:
    assert conf.RECHECK_SECONDS <= 30


# ---- What they bring ----


async def test_change_reaches_every_socket_that_shows_the_row(viewer: Client) -> None:
    await sync_to_async(rows.workflow)("order-1", "PENDING")
    async with connected(viewer) as first, connected(viewer) as second:
        await watch(first, **{"row:order-1": "old"})
        assert 'data-status="PENDING"' in await content(first)
        await watch(second, **{"row:order-1": "old"})
        assert 'data-status="PENDING"' in await content(second)
        await Workflow.objects.filter(id="order-1").aupdate(status="ERROR")
        for socket in (first, second):
            html = await content(socket)
            assert '<tr id="workflow-order-1" data-status="ERROR"' in html
            assert "order-1: ERROR" in html


async def test_only_the_rows_on_the_page_are_sent(viewer: Client) -> None:
    await sync_to_async(rows.workflows)(3, status="PENDING")
    async with connected(viewer) as socket:
        await watch(socket, **{"row:order-1": "old"})
        await content(socket)
        await Workflow.objects.aupdate(status="SUCCESS")
        html = await content(socket)
        assert "workflow-order-1" in html
        assert "workflow-order-0" not in html


async def test_one_query_a_round_serves_all_sockets(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_to_async(rows.workflow)("order-1", "PENDING")
    loads: list[set[str]] = []
    kind = watchers.KINDS["row"]
    load = kind.load

    def counted(names: Any) -> Any:
        loads.append(set(names))
        return load(names)

    monkeypatch.setattr(kind, "load", counted)
    async with connected(viewer) as first, connected(viewer) as second:
        for socket in (first, second):
            await watch(socket, **{"row:order-1": "old"})
            await content(socket)
        before = len(loads)
        await Workflow.objects.filter(id="order-1").aupdate(status="ERROR")
        await asyncio.gather(content(first), content(second))
        # A round that had begun before the change, and the one that saw it.
        assert len(loads) - before <= 2
        assert loads[-1] == {"order-1"}


async def test_nobody_is_watched_for_once_all_have_left(viewer: Client) -> None:
    async with connected(viewer) as socket:
        await watch(socket, **{"row:order-1": "old"})
        await watch(socket)
    running = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    done, pending = await asyncio.wait(running or [asyncio.create_task(nothing())])
    assert not pending
    assert done


async def nothing() -> None:
    """Something to wait for when nothing is left."""


async def test_watch_survives_a_database_that_is_away(
    viewer: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await sync_to_async(rows.workflow)("order-1", "PENDING")
    kind = watchers.KINDS["row"]
    load = kind.load
    calls = iter([True])

    def failing(names: Any) -> Any:
        if next(calls, False):
            message = "away"
            raise ConnectionError(message)
        return load(names)

    monkeypatch.setattr(kind, "load", failing)
    monkeypatch.setattr(watchers, "LONGEST_BACKOFF_SECONDS", 0.01)
    async with connected(viewer) as socket:
        await watch(socket, **{"row:order-1": "old"})
        assert "workflow-order-1" in await content(socket)
    assert "Watching pieces of kind row" in caplog.text


# ---- What they refuse ----


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "x",
        "[]",
        "1",
        "null",
        '{"watch": []}',
        '{"watch": {"row:a": 1}}',
        "[" * 9_999,
        '{"group": "all"}',
        '{"watch": {"nothing:a": "1", "row": "", "new:top=x": ""}}',
    ],
)
async def test_what_means_nothing_is_ignored(viewer: Client, text: str) -> None:
    await sync_to_async(rows.workflow)("order-1", "PENDING")
    async with connected(viewer) as socket:
        await socket.send_to(text_data=text)
        await socket.send_to(bytes_data=b"\x00")
        await watch(socket, **{"row:order-1": "old"})
        assert "workflow-order-1" in await content(socket)


async def test_long_messages_close_the_socket(viewer: Client) -> None:
    socket = socket_of(viewer)
    await socket.connect(timeout=PATIENCE_SECONDS)
    await socket.send_to(text_data="x" * (conf.MESSAGE_BYTES + 1))
    assert await closing_code(socket) == 1009


async def test_floods_close_the_socket(viewer: Client) -> None:
    socket = socket_of(viewer)
    await socket.connect(timeout=PATIENCE_SECONDS)
    for _number in range(conf.MESSAGES_PER_WINDOW + 1):
        await watch(socket)
    assert await closing_code(socket) == 1008


async def test_permission_of_a_group_is_enough(engine_database: str) -> None:
    def browser_of_a_member() -> Client:
        from django.contrib.auth.models import Group  # noqa: PLC0415

        group = Group.objects.create(name="operators")
        group.permissions.add(Permission.objects.get(codename="view_workflow"))
        user = make_user("member")
        user.groups.add(group)
        client = Client()
        client.force_login(user)
        return client

    async with connected(await sync_to_async(browser_of_a_member)()):
        pass


def test_a_page_whose_workflow_was_deleted_says_so(viewer: Client) -> None:
    rows.workflow("order-1")
    query = {"slot": ["facts:order-1"], "version": ["old"]}
    assert "deleted" not in viewer.get("/durable/live/", query).content.decode()
    Workflow.objects.all().delete()
    told = viewer.get("/durable/live/", query).content.decode()
    assert "This workflow has been deleted" in told
    version = re.search(r'data-version="([^"]+)"', told)
    assert version is not None
    query["version"] = [version[1]]
    assert viewer.get("/durable/live/", query).content == b""
