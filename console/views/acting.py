"""Acting on one workflow from its page."""

from collections.abc import Callable
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.actions.workflows import Answer, NotPermitted
from console.actions.workflows import cancel as cancel_workflow
from console.actions.workflows import resume as resume_workflow
from console.audit import Actor
from console.permissions import Permission
from console.views.access import guarded
from console.views.pages import asked_by_htmx, render_problem


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def cancel(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Cancel the workflow."""
    return _answer(request, workflow_id, cancel_workflow, _("Cancelled."))


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def resume(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Resume the workflow."""
    return _answer(request, workflow_id, resume_workflow, _("Resumed."))


def _answer(
    request: HttpRequest,
    workflow_id: str,
    action: Callable[[Actor, str, str], Answer],
    done: str,
) -> HttpResponse:
    try:
        answer = action(_actor(request), workflow_id, request.POST.get("reason", ""))
    except NotPermitted as refusal:
        context = {"permission": refusal.permission.value}
        return render_problem(request, "denied", context, status=403)
    if not asked_by_htmx(request):
        return redirect("durable_console:workflow", workflow_id)
    unchanged = _("Nothing has changed: %s.") % answer.detail
    return render(
        request,
        "durable_console/workflow/answer.html",
        {"text": done if answer.changed else unchanged, "bad": not answer.changed},
        status=200 if answer.changed else 409,
    )


def _actor(request: HttpRequest) -> Actor:
    return Actor(user=request.user, via="console", address=_address(request))


def _address(request: HttpRequest) -> str | None:
    # Of the connection: headers that name another address are anybody's to write.
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
