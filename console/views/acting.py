"""Acting on one workflow from its page: the six acts, and sending a message.

Every button leads to an address that asks (GET) and does (POST). With scripts the
question opens as a dialog and the answer is a toast; without, the question is a page
and the answer stands on the workflow's page: the browser is led back to it, or sees it
at once where nothing was done.
"""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.actions.workflows import Answer, Order, WorkflowAction, act_on, send
from console.actors import actor_of
from console.permissions import Permission, may
from console.queries import details
from console.tables.acts import WORDS
from console.views.access import guarded
from console.views.detail import workflow_page
from console.views.pages import (
    asked_by_htmx,
    render_denied,
    render_page,
    render_problem,
)
from console.views.saying import Said, leave
from durable_engine.errors import DurableError, NonExistentWorkflow, NotAuthorized


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, workflow_id: str, action: str) -> HttpResponse:
    """Ask about one of the acts, or do it to the workflow."""
    if request.method != "POST":
        return _ask(request, workflow_id, WorkflowAction(action))
    order, problem = order_from(request, WorkflowAction(action))
    if order is None:
        return _again(request, workflow_id, WorkflowAction(action), problem)
    try:
        answer = act_on(actor_of(request), order, [workflow_id])
    except NotAuthorized as refusal:
        return denied(request, refusal)
    return _tell(request, workflow_id, order, answer)


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def send_message(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Ask for a message, or send it: a JSON value, with a topic or without."""
    if request.method != "POST":
        return _ask(request, workflow_id, None)
    text = request.POST.get("message", "")
    try:
        body = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        problem = _("The message is no JSON: %s. A text stands in quotes.") % error
        return _again(request, workflow_id, None, problem)
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
        return _again(request, workflow_id, None, str(error))
    return _say(request, workflow_id, {"text": _("Sent.")})


def _again(
    request: HttpRequest,
    workflow_id: str,
    action: WorkflowAction | None,
    problem: str,
) -> HttpResponse:
    """Say what is wrong with a form; without scripts, above what was typed."""
    if asked_by_htmx(request):
        said = {"text": problem, "bad": True}
        return _say(request, workflow_id, said, status=422)
    return _ask(request, workflow_id, action, problem)


def _ask(
    request: HttpRequest,
    workflow_id: str,
    action: WorkflowAction | None,
    problem: str = "",
) -> HttpResponse:
    """Ask on a page of its own before an act, or for a message to send."""
    needed = action.permission if action else Permission.SEND_MESSAGE
    actor = actor_of(request)
    if not may(actor, needed, workflow_id):
        return denied(request, NotAuthorized(action=needed.value, user=actor.name))
    facts = details.facts(workflow_id)
    if facts is None:
        context: dict[str, Any] = {"workflow_id": workflow_id}
        return render_problem(request, "workflow/missing", context, status=404)
    context = {
        "row": facts,
        "words": WORDS[action] if action else None,
        "start_step": request.POST.get("start_step")
        or _step(request.GET.get("start_step", "")),
        "last_position": details.last_position(workflow_id),
        "page": True,
        "problem": problem,
        "given": request.POST,
    }
    status = 422 if problem else 200
    template = "workflow/ask"
    return render_page(request, template, context, section="workflows", status=status)


def order_from(
    request: HttpRequest, action: WorkflowAction
) -> tuple[Order | None, str]:
    """Read an order from a form; without one, say what is wrong with it."""
    given = request.POST.get("start_step", "") or "1"
    start_step = _step(given)
    if not start_step:
        return None, _("The step is a number from 1, not “%s”.") % given[:40]
    order = Order(
        action=action,
        reason=request.POST.get("reason", ""),
        start_step=start_step,
        include_children=bool(request.POST.get("include_children")),
    )
    return order, ""


def denied(request: HttpRequest, refusal: NotAuthorized) -> HttpResponse:
    """Say which permission is missing."""
    return render_denied(request, refusal.action)


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
    made = answer.made.get(workflow_id, "")
    said = words.done_with if made else words.done
    return _say(request, workflow_id, {"text": said, "made": made})


def _step(text: str) -> int:
    """Read a position; 0: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _say(
    request: HttpRequest,
    workflow_id: str,
    said: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    if asked_by_htmx(request):
        template = "durable_console/parts/answer.html"
        return render(request, template, said, status=status)
    if status == HTTPStatus.OK:
        leave(request, Said(text=str(said["text"]), made=said.get("made", "")))
        return redirect("durable_console:workflow", workflow_id)
    refusal = Said(text=str(said["text"]), bad=True)
    return workflow_page(request, workflow_id, said=refusal, status=status)
