"""The page of one workflow, as it is opened and as the answer to a refused act.

Called by the views of a workflow and of the acts on it.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.actions.workflows import WorkflowAction
from console.actors import Actor, actor_of
from console.conf import STEP_ROWS
from console.filters import InvalidFilter, WorkflowFilter
from console.fragments.details import (
    children_piece,
    facts_piece,
    payloads_piece,
    side_piece,
    step_piece,
    tail_piece,
    talk_piece,
    timeline_piece,
)
from console.permissions import Permission, may
from console.queries import details, family, timeline
from console.queries.details import StepKind
from console.tables import acts
from console.tables.workflows import WorkflowFacts
from console.views.pages import render_page, render_problem
from console.views.saying import Said

_KINDS = {StepKind.FAILED: _("failed ones"), StepKind.RETRIED: _("retried ones")}


def allowed_acts(actor: Actor, workflow_id: str = "") -> list[WorkflowAction]:
    """Return what the actor may do, in the order of the buttons.

    Args:
        actor: who.
        workflow_id: to which; empty: to any at all.
    """
    some = map(WorkflowAction, acts.WORDS)
    return [one for one in some if may(actor, one.permission, workflow_id)]


def workflow_page(
    request: HttpRequest,
    workflow_id: str,
    *,
    said: Said | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Show everything about a workflow.

    Args:
        request: for this page, or a form that was sent from it.
        workflow_id: which; there may be none with this id.
        said: what came of the form, to stand on top.
        status: of the answer.
    """
    facts = details.facts(workflow_id)
    if facts is None:
        return render_problem(
            request, "workflow/missing", {"workflow_id": workflow_id}, status=404
        )
    here = reverse("durable_console:workflow", args=[workflow_id])
    context = {
        **_window(workflow_id, _after(request), _kind(request)),
        **_allowed(actor_of(request), facts),
        # Below the address of an act, what the page leads to is named in full.
        "here": "" if request.path == here else here,
        "back_query": _back_query(request),
        "facts": facts_piece(facts),
        "side": side_piece(facts),
        "timeline": timeline_piece(workflow_id, timeline.spans(workflow_id)),
        "children": children_piece(workflow_id, details.children(workflow_id)),
    }
    template = "workflow/detail"
    return render_page(
        request, template, context, section="workflows", status=status, said=said
    )


def _window(workflow_id: str, after: int, kind: StepKind | None) -> dict[str, object]:
    """Read the steps behind a position, and where the other windows begin."""
    steps = details.steps(workflow_id, after=after, kind=kind)
    shown = steps[:STEP_ROWS]
    end = shown[-1].position if shown else after
    last = details.last_position(workflow_id)
    return {
        "steps": [step_piece(step) for step in shown],
        "more_steps": shown != steps,
        "tail": None if kind or shown != steps else tail_piece(workflow_id, end, []),
        "step_kind": kind or "",
        "step_kinds": [(one.value, word) for one, word in _KINDS.items()],
        "window_query": f"show={kind}&" if kind else "",
        "after": after,
        "first_shown": after + 1,
        "last_shown": end,
        "last_position": last,
        "last_text": f"{last:,}",
        "previous_after": max(after - STEP_ROWS, 0),
        "last_after": max(last - STEP_ROWS, 0),
    }


def _allowed(actor: Actor, facts: WorkflowFacts) -> dict[str, object]:
    """Say what the actor may see and do."""
    payloads = may(actor, Permission.VIEW_PAYLOAD, facts.id)
    trail = may(actor, Permission.VIEW_AUDIT)
    return {
        "acts": [acts.WORDS[action] for action in allowed_acts(actor, facts.id)],
        "may_start_again": payloads and may(actor, Permission.START_WORKFLOW),
        "may_send": may(actor, Permission.SEND_MESSAGE, facts.id),
        "may_view_payload": payloads,
        "payloads": payloads_piece(facts.id) if payloads else None,
        "attributes": details.attributes(facts.id) if payloads else [],
        "talk": talk_piece(facts.id) if payloads else None,
        "may_view_audit": trail,
        "trail": family.trail(facts.id) if trail else [],
    }


def _back_query(request: HttpRequest) -> str:
    """Return the filters of the list from which the reader came, if it was one."""
    came = urlsplit(request.headers.get("Referer", ""))
    if came.path != reverse("durable_console:workflows"):
        return ""
    payloads = may(actor_of(request), Permission.VIEW_PAYLOAD)
    try:
        query = QueryDict(came.query.encode())
        return WorkflowFilter.parse(query, payloads=payloads).query()
    except InvalidFilter:
        return ""


def _kind(request: HttpRequest) -> StepKind | None:
    """Return which steps alone are asked for; what means nothing asks for all."""
    text = request.GET.get("show", "")
    return StepKind(text) if text in list(StepKind) else None


def _after(request: HttpRequest) -> int:
    """Return the position behind which to begin: links say it, people the first."""
    first = _position(request.GET.get("from", ""))
    return first - 1 if first else _position(request.GET.get("after", ""))


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
