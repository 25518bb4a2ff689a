"""What every page of the console has around its content."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actors import actor_of
from console.permissions import Permission, may
from console.views.saying import Said, take
from durable_engine.clock import wall_epoch

_LOG_OUT_NAMES = ("logout", "admin:logout")
_RATES = (1, 2, 5, 15, 30, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One entry of the console's navigation."""

    name: str
    title: str | Promise
    url: str
    current: bool
    key: str  # after `g`, it leads there


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What the base template shows besides the page."""

    sections: tuple[Section, ...]
    home_url: str
    socket_url: str
    poll_url: str
    log_out_url: str
    now_ms: int  # the server's clock, which running durations are counted on
    rates: tuple[int, ...]  # seconds between two updates that a reader may choose
    said: Said | None  # what came of the form that led to this page


_SECTIONS = (
    ("index", _("Overview"), "o"),
    ("workflows", _("Workflows"), "w"),
    ("queues", _("Queues"), "q"),
    ("schedules", _("Schedules"), "s"),
    ("executors", _("Executors"), "e"),
    ("versions", _("Versions"), "v"),
    ("audit", _("Audit"), "a"),
    ("tokens", _("Tokens"), "t"),
)
"""Name of the address, title, and the letter that leads there after `g`."""

_NEEDED = {"audit": Permission.VIEW_AUDIT}
"""What a page of the navigation needs beyond what the console does."""


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    section: str = "",
    status: int = 200,
    said: Said | None = None,
) -> HttpResponse:
    """Render a page with everything around it.

    Args:
        request: for which page.
        template: below `durable_console/`, without its ending.
        context: what the template shows.
        section: of the navigation.
        status: of the answer.
        said: what stands on top; else what was left for the next page.
    """
    if status == HTTPStatus.OK and not asked_by_htmx(request):
        said = said or take(request)
    # A page of a trouble asks nobody's permissions: the database may be away.
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    hidden = frozenset[str]() if failed else _hidden(request)
    content = {**context, "shell": _shell(section, said, hidden)}
    return render(request, f"durable_console/{template}.html", content, status=status)


def render_problem(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int
) -> HttpResponse:
    """Render a page that says why there is no other; it takes the whole window."""
    response = render_page(request, template, context, status=status)
    if asked_by_htmx(request):
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
        response["HX-Reswap"] = "outerHTML"
    return response


def render_denied(request: HttpRequest, permission: str) -> HttpResponse:
    """Say which permission is missing; of a form on a page, without leaving it."""
    if request.method != "POST" or not asked_by_htmx(request):
        context = {"permission": permission}
        return render_problem(request, "denied", context, status=403)
    names = {"user": request.user.get_username(), "permission": permission}
    text = gettext("You may not do this: %(user)s lacks the permission %(permission)s.")
    return render_answer(request, {"text": text % names, "bad": True}, status=403)


def render_answer(
    request: HttpRequest, said: Mapping[str, Any], *, status: int
) -> HttpResponse:
    """Say something on the page that is open, whatever it expected to be answered."""
    template = "durable_console/parts/answer.html"
    response = render(request, template, dict(said), status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#answer", "innerHTML"
    return response


def asked_by_htmx(request: HttpRequest) -> bool:
    """Tell whether a script of a page asks, not a person for a page."""
    return request.headers.get("HX-Request") == "true"


def _hidden(request: HttpRequest) -> frozenset[str]:
    """Return the entries of the navigation that would only say what is missing."""
    actor = actor_of(request)
    return frozenset(
        name for name, permission in _NEEDED.items() if not may(actor, permission)
    )


def _shell(current: str, said: Said | None, hidden: frozenset[str]) -> Shell:
    home_url = reverse("durable_console:index")
    return Shell(
        sections=tuple(
            Section(
                name=name,
                title=title,
                url=reverse(f"durable_console:{name}"),
                current=name == current,
                key=key,
            )
            for name, title, key in _SECTIONS
            if name not in hidden
        ),
        home_url=home_url,
        socket_url=f"{home_url}ws/",
        poll_url=reverse("durable_console:live"),
        log_out_url=_log_out_url(),
        now_ms=round(wall_epoch() * 1000),
        rates=_RATES,
        said=said,
    )


def _log_out_url() -> str:
    for name in _LOG_OUT_NAMES:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""
