"""Saved views and columns: what users keep for themselves about the list."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from console.actions import preferences
from console.actions.preferences import Refusal
from console.actors import actor_of
from console.filters import InvalidFilter, WorkflowFilter
from console.models import SavedView
from console.permissions import Permission, may
from console.tables import columns
from console.views.access import guarded
from console.views.pages import render_problem


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
