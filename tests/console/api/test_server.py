"""The API on a real server, with a real worker, for programs that know HTTP only."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from tests.support.programs import PATIENCE_SECONDS
from tests.support.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = Path(__file__).parents[3] / "docs" / "api.md"

WORKFLOWS = """
    import durable_engine as durable

    @durable.workflow
    def checkout(order):
        durable.write_stream("log", "waiting")
        message = durable.recv("payment", timeout_seconds=60)
        durable.write_stream("log", "paid")
        durable.close_stream("log")
        return {"order": order, "message": message}
"""
AS_ADA = """
    from django.contrib.auth.models import AnonymousUser, User
    from console.actions import tokens
    from console.actors import Actor
    from console.permissions import Permission
    from console.tokens import TokenOrder

    shell = Actor(user=AnonymousUser(), via="command", address=None, label="tests")
    user = User.objects.create_superuser("ada")
    order = TokenOrder(user=user, name="curl", permissions=tuple(Permission))
    print(tokens.create(shell, order).text)
"""


class Site:
    """The API of a server somewhere."""

    def __init__(self, url: str, token: str) -> None:
        self.api = f"{url}/ops/durable/api"
        self.token = token

    def ask(self, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        if data:
            sent["Content-Type"] = "application/json"
        request = Request(f"{self.api}/{path}", data=data, headers=sent)  # noqa: S310
        answer: HTTPResponse = urlopen(request, timeout=PATIENCE_SECONDS)  # noqa: S310
        return answer

    def json(self, path: str, body: Any = None) -> Any:
        with self.ask(path, body) as response:
            return json.load(response)


def events(response: HTTPResponse) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: their id and what they say."""
    assert response.headers["Content-Type"].startswith("text/event-stream")
    event_id = ""
    for line in response:
        if line.startswith(b"id: "):
            event_id = line[4:].decode().strip()
        if line.startswith(b"data: "):
            yield event_id, json.loads(line[6:])


def script() -> str:
    """The shell script of the documentation."""
    found = re.search(r"```sh\n(#!/bin/sh\n.*?)```", DOCS.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def run_documented_script(site: Site) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["sh", "-c", script()],  # noqa: S607
        env={"PATH": "/usr/bin:/bin", "DURABLE_API": site.api}
        | {"DURABLE_TOKEN": site.token},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def follow(site: Site) -> tuple[str, list[tuple[str, str]]]:
    """Follow one workflow from its start to its end; returns the last event's id."""
    seen: list[tuple[str, str]] = []
    order = {"name": "shop.workflows.checkout", "args": [2], "workflow_id": "fed"}
    message = {"message": 1, "topic": "payment", "idempotency_key": "once"}
    with site.ask("feed?workflow_id_prefix=fed") as feed:  # it has begun to look
        site.json("workflows", order)
        for event_id, data in events(feed):
            seen.append((data["id"], data["status"]))
            if data["status"] == "SUCCESS":
                return event_id, seen
            site.json("workflows/fed/messages", message)
    raise AssertionError(seen)


def wait_together(site: Site) -> list[dict[str, Any]]:
    """Let many wait for one end, and for the stream to grow; then let it end."""
    name = "shop.workflows.checkout"
    site.json("workflows", {"name": name, "args": [1], "workflow_id": "awaited"})
    answers: list[dict[str, Any]] = []

    def wait(path: str) -> None:
        answers.append(site.json(path))

    paths = ["workflows/awaited?wait=60"] * 10
    paths += ["workflows/awaited/streams/log?after=0&wait=60"] * 2
    threads = [threading.Thread(target=wait, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    page = site.json("workflows/awaited/streams/log?wait=60")
    assert page["items"][0]["value"] == "waiting"
    assert site.json("health") == {"status": "ok"}  # others are served meanwhile
    site.json("workflows/awaited/messages", {"message": 1, "topic": "payment"})
    for thread in threads:
        thread.join()
    return answers


def look_at_docs(site: Site, page: "Page") -> None:
    """Open the page of the API as a reader does: it draws all, and complains of nothing."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site.api}/docs")
    page.locator("#operations-tag-health, [id^=operations-tag-health]").wait_for()
    assert page.locator(".opblock").count() >= 29
    page.locator(".opblock-summary-control").first.click()
    page.get_by_text("Return workflows that match every filter").wait_for()
    assert said == []


def test_programs_start_steer_and_follow(project: Project, page: "Page") -> None:
    project.workflows(WORKFLOWS)
    project.use_console()
    token = project.run(AS_ADA).strip()
    with project.server() as url, project.worker():
        site = Site(url, token)
        started, sent, ended = run_documented_script(site)
        assert started["id"] == sent["id"] == ended["id"] == "order/42"
        assert ended["status"] == "SUCCESS"
        assert ended["output"] == {"order": 42, "message": {"paid": True}}
        assert ended["links"]["self"] == "/ops/durable/api/workflows/order~2F42"
        look_at_docs(site, page)
        answers = wait_together(site)
        assert [one["status"] for one in answers if "status" in one] == ["SUCCESS"] * 10
        entries = [one["items"] for one in answers if "items" in one]
        assert [items[0]["value"] for items in entries] == ["paid", "paid"]
        last, seen = follow(site)
        assert seen[-1] == ("fed", "SUCCESS")
        again = {"Last-Event-ID": last}
        with site.ask("feed?workflow_id_prefix=fed", **again) as feed:
            assert next(events(feed))[1]["status"] == "SUCCESS"
