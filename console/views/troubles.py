"""What a page says when it cannot be made: the database is away, not migrated, too slow.

These pages stand alone: what surrounds other pages asks who is logged in, which needs
the database. Each says what happened to the workflows and what to do.
"""

import logging
import sqlite3

from django.conf import settings
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from django.db.transaction import get_connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from console.headers import harden
from console.queries.patience import TooSlow
from console.views.pages import asked_by_htmx, render_answer
from durable_engine.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

TROUBLES = (
    DatabaseUnavailable,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    TooSlow,
)
"""What `answer` knows how to explain, or raises again."""

_POLLED = {"live", "audit_fresh"}
"""Addresses that pages ask again and again, by name."""

_CANCELLED = "57014"  # PostgreSQL's codes: a statement's time was over
_UNDEFINED = ("42P01", "42703")  # there is no such table, no such column


def answer(request: HttpRequest, trouble: Exception) -> HttpResponse:
    """Explain why there is no page; what is no trouble of the database is raised again.

    The log has the error itself. A transaction of the whole request is rolled back.
    """
    template = _template(trouble)
    if template is None:
        raise trouble
    logger.error("%s %s", request.method, request.path, exc_info=trouble)
    _roll_back()
    match = request.resolver_match
    if match is not None and match.url_name in _POLLED:
        # The page shows that it is offline, and asks again.
        response = HttpResponse(status=503)
        response["HX-Reswap"] = "none"
    elif asked_by_htmx(request):
        said = {"text": f"{_SAID[template]()} {_effect(request)}", "bad": True}
        response = render_answer(request, said, status=503)
    else:
        response = _alone(request, template, 503)
    response["Retry-After"] = "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say why a form was refused, in place of Django's own page (`CSRF_FAILURE_VIEW`).

    Args:
        request: the form.
        reason: what Django found, for the log; it has written it already.
    """
    del reason
    if asked_by_htmx(request):
        text = _("The page is older than your log-in: load it again and repeat this.")
        said = {"text": text, "bad": True}
        response = render_answer(request, said, status=403)
    else:
        response = _alone(request, "form", 403)
    harden(response)
    return response


def nowhere(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page (`handler404` of the bundled site)."""
    del exception
    return _alone(request, "nowhere", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong (`handler500` of the bundled site)."""
    return _alone(request, "broken", 500)


def _alone(request: HttpRequest, page: str, status: int) -> HttpResponse:
    again = reverse("durable_console:index")
    content = {
        "address": request.get_full_path(),
        "again": request.get_full_path() if _reads(request) else again,
        "effect": _effect(request),
    }
    template = f"durable_console/errors/{page}.html"
    response = render(request, template, content, status=status)
    harden(response)
    return response


_SAID = {
    "away": lambda: _("The database does not answer."),
    "bare": lambda: _("The database lacks tables of the engine: run migrate."),
    "slow": lambda: _("The database was too slow for this."),
}


def _reads(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD")


def _effect(request: HttpRequest) -> str:
    """Say whether something may have been done: a commit may have been lost."""
    if _reads(request):
        return _("Nothing was changed; try again.")
    return _("Whether it was done is not known: look before you repeat it.")


def _template(trouble: Exception) -> str | None:
    cause = trouble.__cause__
    code = getattr(cause, "sqlstate", None)
    if isinstance(trouble, TooSlow) or code == _CANCELLED:
        return "slow"
    if code in _UNDEFINED or _lacks_tables(cause):
        return "bare"
    return None if isinstance(trouble, ProgrammingError) else "away"


def _lacks_tables(cause: BaseException | None) -> bool:
    missing = ("no such table", "no such column")
    return isinstance(cause, sqlite3.OperationalError) and any(
        text in str(cause) for text in missing
    )


def _roll_back() -> None:
    """Let a transaction around the request commit nothing of what broke off."""
    for connection in map(get_connection, settings.DATABASES):
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            try:
                connection.set_rollback(True)
            except DatabaseError:
                continue
