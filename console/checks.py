"""System checks of the console: whether a host project gives it what it needs.

What the console cannot work without is an error; where it works less well or less
safely than it could, a warning. The ids are in `docs/checks.md`.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.handlers.asgi import ASGIHandler
from django.shortcuts import resolve_url
from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.module_loading import import_string

_APPS = ("django.contrib.auth", "django.contrib.contenttypes")
_PACKAGES = ("channels", "ninja", "prometheus_client")
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_USERS = "django.contrib.auth.middleware.AuthenticationMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_REQUEST = "django.template.context_processors.request"


def home() -> str | None:
    """Return the path of the console's first page; None: it is not mounted."""
    try:
        return reverse("durable_console:index")
    except NoReverseMatch:
        return None


@register(Tags.urls)
def check_mounting(**_: Any) -> list[CheckMessage]:
    """The console has an address, and so has the page to log in."""
    return [*_check_addresses()]


def _check_addresses() -> Iterator[CheckMessage]:
    if home() is None:
        yield checks.Warning(
            "The console is installed, and no address leads to it.",
            hint='Add path("durable/", include("console.urls")) to the urlpatterns of '
            "ROOT_URLCONF.",
            id="durable.W301",
        )
        return
    if not _leads_somewhere(settings.LOGIN_URL):
        yield checks.Warning(
            f"LOGIN_URL is {settings.LOGIN_URL!r}, where there is no page: whoever is "
            "not logged in is sent there by the console.",
            hint="Name a view that logs in, such as 'admin:login'.",
            id="durable.W302",
        )


def _leads_somewhere(login_url: str) -> bool:
    try:
        url = resolve_url(login_url)
        if "://" not in url and not url.startswith("//"):
            path = url.partition("?")[0].partition("#")[0]
            resolve("/" + path.removeprefix(get_script_prefix()).lstrip("/"))
    except (NoReverseMatch, Resolver404):
        return False
    return True


@register(Tags.security)
def check_authentication(**_: Any) -> list[CheckMessage]:
    """Users are known to the console, and their posts are their own."""
    return [*_check_apps(), *_check_middleware()]


def _check_apps() -> Iterator[CheckMessage]:
    for name in _APPS:
        if not apps.is_installed(name):
            yield Error(
                f"The console needs the app {name!r}, which is not installed.",
                hint=f"Add {name!r} to INSTALLED_APPS, and migrate.",
                id="durable.E301",
            )


def _check_middleware() -> Iterator[CheckMessage]:
    found = [_imported(path) for path in settings.MIDDLEWARE]
    places = {path: _place_of(path, found) for path in (_SESSIONS, _USERS, _CSRF)}
    for path in (_SESSIONS, _USERS):
        if places[path] is None:
            yield Error(
                f"The console needs {path.rpartition('.')[2]} to know who asks, and "
                "MIDDLEWARE has none.",
                hint=f"Add {path!r} to MIDDLEWARE.",
                id="durable.E302",
            )
    sessions, users = places[_SESSIONS], places[_USERS]
    if sessions is not None and users is not None and users < sessions:
        yield Error(
            "AuthenticationMiddleware comes before SessionMiddleware, whose session it "
            "needs: nobody would be logged in.",
            hint="Put SessionMiddleware first in MIDDLEWARE.",
            id="durable.E303",
        )
    if places[_CSRF] is None:
        yield checks.Warning(
            "MIDDLEWARE has no CsrfViewMiddleware: another site could have a logged-in "
            "operator cancel or delete workflows.",
            hint=f"Add {_CSRF!r} to MIDDLEWARE.",
            id="durable.W303",
        )


def _imported(path: str) -> object:
    try:
        found: object = import_string(path)
    except ImportError:  # said by Django when the site starts
        return None
    return found


def _place_of(path: str, found: list[object]) -> int | None:
    """Return where a middleware, or one derived from it, stands."""
    wanted = import_string(path)
    for place, one in enumerate(found):
        if isinstance(one, type) and issubclass(one, wanted):
            return place
    return None


@register(Tags.templates)
def check_templates(**_: Any) -> list[CheckMessage]:
    """The console's templates are found, and know the request."""
    try:
        template = get_template("durable_console/base.html")
    except TemplateDoesNotExist:
        return [
            Error(
                "The console's templates are not found.",
                hint="Set APP_DIRS = True for DjangoTemplates in TEMPLATES.",
                id="durable.E304",
            )
        ]
    backend = getattr(template, "backend", None)
    if not isinstance(backend, DjangoTemplates):
        return []
    if _REQUEST in backend.engine.context_processors:
        return []
    return [
        checks.Warning(
            "The console's templates do not know the request: its pages do not show "
            "who is logged in, and cannot log out.",
            hint=f"Add {_REQUEST!r} to the context_processors in TEMPLATES.",
            id="durable.W304",
        )
    ]


@register(Tags.staticfiles)
def check_static_files(**_: Any) -> list[CheckMessage]:
    """Styles and scripts of the pages have an address."""
    if settings.STATIC_URL and apps.is_installed("django.contrib.staticfiles"):
        return []
    return [
        checks.Warning(
            "The console's styles and scripts are not served: STATIC_URL is not set, or "
            "'django.contrib.staticfiles' is not installed.",
            hint="Set STATIC_URL and add 'django.contrib.staticfiles' to "
            "INSTALLED_APPS.",
            id="durable.W305",
        )
    ]


@register(Tags.compatibility)
def check_packages(**_: Any) -> list[CheckMessage]:
    """The packages of the extra `console` are installed."""
    return [
        Error(
            f"The console needs the package {name!r}, which is not installed.",
            hint="Install 'django-durable-engine[console]'.",
            id="durable.E305",
        )
        for name in _PACKAGES
        if find_spec(name) is None
    ]


@register(Tags.urls)
def check_sockets(**_: Any) -> list[CheckMessage]:
    """Where the site is an ASGI application, its pages are live."""
    serves_asgi = getattr(settings, "ASGI_APPLICATION", None)
    embeds = getattr(settings, "DURABLE_ENGINE", {}).get("EMBEDDED_WORKER")
    if home() is None or not (serves_asgi or embeds):
        return []
    return [*_check_sockets(serves_asgi)]


def _check_sockets(asgi_application: str | None) -> Iterator[CheckMessage]:
    if asgi_application is None:
        yield checks.Warning(
            "EMBEDDED_WORKER is on and ASGI_APPLICATION is not set: runserver serves no "
            "WebSockets, and the console's pages poll.",
            hint="Set ASGI_APPLICATION, and add 'daphne' to the top of INSTALLED_APPS.",
            id="durable.W306",
        )
        return
    try:
        application = import_string(asgi_application)
    except Exception as error:  # noqa: BLE001 - whatever the project's module does
        yield checks.Warning(
            f"ASGI_APPLICATION is {asgi_application!r}, which cannot be imported: "
            f"{type(error).__name__}: {error}",
            hint="Mend that module, or leave ASGI_APPLICATION out.",
            id="durable.W307",
        )
        return
    if _serves(application, f"{home()}ws/".lstrip("/")) is False:
        yield checks.Warning(
            f"{asgi_application} has no route for the console's WebSocket, {home()}ws/: "
            "its pages poll.",
            hint=(
                "Use ProtocolTypeRouter with 'websocket': URLRouter("
                "console.routing.websocket_urlpatterns)."
            ),
            id="durable.W308",
        )


def _serves(application: object, path: str) -> bool | None:
    """Whether an ASGI application has a WebSocket at a path; None: who knows."""
    if isinstance(application, ASGIHandler):
        return False
    by_type = getattr(application, "application_mapping", None)
    if by_type is not None:
        inner = by_type.get("websocket")
        return False if inner is None else _serves(inner, path)
    routes = getattr(application, "routes", None)
    if routes is not None:
        return any(_leads_to(route, path) for route in routes)
    for attribute in ("inner", "application", "app"):  # of middleware
        if hasattr(application, attribute):
            return _serves(getattr(application, attribute), path)
    return None


def _leads_to(route: Any, path: str) -> bool:
    found = route.pattern.match(path)
    if found is None:
        return False
    is_router = hasattr(route.callback, "routes")
    return _serves(route.callback, found[0]) is True if is_router else True


@register(Tags.security, deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    """A console in production shows its insides to nobody else."""
    return [*_check_debug(), *_check_cookies()]


def _check_debug() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield checks.Warning(
            "DEBUG is on: an error page of the console shows inputs and outputs of "
            "workflows, also to users who may not view payloads.",
            hint="Set DEBUG = False.",
            id="durable.W309",
        )


def _check_cookies() -> Iterator[CheckMessage]:
    insecure = [
        name
        for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
        if not getattr(settings, name)
    ]
    if insecure:
        yield checks.Warning(
            f"{' and '.join(insecure)} {'are' if len(insecure) > 1 else 'is'} off: whoever reads the traffic of an operator "
            "can act in the console as that operator.",
            hint="Serve the console over HTTPS only and set them to True.",
            id="durable.W310",
        )
