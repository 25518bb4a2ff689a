"""The doors of the API: who gets in, what is refused at the threshold, how errors look."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import OperationalError
from django.db.models.functions import Now
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path

from console.headers import CONTENT_SECURITY_POLICY
from console.models import ApiToken, AuditEntry
from console.permissions import Permission, by_django
from durable_engine.errors import DatabaseUnavailable, EngineStopped
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.api.conftest import ROOT, Program, parsed, program, token_of
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

VIEW = "durable_engine.view_workflow"
CANCEL = "durable_engine.cancel_workflow"

urlpatterns = [
    path("one/", include("console.urls")),
    path("two/deep/", include("console.urls", namespace="second")),
]


def bearer(text: str) -> Program:
    return Program(Client(), Authorization=f"Bearer {text}")


@pytest.fixture
def ada(engine_database: str) -> User:
    del engine_database
    return make_user("ada", "view_workflow", "cancel_workflow")


def test_nobody_gets_in(engine_database: str) -> None:
    del engine_database
    for text in (None, "Bearer", "Bearer x", "Bearer dur_" + "x" * 43, "Basic eDp5"):
        caller = Program(Client(), **({} if text is None else {"Authorization": text}))
        for method, address in (("get", "workflows"), ("post", "workflows/a/cancel")):
            response = caller.call(method, address)
            parsed(response, 401)
            assert response["WWW-Authenticate"].startswith('Bearer realm="durable"')


def test_revoked_and_expired_tokens_get_nobody_in(ada: User) -> None:
    caller = bearer(token_of(ada, VIEW))
    caller.get("workflows")
    ApiToken.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert caller.get("workflows", 401)["type"].endswith(":invalid-token")
    ApiToken.objects.update(expires_at=None, revoked_at=Now())
    caller.get("workflows", 401)
    ApiToken.objects.update(revoked_at=None)
    User.objects.update(is_active=False)
    caller.get("workflows", 401)


def test_token_never_allows_more_than_its_scope_or_its_user(ada: User) -> None:
    rows.workflow("order-1", "ENQUEUED")
    narrow = bearer(token_of(ada, VIEW))
    assert narrow.post("workflows/order-1/cancel", status=403)["permission"] == CANCEL
    wide = bearer(token_of(ada, VIEW, CANCEL))
    ada.user_permissions.clear()
    wide.post("workflows/order-1/cancel", status=403)
    User.objects.update(is_superuser=True)
    narrow.post("workflows/order-1/cancel", status=403)
    assert wide.post("workflows/order-1/cancel")["status"] == "CANCELLED"
    assert AuditEntry.objects.filter(outcome="refused", actor="ada").count() == 3


def test_a_token_decides_alone_whatever_the_cookies_say(ada: User) -> None:
    root = User.objects.create_superuser("root")
    browser = Client()
    browser.force_login(root)
    Program(browser).get("workflows")
    Program(browser, Authorization="Bearer wrong").get("workflows", 401)
    limited = Program(browser, Authorization=f"Bearer {token_of(ada, CANCEL)}")
    limited.get("workflows", 403)


def test_sessions_need_the_csrf_token_to_change_anything(ada: User) -> None:
    rows.workflow("order-1", "ENQUEUED")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    session = Program(browser)
    assert session.get("workflows/order-1")["status"] == "ENQUEUED"
    problem = session.post("workflows/order-1/cancel", status=403)
    assert problem["type"] == "urn:durable-engine:problem:csrf-failed"
    assert session.call("delete", "workflows/order-1").status_code == 403
    assert Workflow.objects.get().status == "ENQUEUED"
    browser.get(f"{ROOT}docs")
    session.headers["X-CSRFToken"] = browser.cookies["csrftoken"].value
    assert session.post("workflows/order-1/cancel")["status"] == "CANCELLED"
    assert AuditEntry.objects.get().actor == "ada"


def test_bodies_are_json_or_nothing(everything: Program) -> None:
    rows.workflow("order-1", "ENQUEUED")
    caller, url = everything.client, f"{ROOT}workflows/order-1/cancel"

    def sent(data: Any, kind: str, status: int) -> None:
        response = caller.post(
            url, data=data, content_type=kind, headers=everything.headers
        )
        parsed(response, status)

    sent("not json", "application/json", 415)
    sent("NaN", "application/json", 415)
    sent("{}", "text/plain", 415)
    sent("a=1", "application/x-www-form-urlencoded", 415)
    sent('{"reason": "\\ud800"}', "application/json", 422)
    sent("[" * 100_000, "application/json", 422)
    sent('{"reason": ' + "9" * 5000 + "}", "application/json", 422)
    sent("[" * 1000 + "]" * 1000, "application/json", 422)
    sent("[]", "application/json", 422)
    sent("7", "application/json", 422)
    assert Workflow.objects.get().status == "ENQUEUED"
    sent("", "application/json", 200)
    sent("null", "application/json", 409)
    # As a client without a body sends it, who knows of forms only.
    parsed(caller.post(url, headers=everything.headers), 409)


@on_sqlite
def test_bodies_are_bounded(everything: Program, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = {"name": "x" * 200}
    problem = everything.post("workflows", body, 413)
    assert "DATA_UPLOAD_MAX_MEMORY_SIZE" in problem["detail"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    settings.DURABLE_ENGINE = {**settings.DURABLE_ENGINE, "MAX_PAYLOAD_BYTES": 100}
    rows.workflow("order-1", "PENDING")
    body = {"message": "x" * 200}
    problem = everything.post("workflows/order-1/messages", body, 413)
    assert problem["type"] == "urn:durable-engine:problem:too-large"


@on_sqlite
def test_errors_are_problems_everywhere(reader: Program) -> None:
    for address in ("", "nothing", "workflow", "docs/x", "queues-"):
        reader.get(address, 404)
    response = reader.call("post", "workflows/?a=/?")
    assert response.status_code == 308
    assert response["Location"] == f"{ROOT}workflows?a=/?"
    response = reader.call("post", "executors")
    parsed(response, 405)
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    response = reader.call("put", "workflows/order-1")
    assert response["Allow"] == "DELETE, GET, HEAD, OPTIONS"
    for address in ("docs", "docs/swagger-ui.css", "openapi.json"):
        parsed(reader.call("post", address), 405)
    reader.get(f"workflows?{'status=ERROR&' * 1001}", 400)
    assert reader.get("workflows?limit=0", 422)["errors"] == [
        {
            "detail": "Input should be greater than or equal to 1",
            "parameter": "limit",
        }
    ]
    assert reader.get("workflows?name=a&name=%00", 422)["errors"] == [
        {"detail": "must not hold NUL characters", "parameter": "name"}
    ]
    reader.get("workflows?start_time=", 422)
    reader.get("workflows?search=&subject=&workflow_id_prefix=&cursor=")
    reader.get("workflows/order-1?waits=10", 422)  # a slip must not wait for nothing
    problem = reader.post("workflows", {"name": "x", "args": 1, "k/y": 1}, 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/args", "/k~1y"]


@on_sqlite
def test_head_is_get_without_a_body_and_options_tells_what_is_possible(
    reader: Program,
) -> None:
    rows.workflow("order-1")
    for address in ("workflows", "workflows/order-1", "health", "docs", "metrics"):
        read, looked = (reader.call(one, address) for one in ("get", "head"))
        assert (looked.status_code, looked.content) == (200, b"")
        assert looked["Content-Type"] == read["Content-Type"]
    assert reader.call("head", "workflows/nobody").status_code == 404
    nobody = Program(Client())
    assert nobody.call("head", "workflows").status_code == 401
    for address, allowed in (
        ("workflows", "GET, HEAD, OPTIONS, POST"),
        ("workflows/order-1/cancel", "OPTIONS, POST"),
        ("openapi.json", "GET, HEAD, OPTIONS"),
    ):
        told = nobody.call("options", address)
        assert (told.status_code, told["Allow"]) == (204, allowed)


@on_sqlite
def test_our_own_errors_tell_nothing_and_are_signalled(
    reader: Program, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def fail(*_: object) -> None:
        message = "secret"
        raise LookupError(message)

    monkeypatch.setattr("console.queries.statuses.page", fail)
    with pytest.raises(LookupError):  # the signal made the test client raise
        reader.get("workflows")
    reader.client.raise_request_exception = False
    for debug in (False, True):
        settings.DEBUG = debug
        response = reader.call("get", "workflows")
        assert parsed(response, 500)["detail"].startswith("Something went wrong")
        assert "secret" not in response.content.decode()


@on_sqlite
def test_without_a_database_it_says_so(
    reader: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "secret host"
        raise OperationalError(message)

    assert reader.get("health") == {"status": "ok"}
    assert Program(Client()).get("health?ready") == {"status": "ready"}
    monkeypatch.setattr("console.queries.statuses.page", fail)
    monkeypatch.setattr("console.api.health.exists", fail)
    response = reader.call("get", "workflows")
    assert "secret" not in str(parsed(response, 503))
    assert response["Retry-After"] == "1"
    for error in (DatabaseUnavailable(waited_seconds=30), EngineStopped("SIGTERM")):
        monkeypatch.setattr("console.queries.statuses.page", Mock(side_effect=error))
        response = reader.call("get", "workflows")
        assert parsed(response, 503)["detail"] == str(error)
        assert response["Retry-After"] == "1"
    assert "secret" not in str(Program(Client()).get("health?ready=1", 503))
    assert Program(Client()).get("health") == {"status": "ok"}


@on_sqlite
def test_too_many_requests_are_told_when_to_come_back(
    reader: Program, settings: Any
) -> None:
    cache.clear()  # tokens have the same ids in every test
    settings.DURABLE_CONSOLE = {"API_REQUESTS_PER_MINUTE": 3}
    other = program("other", VIEW)
    statuses = [reader.call("get", "workflows").status_code for _ in range(5)]
    assert statuses.count(429) >= 1
    assert statuses[0] == 200
    response = reader.call("get", "workflows")
    parsed(response, 429)
    assert 1 <= int(response["Retry-After"]) <= 61
    other.get("workflows")
    for wrong in (0, True, "many"):
        settings.DURABLE_CONSOLE = {"API_REQUESTS_PER_MINUTE": wrong}
        reader.client.raise_request_exception = False
        reader.get("workflows", 500)


def hides_order_2(actor: Any, permission: Permission, target: str) -> bool:
    return target != "order-2" and by_django(actor, permission, target)


def test_a_projects_own_resolver_hides_single_workflows(
    reader: Program, settings: Any
) -> None:
    rows.workflow("order-1")
    rows.workflow("order-2")
    settings.DURABLE_CONSOLE = {"PERMISSIONS": f"{__name__}.hides_order_2"}
    assert [one["id"] for one in reader.get("workflows")["items"]] == ["order-1"]
    reader.get("workflows/order-2", 403)
    reader.get("workflows/order-2/steps", 403)


@on_sqlite
def test_links_lead_where_the_console_is_mounted(
    reader: Program, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    rows.workflow("order-1")
    for home in ("/one/", "/two/deep/"):
        item = reader.get(f"{home}api/workflows/order-1")
        assert item["links"] == {
            "self": f"{home}api/workflows/order-1",
            "page": f"{home}workflows/order-1/",
        }
        document = reader.get(f"{home}api/openapi.json")
        assert document["servers"] == [{"url": f"{home}api"}]


@on_sqlite
def test_answers_are_kept_out_of_caches_and_frames(reader: Program) -> None:
    for address in ("workflows", "nothing", "health"):
        response = reader.call("get", address)
        assert "no-store" in response["Cache-Control"]
        assert response["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert response["X-Content-Type-Options"] == "nosniff"
    assert isinstance(response.wsgi_request, HttpRequest)


@on_sqlite
def test_it_works_in_a_project_with_transactions_and_log_in_everywhere(
    reader: Program, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.transaction import get_connection  # noqa: PLC0415

    monkeypatch.setitem(get_connection().settings_dict, "ATOMIC_REQUESTS", True)
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    caller = Program(Client(), **reader.headers)
    rows.workflow("order-1")
    assert caller.get("workflows/order-1?wait=1")["id"] == "order-1"
    assert caller.get("workflows/order-1/steps")["items"] == []
