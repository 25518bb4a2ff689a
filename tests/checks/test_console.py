"""Checks of what the console needs of its host."""

import importlib.util
from unittest.mock import patch

import pytest
from asgiref.compatibility import guarantee_single_callable
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.asgi import get_asgi_application
from django.core.checks.registry import registry
from django.test import override_settings
from django.urls import include, path, re_path

from console import checks
from console.routing import websocket_urlpatterns

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
USERS = "django.contrib.auth.middleware.AuthenticationMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


class OwnSessions(SessionMiddleware):
    """A host's own kind."""


class OwnUsers(AuthenticationMiddleware):
    """A host's own kind."""


urlpatterns = [path("elsewhere/", include([]))]


async def other(scope, receive, send):
    """Any other consumer."""


plain = get_asgi_application()
whole = ProtocolTypeRouter(
    {
        "http": plain,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter([path("chat/", other), *websocket_urlpatterns])
            )
        ),
    }
)
nested = ProtocolTypeRouter(
    {"websocket": URLRouter([re_path("^durable/", URLRouter(websocket_urlpatterns))])}
)
without = ProtocolTypeRouter({"http": plain})
others_only = ProtocolTypeRouter({"websocket": URLRouter([path("chat/", other)])})
unknown = guarantee_single_callable(other)


def said(check):
    return [one.id.removeprefix("durable.") for one in check()]


def test_bundled_site_is_in_order():
    ours = [
        check
        for check in registry.get_checks()
        if check.__module__.startswith(("console.", "durable_engine.checks."))
    ]
    assert len(ours) > 12
    found = [one for check in ours for one in check(app_configs=None, databases=None)]
    # That of the tests is in memory until a test asks for another one.
    assert [one.id for one in found if one.obj is None] == ["durable.W009"]


def test_nowhere_mounted():
    with override_settings(ROOT_URLCONF=__name__, ASGI_APPLICATION=f"{__name__}.plain"):
        assert said(checks.check_mounting) == ["W301"]
        assert said(checks.check_sockets) == []


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("login", []),
        ("admin:login", []),
        ("/accounts/login/", ["W302"]),
        ("no_such_name", ["W302"]),
        ("https://sso.example.org/", []),
        ("/durable/?next=1", []),
    ],
)
def test_page_to_log_in(url, ids):
    with override_settings(LOGIN_URL=url):
        assert said(checks.check_mounting) == ids


@pytest.mark.parametrize(
    ("middleware", "ids"),
    [
        ([SESSIONS, CSRF, USERS], []),
        ([f"{__name__}.OwnSessions", CSRF, f"{__name__}.OwnUsers"], []),
        ([CSRF], ["E302", "E302"]),
        ([SESSIONS, CSRF], ["E302"]),
        ([USERS, SESSIONS, CSRF], ["E303"]),
        ([SESSIONS, USERS], ["W303"]),
        ([SESSIONS, USERS, "no.such.Middleware"], ["W303"]),
    ],
)
def test_middleware(middleware, ids):
    with override_settings(MIDDLEWARE=middleware):
        assert said(checks.check_authentication) == ids


def test_apps_and_packages():
    with override_settings(INSTALLED_APPS=["console"]):
        assert said(checks.check_authentication) == ["E301", "E301"]
        assert said(checks.check_static_files) == ["W305"]
    with override_settings(STATIC_URL=None):
        assert said(checks.check_static_files) == ["W305"]
    assert said(checks.check_packages) == []
    find = importlib.util.find_spec
    hidden = lambda name: None if name == "ninja" else find(name)
    with patch.object(checks, "find_spec", hidden):
        (error,) = checks.check_packages()
    assert str(error) == (
        "?: (durable.E305) The console needs the package 'ninja', which is not "
        "installed.\n\tHINT: Install 'django-durable-engine[console]'."
    )


def templates(**changes):
    return override_settings(TEMPLATES=[{**settings.TEMPLATES[0], **changes}])


def test_templates():
    with templates(APP_DIRS=False):
        assert said(checks.check_templates) == ["E304"]
    with templates(OPTIONS={}):
        assert said(checks.check_templates) == ["W304"]
    assert said(checks.check_templates) == []


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("whole", []),
        ("nested", []),
        ("unknown", []),
        ("plain", ["W308"]),
        ("without", ["W308"]),
        ("others_only", ["W308"]),
        ("missing", ["W307"]),
    ],
)
def test_sockets(name, ids):
    with override_settings(ASGI_APPLICATION=f"{__name__}.{name}"):
        assert said(checks.check_sockets) == ids


def test_sockets_without_an_asgi_application():
    with override_settings(ASGI_APPLICATION=None):
        assert said(checks.check_sockets) == []
        with override_settings(DURABLE_ENGINE={"EMBEDDED_WORKER": True}):
            assert said(checks.check_sockets) == ["W306"]


def test_deployment():
    cookies = {"SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
    with override_settings(DEBUG=False, **cookies):
        assert said(checks.check_deployment) == []
    with override_settings(DEBUG=True, **{**cookies, "CSRF_COOKIE_SECURE": False}):
        found = checks.check_deployment()
    assert [one.id for one in found] == ["durable.W309", "durable.W310"]
    assert found[1].msg.startswith("CSRF_COOKIE_SECURE is off: ")
