"""Who sees which page, and what every answer carries; for every address there is."""

import pytest
from django.test import Client

from console.headers import CONTENT_SECURITY_POLICY
from console.models import AuditEntry
from tests.console import rows
from tests.console.patterns import pages
from tests.support.databases import on_sqlite

LIST = "/durable/workflows/"
IN_HTMX = {"HTTP_HX_REQUEST": "true"}


def test_every_address_is_guarded() -> None:
    guarded = [pattern for _path, pattern in pages()]
    assert len(guarded) >= 20
    for pattern in guarded:
        assert hasattr(pattern.callback, "permissions"), pattern
    opened = [p for p in guarded if not p.callback.permissions]
    # What belongs to the user alone: his tokens.
    assert {str(p.pattern).partition("/")[0] for p in opened} <= {"tokens"}


@on_sqlite
def test_anonymous_is_led_to_the_log_in(engine_database: str) -> None:
    for path, _pattern in pages():
        response = Client().get(path)
        assert response.status_code == 302, path
        assert response["Location"] == f"/login/?next={path}"
        assert Client().post(path).status_code == 302, path


@on_sqlite
def test_htmx_is_told_to_log_in(engine_database: str) -> None:
    current = {"HTTP_HX_CURRENT_URL": f"http://testserver{LIST}?status=ERROR"}
    for path, _pattern in pages():
        response = Client().get(path, **IN_HTMX, **current)
        assert response.status_code == 401, path
        target = "/login/?next=%2Fdurable%2Fworkflows%2F%3Fstatus%3DERROR"
        assert response["HX-Redirect"] == target
        assert response.content == b""
    for page in ("javascript:alert(1)", "//evil.example/", "x://a//evil.example/"):
        response = Client().get(LIST, **IN_HTMX, HTTP_HX_CURRENT_URL=page)
        where = response["HX-Redirect"].partition("next=")[2]
        assert where in ("%2Fdurable%2Fworkflows%2F", "%2Fevil.example%2F")


@on_sqlite
def test_without_permission_nothing_is_shown(stranger: Client) -> None:
    rows.workflow("order-1")
    for path, pattern in pages():
        if not pattern.callback.permissions:
            continue
        for response in (stranger.get(path), stranger.post(path)):
            assert response.status_code == 403, path
            html = response.content.decode()
            assert pattern.callback.permissions[0] in html, path
            assert "shop.workflows" not in html, path


def test_forms_refused_at_the_door_are_on_record(stranger: Client) -> None:
    """Also with what PostgreSQL can keep nowhere, or not whole."""
    forms = {
        f"{LIST}{'x' * 300}/cancel/": ("cancel_workflow", "x" * 255),
        "/durable/queues/mail/pause/": ("pause_queue", "mail"),
        "/durable/start/": ("start_workflow", ""),
    }
    for path, (action, target_id) in forms.items():
        assert stranger.post(path, {"reason": "a\0b"}).status_code == 403
        entry = AuditEntry.objects.latest("pk")
        told = (entry.action, entry.target_id, entry.reason, entry.outcome)
        assert told == (action, target_id, "ab", "refused")
    count = AuditEntry.objects.count()
    assert stranger.get("/durable/start/").status_code == 403
    assert AuditEntry.objects.count() == count


@on_sqlite
def test_no_form_is_taken_without_its_secret(engine_database: str) -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 - needs the apps

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_superuser("root"))
    rows.workflow("order-1", "PENDING")
    for path, _pattern in pages():
        assert browser.post(path, {"reason": "of another site"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_ids_that_no_database_holds_are_unknown(admin_client: Client) -> None:
    for path in (f"{LIST}~00/", f"{LIST}~00/inputs/"):
        assert admin_client.get(path).status_code == 404


@on_sqlite
def test_every_answer_is_hardened_and_no_page_fails(admin_client: Client) -> None:
    rows.workflow("order-1")
    for path, _pattern in pages():
        response = admin_client.get(path)
        assert response.status_code < 500, path
        assert response["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert response["X-Content-Type-Options"] == "nosniff", path
        assert "no-store" in response["Cache-Control"], path


@pytest.fixture
def admin_client(engine_database: str) -> Client:
    """A browser of somebody who may do everything."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - needs the apps

    del engine_database
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client
