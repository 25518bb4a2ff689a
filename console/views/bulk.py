"""Acting on many workflows: the question, with its count, and the work in batches.

The question names every workflow that will be acted on, so that what was counted is
what is done. The page then sends them in batches and shows what came of each; without
scripts the whole form is sent at once.
"""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.actions.workflows import Answer, Order, WorkflowAction, act_on
from console.actors import actor_of
from console.conf import BULK_BATCH_ROWS, BULK_ROWS
from console.filters import InvalidFilter, WorkflowFilter
from console.permissions import Permission, may
from console.queries import chosen, workflows
from console.queries.causes import causes_of
from console.queries.patience import TooSlow
from console.spans import span_of
from console.tables.acts import WORDS
from console.tables.workflows import status_label
from console.views.access import guarded
from console.views.acting import denied, order_from
from console.views.pages import (
    asked_by_htmx,
    render_answer,
    render_page,
    render_problem,
)
from console.views.paging import visible_ids
from durable_engine.errors import NotAuthorized

_NAMED_ROWS = 5
"""Workflows that the question names; a count stands for the others."""


class _Problem(Exception):  # noqa: N818 - said to the user
    """Why nothing is asked or done."""


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask about the workflows that were chosen, or that a filter finds."""
    try:
        action = _action(request)
        if not may(actor_of(request), action.permission):
            return denied(request, NotAuthorized(action=action.permission, user=""))
        context = _question(request, action)
    except _Problem as problem:
        return _refuse(request, str(problem))
    if asked_by_htmx(request):
        return render(request, "durable_console/workflows/question.html", context)
    return render_page(request, "workflows/ask", context, section="workflows")


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Act on the workflows that the form names, one id a line."""
    try:
        order = _order(request)
        ids = _named(request)
        answer = act_on(actor_of(request), order, ids)
    except _Problem as problem:
        return _refuse(request, str(problem))
    except NotAuthorized as refusal:
        return denied(request, refusal)
    context = {
        "words": WORDS[order.action],
        "lines": _lines(ids, answer),
        "changed": len(answer.changed),
        "unchanged": len(answer.unchanged),
        "back_query": _query(request),
    }
    if request.headers.get("X-Durable-Batch"):
        return render(request, "durable_console/workflows/outcomes.html", context)
    return render_page(request, "workflows/done", context, section="workflows")


def _action(request: HttpRequest) -> WorkflowAction:
    text = request.POST.get("action", "")
    if text not in WORDS:
        raise _Problem(_("There is no action “%s”.") % text[:40])
    return WorkflowAction(text)


def _order(request: HttpRequest) -> Order:
    action = _action(request)
    if not request.POST.get("reason", "").strip():
        raise _Problem(_("Say why: acting on many needs a reason."))
    order, problem = order_from(request, action)
    if order is None:
        raise _Problem(problem)
    return order


def _named(request: HttpRequest) -> list[str]:
    ids = [line for line in request.POST.get("ids", "").splitlines() if line]
    if len(ids) > BULK_ROWS:
        raise _Problem(_("At most %d at once.") % BULK_ROWS)
    return ids


def _question(request: HttpRequest, action: WorkflowAction) -> dict[str, object]:
    try:
        ids, more = _chosen(request)
    except InvalidFilter as problem:
        raise _Problem(str(problem)) from None
    except TooSlow:
        raise _Problem(_("Finding them took too long: narrow the filter.")) from None
    if not ids:
        raise _Problem(_("No workflow is selected."))
    words = WORDS[action]
    return {
        "words": words,
        "question": words.question(len(ids)),
        "order": words.order(len(ids)),
        "dismiss": words.refusal(len(ids)),
        "happens": words.happens(len(ids)),
        "children": words.with_children(len(ids)),
        "statuses": [
            (status, status_label(status), f"{number:,}")
            for status, number in chosen.by_status(ids)
        ],
        "first": ids[:_NAMED_ROWS],
        "others": max(len(ids) - _NAMED_ROWS, 0),
        "ids": "\n".join(ids),
        "count": len(ids),
        "more": more,
        "most": BULK_ROWS,
        "batch": BULK_BATCH_ROWS,
        "back_query": _query(request),
    }


def _chosen(request: HttpRequest) -> tuple[list[str], bool]:
    actor = actor_of(request)
    if not (request.POST.get("all") or request.POST.get("cause")):
        ids = list(dict.fromkeys(request.POST.getlist("ids")))[:BULK_ROWS]
        return visible_ids(actor, ids), False
    payloads = may(actor, Permission.VIEW_PAYLOAD)
    if cause := request.POST.get("cause", ""):
        ids = _failed_by(cause, request.POST.get("range", "")) if payloads else []
        return visible_ids(actor, ids), False
    query = QueryDict(request.POST.get("query", "").encode())
    ids, more = workflows.ids(WorkflowFilter.parse(query, payloads=payloads))
    return visible_ids(actor, ids), more


def _failed_by(cause: str, span: str) -> list[str]:
    """Return what failed of one cause in a range of time, the newest first."""
    rows = causes_of(span_of(span)).rows
    return [one for row in rows if row.key == cause for one in row.ids]


def _query(request: HttpRequest) -> str:
    """Return the list's query string, written by ourselves."""
    payloads = may(actor_of(request), Permission.VIEW_PAYLOAD)
    query = QueryDict(request.POST.get("query", "").encode())
    try:
        return WorkflowFilter.parse(query, payloads=payloads).query()
    except InvalidFilter:
        return ""


def _lines(ids: list[str], answer: Answer) -> list[tuple[str, str, str]]:
    """Say of each what came of it: id, why it was left alone, id of its copy."""
    return [
        (one, answer.unchanged.get(one, ""), answer.made.get(one, "")) for one in ids
    ]


def _refuse(request: HttpRequest, problem: str) -> HttpResponse:
    if asked_by_htmx(request):
        return render_answer(request, {"text": problem, "bad": True}, status=422)
    return render_problem(
        request, "workflows/invalid", {"problem": problem}, status=422
    )
