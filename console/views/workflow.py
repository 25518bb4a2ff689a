"""One workflow: its page, and its payloads on demand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from console.actors import actor_of
from console.conf import STEP_ROWS
from console.fragments.details import (
    children_piece,
    facts_piece,
    step_piece,
    tail_piece,
    timeline_piece,
)
from console.permissions import Permission, may
from console.queries import details
from console.queries.details import PayloadKind
from console.views.access import guarded
from console.views.pages import render_page, render_problem


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def workflow_detail(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Show everything about a workflow but its payloads, which load on demand."""
    facts = details.facts(workflow_id)
    if facts is None:
        return render_problem(
            request, "workflow/missing", {"workflow_id": workflow_id}, status=404
        )
    actor = actor_of(request)
    after = _position(request.GET.get("after", ""))
    steps = details.steps(workflow_id, after=after)
    shown = steps[:STEP_ROWS]
    last = shown[-1].position if shown else after
    context = {
        "facts": facts_piece(facts),
        "steps": [step_piece(step) for step in shown],
        "tail": tail_piece(workflow_id, last, []) if shown == steps else None,
        "next_after": last,
        "after": after,
        "timeline": timeline_piece(workflow_id, details.newest_steps(workflow_id)),
        "children": children_piece(workflow_id, details.children(workflow_id)),
        "payloads": list(PayloadKind),
        "may_view_payload": may(actor, Permission.VIEW_PAYLOAD, workflow_id),
        "may_cancel": may(actor, Permission.CANCEL_WORKFLOW, workflow_id),
        "may_resume": may(actor, Permission.RESUME_WORKFLOW, workflow_id),
    }
    return render_page(request, "workflow/detail", context, section="workflows")


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def workflow_by_raw_id(request: HttpRequest, raw_id: str) -> HttpResponse:
    """Lead from an address that somebody typed to the one that we write."""
    del request
    return redirect("durable_console:workflow", raw_id)


@guarded(Permission.VIEW_WORKFLOW, Permission.VIEW_PAYLOAD)
@require_safe
def payload(request: HttpRequest, workflow_id: str, kind: str) -> HttpResponse:
    """Show the beginning of an input, output or error."""
    found = details.payload(workflow_id, PayloadKind(kind))
    return render_page(request, "workflow/payload", {"payload": found})


@guarded(Permission.VIEW_WORKFLOW, Permission.VIEW_PAYLOAD)
@require_safe
def step_payload(
    request: HttpRequest, workflow_id: str, position: int, kind: str
) -> HttpResponse:
    """Show the beginning of a step's output or error."""
    found = details.step_payload(workflow_id, position, PayloadKind(kind))
    return render_page(request, "workflow/payload", {"payload": found})


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
