"""Starting a workflow from a form that is made of its signature.

The form may begin with what an earlier workflow was started with (`?from=` its id).
"""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.actions.workflows import start
from console.actors import actor_of
from console.permissions import Permission, may
from console.queries import givens, suggestions
from console.tables import parameters
from console.tables.parameters import Call
from console.tables.refilling import refilled
from console.views.access import guarded
from console.views.acting import denied
from console.views.pages import render_page, render_problem
from console.views.saying import Said, leave
from durable_engine.client.describing import (
    WorkflowDescription,
    describe_workflow,
    describe_workflows,
)
from durable_engine.client.starting import StartOrder
from durable_engine.errors import DurableError, NotAuthorized, UnregisteredWorkflow

_NUMBERS = ("priority", "delay_seconds", "timeout_seconds")
_TEXTS = ("workflow_id", "queue", "deduplication_id", "queue_partition_key")


@guarded(Permission.VIEW_WORKFLOW, Permission.START_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def start_workflow(request: HttpRequest) -> HttpResponse:
    """Choose a workflow, fill in its parameters, start it."""
    if request.method != "POST" and (origin := request.GET.get("from")):
        return _again(request, origin)
    name = request.POST.get("name") or request.GET.get("name", "")
    if not name:
        return _offer(request)
    try:
        description = describe_workflow(name)
    except UnregisteredWorkflow as error:
        return _unknown(request, error)
    if request.method != "POST":
        return _ask(request, description, parameters.blank(description))
    return _start(request, description)


def _again(request: HttpRequest, origin: str) -> HttpResponse:
    """Show the form with what another workflow was started with: a payload."""
    actor = actor_of(request)
    for needed in (Permission.VIEW_WORKFLOW, Permission.VIEW_PAYLOAD):
        if not may(actor, needed, origin):
            refusal = NotAuthorized(action=needed.value, user=actor.name)
            return denied(request, refusal)
    given = None if "\0" in origin else givens.given(origin)
    if given is None:
        context = {"workflow_id": origin}
        return render_problem(request, "workflow/missing", context, status=404)
    try:
        description = describe_workflow(given.name)
    except UnregisteredWorkflow as error:
        return _unknown(request, error)
    form = refilled(description, given.args, given.kwargs)
    more = {"origin": given, "left": form.left, "given": given.options}
    return _ask(request, description, form.call, more=more)


def _unknown(request: HttpRequest, error: UnregisteredWorkflow) -> HttpResponse:
    return render_problem(request, "start/unknown", {"problem": error}, status=404)


def _start(request: HttpRequest, description: WorkflowDescription) -> HttpResponse:
    call = parameters.read(description, request.POST)
    order, problems = _order(request, description, call)
    if order is None or not call.valid:
        return _ask(request, description, call, problems, status=422)
    try:
        reason = request.POST.get("reason", "")
        workflow_id = start(actor_of(request), order, reason)
    except NotAuthorized as refusal:
        return denied(request, refusal)
    except (DurableError, TypeError, ValueError) as error:
        return _ask(request, description, call, {"": str(error)}, status=422)
    leave(request, Said(text=_("Started.")))
    return redirect("durable_console:workflow", workflow_id)


def _order(
    request: HttpRequest, description: WorkflowDescription, call: Call
) -> tuple[StartOrder | None, dict[str, str]]:
    """Read how it is to be started; problems by the name of the field."""
    problems: dict[str, str] = {}
    options: dict[str, Any] = {
        key: request.POST.get(key, "").strip() or None for key in _TEXTS
    }
    for key in _NUMBERS:
        try:
            options[key] = _number(key, request.POST.get(key, "").strip())
        except ValueError:
            problems[key] = _("This is no number.")
    try:
        options["attributes"] = _attributes(request.POST.get("attributes", ""))
    except (ValueError, RecursionError):
        problems["attributes"] = _("This must be a JSON object.")
    if problems:
        return None, problems
    args, kwargs = call.args, dict(call.kwargs)
    name = description.name
    return StartOrder(name=name, args=args, kwargs=kwargs, **options), {}


def _number(key: str, text: str) -> float | int | None:
    if not text:
        return None
    return int(text) if key == "priority" else float(text)


def _attributes(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)  # noqa: TRY004 - as any other text that is none
    return value


def _offer(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("search", "").strip().lower()
    found = [
        one
        for one in describe_workflows()
        if wanted in one.name.lower() or wanted in one.summary.lower()
    ]
    context = {"descriptions": found, "search": request.GET.get("search", "")}
    return render_page(request, "start/choose", context, section="workflows")


def _ask(
    request: HttpRequest,
    description: WorkflowDescription,
    call: Call,
    problems: dict[str, str] | None = None,
    *,
    status: int = 200,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    context: dict[str, object] = {
        "description": description,
        "call": call,
        "problems": problems or {},
        "general_problem": (problems or {}).get("", ""),
        "given": request.POST,
        "queues": suggestions.queue_names(),
        **(more or {}),
    }
    return render_page(
        request, "start/form", context, section="workflows", status=status
    )
