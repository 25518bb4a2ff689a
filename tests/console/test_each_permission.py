"""Each permission alone: what its holder may do, and nothing else; for every form."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission as DjangoPermission
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.models import ApiToken, AuditEntry
from console.permissions import Permission
from tests.console import rows
from tests.console.patterns import pages
from tests.support.databases import on_sqlite

FORK = Permission.FORK_WORKFLOW
SCHEDULE = Permission.MANAGE_SCHEDULE
QUEUE = Permission.MANAGE_QUEUE

NEEDED = {
    "cancel": Permission.CANCEL_WORKFLOW,
    "resume": Permission.RESUME_WORKFLOW,
    "restart": FORK,
    "fork": FORK,
    "retry": FORK,
    "delete": Permission.DELETE_WORKFLOW,
    "send": Permission.SEND_MESSAGE,
    "start": Permission.START_WORKFLOW,
    "queue": QUEUE,
    "pause_queue": QUEUE,
    "resume_queue": QUEUE,
    "pause_schedule": SCHEDULE,
    "resume_schedule": SCHEDULE,
    "trigger_schedule": SCHEDULE,
    "backfill_schedule": SCHEDULE,
    "preview_backfill": SCHEDULE,
    "resume_stranded": Permission.RESUME_WORKFLOW,
    "tokens": Permission.MANAGE_TOKEN,
}
"""The forms that change something, by the names of their addresses."""

OWN = {"preferences", "choose_columns", "save_view", "rename_view", "delete_view"}
"""Forms about what everybody keeps for himself."""

SHOWN = {
    "payload": Permission.VIEW_PAYLOAD,
    "step_payload": Permission.VIEW_PAYLOAD,
    "audit": Permission.VIEW_AUDIT,
    "audit_fresh": Permission.VIEW_AUDIT,
    "audit_export": Permission.VIEW_AUDIT,
}
"""Pages that need more than to view workflows."""


def state() -> object:
    """Tell all that a form may change."""
    return (*rows.states(), ApiToken.objects.count())


def browser_of(permission: Permission) -> Client:
    user = User.objects.create_user(f"holder of {permission}")
    for name in {permission.value, Permission.VIEW_WORKFLOW.value}:
        found = DjangoPermission.objects.get(codename=name.partition(".")[2])
        user.user_permissions.add(found)
    client = Client()
    client.force_login(user)
    return client


@on_sqlite
@pytest.mark.usefixtures("engine_database")
@pytest.mark.parametrize("permission", Permission)
def test_its_holder_may_do_that_and_nothing_else(permission: Permission) -> None:
    rows.one_of_each()
    browser = browser_of(permission)
    forms = [(p, path) for path, p in pages() if p.name in NEEDED]
    assert len(forms) == len(NEEDED)
    before = state()
    for pattern, path in forms:
        if NEEDED[pattern.name] is permission:
            continue
        entries = AuditEntry.objects.count()
        interval = {"start": "2026-11-01T00:00", "end": "2026-11-02T00:00"}
        form = {"reason": "an attempt", "concurrency": "1", **interval}
        response = browser.post(path, form)
        assert response.status_code == 403, path
        assert NEEDED[pattern.name] in response.content.decode(), path
        assert state() == before, path
        if pattern.name != "preview_backfill":
            assert AuditEntry.objects.count() == entries + 1, path
            assert AuditEntry.objects.latest("id").outcome == "refused"
    for path, pattern in pages():
        if (wanted := SHOWN.get(str(pattern.name))) is not None:
            expected = 200 if wanted is permission else 403
            assert browser.get(path).status_code == expected, path


@on_sqlite
@pytest.mark.usefixtures("engine_database")
@pytest.mark.parametrize("permission", sorted(set(NEEDED.values())))
def test_its_holder_may_do_that(permission: Permission) -> None:
    rows.one_of_each()
    browser = browser_of(permission)
    for path, pattern in pages():
        if NEEDED.get(str(pattern.name)) is permission:
            response = browser.post(path, {"reason": "mine"})
            assert response.status_code != 403, path


def test_every_form_is_in_one_of_the_tables() -> None:
    """A new form must say here what it needs."""
    read_only = {"index", "live", "workflows", "workflow", "queues", "schedules"}
    read_only |= {"schedule", "executors", "versions", "value", "step_value"}
    elsewhere = {"bulk_ask", "bulk_act", "revoke_token", None}
    named = {pattern.name for _path, pattern in pages()}
    assert named - set(NEEDED) - OWN - set(SHOWN) - read_only - elsewhere == set()


@on_sqlite
def test_a_token_of_another_is_not_there(viewer: Client, chief: Client) -> None:
    token = ApiToken.objects.create(
        user=User.objects.get(username="chief"),
        name="deploy",
        prefix="dur_x",
        digest="x" * 64,
        created_at=datetime.now(UTC),  # noqa: TID251 - nobody reads it
    )
    path = reverse("durable_console:revoke_token", args=[token.pk])
    for response in (viewer.get(path), viewer.post(path)):
        assert response.status_code == 404
        assert "deploy" not in response.content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None
    assert chief.post(path).status_code == 302
