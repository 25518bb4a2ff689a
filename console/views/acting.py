"""Acting on one workflow from its page: the six acts, and sending a message."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.actions.workflows import Answer, Order, WorkflowAction, act_on, send
from console.actors import Actor, actor_of
from console.permissions import Permission, may
from console.tables.acts import WORDS
from console.views.access import guarded
from console.views.pages import asked_by_htmx, render_page, render_problem
from durable_engine.errors import DurableError, NonExistentWorkflow, NotAuthorized


def allowed_acts(actor: Actor, workflow_id: str = "") -> list[WorkflowAction]:
    """Return what the actor may do, in the order of the buttons.

    Args:
        actor: who.
        workflow_id: to which; empty: to any at all.
    """
    some = map(WorkflowAction, WORDS)
    return [one for one in some if may(actor, one.permission, workflow_id)]


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def act(request: HttpRequest, workflow_id: str, action: str) -> HttpResponse:
    """Do one of the acts to the workflow."""
    order, problem = order_from(request, WorkflowAction(action))
    if order is None:
        return _say(request, workflow_id, {"text": problem, "bad": True}, status=422)
    try:
        answer = act_on(actor_of(request), order, [workflow_id])
    except NotAuthorized as refusal:
        return denied(request, refusal)
    return _tell(request, workflow_id, order, answer)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def send_message(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Send the workflow a message: a JSON value, with a topic or without."""
    text = request.POST.get("message", "")
    try:
        body = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        problem = _("The message is no JSON: %s. A text stands in quotes.") % error
        return _say(request, workflow_id, {"text": problem, "bad": True}, status=422)
    topic = request.POST.get("topic", "").strip() or None
    key = request.POST.get("idempotency_key", "").strip() or None
    reason = request.POST.get("reason", "")
    actor = actor_of(request)
    try:
        send(actor, workflow_id, body, topic=topic, idempotency_key=key, reason=reason)
    except NotAuthorized as refusal:
        return denied(request, refusal)
    except NonExistentWorkflow as error:
        return _say(request, workflow_id, {"text": error, "bad": True}, status=404)
    except (ValueError, DurableError) as error:
        return _say(request, workflow_id, {"text": error, "bad": True}, status=422)
    return _say(request, workflow_id, {"text": _("Sent.")})


def order_from(
    request: HttpRequest, action: WorkflowAction
) -> tuple[Order | None, str]:
    """Read an order from a form; without one, say what is wrong with it."""
    start_step = request.POST.get("start_step", "") or "1"
    plain = start_step.isascii() and start_step.isdigit() and len(start_step) <= 9
    if not plain or int(start_step) < 1:
        return None, _("The step is a number from 1, not “%s”.") % start_step[:40]
    order = Order(
        action=action,
        reason=request.POST.get("reason", ""),
        start_step=int(start_step),
        include_children=bool(request.POST.get("include_children")),
    )
    return order, ""


def denied(request: HttpRequest, refusal: NotAuthorized) -> HttpResponse:
    """Say which permission is missing."""
    context = {"permission": refusal.action}
    return render_problem(request, "denied", context, status=403)


def _tell(
    request: HttpRequest, workflow_id: str, order: Order, answer: Answer
) -> HttpResponse:
    """Say what came of it, on the page or as a page."""
    words = WORDS[order.action]
    if left := answer.unchanged.get(workflow_id):
        text = _("Nothing has changed: %s.") % left
        return _say(request, workflow_id, {"text": text, "bad": True}, status=409)
    if order.action is WorkflowAction.DELETE:
        context = {"workflow_id": workflow_id}
        return render_problem(request, "workflow/deleted", context, status=200)
    made = answer.made.get(workflow_id)
    if made and not asked_by_htmx(request):
        return redirect("durable_console:workflow", made)
    said = words.done_with if made else words.done
    return _say(request, workflow_id, {"text": said, "made": made})


def _say(
    request: HttpRequest,
    workflow_id: str,
    said: dict[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    if asked_by_htmx(request):
        template = "durable_console/parts/answer.html"
        return render(request, template, said, status=status)
    if status == 200:
        return redirect("durable_console:workflow", workflow_id)
    context = {**said, "workflow_id": workflow_id}
    return render_page(request, "workflow/refused", context, status=status)
