"""What users keep for themselves: a time zone; saved views and columns of the list."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console import zones
from console.actions import preferences
from console.actions.preferences import Refusal
from console.actors import actor_of
from console.filters import InvalidFilter, WorkflowFilter
from console.models import SavedView
from console.permissions import Permission, may
from console.queries.preferences import preferred_zone
from console.tables import columns
from console.tables.instants import Instant, now
from console.views.access import guarded
from console.views.pages import render_page, render_problem

NAMED = "named"
"""What the form says where a zone is chosen by its name."""


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def prefer(request: HttpRequest) -> HttpResponse:
    """Show what the user prefers; keep what he chooses."""
    if request.method != "POST":
        return _preferences(request, preferred_zone(_user_id(request)))
    choice = request.POST.get("zone", zones.SITE)
    if choice == NAMED:
        choice = request.POST.get("zone_name", "").strip()
        if not choice:
            problem = _("Write the name of a time zone, for example Europe/Paris.")
            return _preferences(request, NAMED, problem=problem)
    try:
        preferences.remember_zone(_user_id(request), choice)
    except Refusal as refusal:
        return _preferences(request, choice, problem=str(refusal))
    return redirect(f"{reverse('durable_console:preferences')}?saved")


def _preferences(
    request: HttpRequest, choice: str, *, problem: str = ""
) -> HttpResponse:
    named = choice not in (zones.SITE, zones.BROWSER)
    browser = request.COOKIES.get(zones.COOKIE, "")
    with override(None):
        site = get_current_timezone_name()
    context = {
        "choice": NAMED if named else choice,
        "zone_name": choice if named and choice != NAMED else "",
        "site": site,
        "browser": browser if zones.exists(browser) else "",
        "names": zones.names(),
        "now": Instant(at=now()),
        "problem": problem,
        "saved": "saved" in request.GET and not problem,
    }
    status = 422 if problem else 200
    return render_page(request, "preferences/page", context, status=status)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is under a name."""
    try:
        wanted = _wanted(request)
        name = request.POST.get("name", "")
        preferences.save_view(_user_id(request), name, wanted.query())
    except (Refusal, InvalidFilter) as problem:
        return _refuse(request, problem)
    return _back(wanted)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def rename_view(request: HttpRequest, key: int) -> HttpResponse:
    """Give a saved view another name."""
    try:
        wanted = _wanted(request)
        name = request.POST.get("name", "")
        preferences.rename_view(_user_id(request), key, name)
    except (Refusal, InvalidFilter, SavedView.DoesNotExist) as problem:
        return _refuse(request, problem)
    return _back(wanted)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def delete_view(request: HttpRequest, key: int) -> HttpResponse:
    """Forget a saved view."""
    preferences.delete_view(_user_id(request), key)
    try:
        return _back(_wanted(request))
    except InvalidFilter as problem:
        return _refuse(request, problem)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns the list has."""
    chosen = columns.parse(",".join(request.POST.getlist("columns")))
    preferences.remember_columns(_user_id(request), chosen)
    try:
        # What is kept now decides, not what the address said before.
        return _back(_wanted(request).with_columns(""))
    except InvalidFilter as problem:
        return _refuse(request, problem)


def _user_id(request: HttpRequest) -> int:
    key: Any = request.user.pk
    return int(key)


def _wanted(request: HttpRequest) -> WorkflowFilter:
    payloads = may(actor_of(request), Permission.VIEW_PAYLOAD)
    query = QueryDict(request.POST.get("query", "").encode())
    return WorkflowFilter.parse(query, payloads=payloads)


def _back(wanted: WorkflowFilter) -> HttpResponse:
    return redirect(f"{reverse('durable_console:workflows')}?{wanted.query()}")


def _refuse(request: HttpRequest, problem: Exception) -> HttpResponse:
    context = {"problem": problem}
    return render_problem(request, "workflows/invalid", context, status=422)
