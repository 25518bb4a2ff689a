"""Acting on one workflow from its page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.actions.workflows import Order, WorkflowAction, act_on
from console.actors import actor_of
from console.permissions import Permission
from console.views.access import guarded
from console.views.pages import asked_by_htmx, render_problem
from durable_engine.errors import NotAuthorized


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def cancel(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Cancel the workflow."""
    return _answer(request, workflow_id, WorkflowAction.CANCEL, _("Cancelled."))


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def resume(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Resume the workflow."""
    return _answer(request, workflow_id, WorkflowAction.RESUME, _("Resumed."))


def _answer(
    request: HttpRequest, workflow_id: str, action: WorkflowAction, done: str
) -> HttpResponse:
    order = Order(action=action, reason=request.POST.get("reason", ""))
    try:
        answer = act_on(actor_of(request), order, [workflow_id])
    except NotAuthorized as refusal:
        context = {"permission": refusal.action}
        return render_problem(request, "denied", context, status=403)
    if not asked_by_htmx(request):
        return redirect("durable_console:workflow", workflow_id)
    left = answer.unchanged.get(workflow_id, "")
    return render(
        request,
        "durable_console/workflow/answer.html",
        {"text": (_("Nothing has changed: %s.") % left) if left else done, "bad": left},
        status=409 if left else 200,
    )
