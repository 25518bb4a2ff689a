"""A token of a single permission: what it opens, and nothing else; everywhere."""

from typing import Any

import pytest

from console.models import AuditEntry
from console.permissions import Permission
from tests.console import rows
from tests.console.api.conftest import EVERYTHING, Program, token_of
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

FORK, SCHEDULE = Permission.FORK_WORKFLOW, Permission.MANAGE_SCHEDULE
QUEUE, PAYLOAD = Permission.MANAGE_QUEUE, Permission.VIEW_PAYLOAD
ONE = "workflows/order-1"
INTERVAL = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"}

WRITES: list[tuple[str, str, Any, Permission]] = [
    ("post", "workflows", {"name": "shop.workflows.x"}, Permission.START_WORKFLOW),
    ("post", f"{ONE}/cancel", None, Permission.CANCEL_WORKFLOW),
    ("post", f"{ONE}/resume", None, Permission.RESUME_WORKFLOW),
    ("post", f"{ONE}/restart", None, FORK),
    ("post", f"{ONE}/fork", {"start_step": 1}, FORK),
    ("post", f"{ONE}/retry", None, FORK),
    ("post", f"{ONE}/messages", {"message": 1}, Permission.SEND_MESSAGE),
    ("delete", ONE, None, Permission.DELETE_WORKFLOW),
    *(
        ("post", "workflows/bulk", {"action": action, "ids": ["order-1"]}, permission)
        for action, permission in (
            ("cancel", Permission.CANCEL_WORKFLOW),
            ("resume", Permission.RESUME_WORKFLOW),
            ("restart", FORK),
            ("retry", FORK),
            ("delete", Permission.DELETE_WORKFLOW),
        )
    ),
    ("patch", "queues/mail", {"concurrency": 1}, QUEUE),
    ("post", "queues/mail/pause", None, QUEUE),
    ("post", "queues/mail/resume", None, QUEUE),
    ("post", "schedules/mail/pause", None, SCHEDULE),
    ("post", "schedules/mail/resume", None, SCHEDULE),
    ("post", "schedules/mail/trigger", None, SCHEDULE),
    ("post", "schedules/mail/backfill", INTERVAL, SCHEDULE),
]

SCOPES = (
    Permission.VIEW_WORKFLOW,
    Permission.CANCEL_WORKFLOW,
    QUEUE,
    Permission.MANAGE_TOKEN,
)
"""Enough to see that each request asks for its own and for nothing else."""

READS: dict[str, Permission] = {
    **dict.fromkeys(
        ["workflows", ONE, f"{ONE}/steps", f"{ONE}/children", "queues", "schedules"],
        Permission.VIEW_WORKFLOW,
    ),
    **dict.fromkeys(
        ["executors", "versions", "metrics", "feed"], Permission.VIEW_WORKFLOW
    ),
    f"{ONE}/events": PAYLOAD,
    f"{ONE}/messages": PAYLOAD,
    f"{ONE}/streams/log": PAYLOAD,
}


@on_sqlite
def test_a_scope_opens_what_it_names(engine_database: str) -> None:
    from django.test import Client  # noqa: PLC0415 - needs the settings

    rows.one_of_each()
    user = make_user("all", *(one.rpartition(".")[2] for one in EVERYTHING))
    before = rows.states()
    for scope in SCOPES:
        token = token_of(user, scope.value)
        caller = Program(Client(), Authorization=f"Bearer {token}")
        for method, path, body, needed in WRITES:
            if needed is scope:
                continue
            entries = AuditEntry.objects.count()
            answer = caller.call(method, path, body)
            said = (scope, method, path, body)
            assert answer.status_code == 403, (*said, answer.content)
            assert answer.json()["permission"] == needed, said
            assert rows.states() == before, said
            assert AuditEntry.objects.count() == entries + 1, said
            assert AuditEntry.objects.latest("id").outcome == "refused"
        for path, needed in READS.items():
            answer = caller.call("get", path)
            if needed is not scope:
                assert answer.status_code == 403, (scope, path)
            elif needed is Permission.VIEW_WORKFLOW:
                assert answer.status_code in (200, 501), (scope, path)


@on_sqlite
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "bearer "])
def test_without_a_token_nothing_is_open(engine_database: str, header: str) -> None:
    from django.test import Client  # noqa: PLC0415 - needs the settings

    rows.one_of_each()
    before = rows.states()
    caller = Program(Client(), **({"Authorization": header} if header else {}))
    for method, path, body, _needed in WRITES:
        assert caller.call(method, path, body).status_code == 401, path
    for path in READS:
        assert caller.call("get", path).status_code == 401, path
    assert rows.states() == before
    assert not AuditEntry.objects.exists()
