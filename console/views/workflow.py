"""One workflow: its page, and its payloads on demand."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.actors import Actor, actor_of
from console.addresses import escape
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
from console.queries.details import PayloadKind, StepKind
from console.tables import acts
from console.tables.payloads import Payload
from console.tables.workflows import WorkflowFacts
from console.views.access import guarded
from console.views.acting import allowed_acts
from console.views.pages import asked_by_htmx, render_page, render_problem

_KINDS = {StepKind.FAILED: _("failed ones"), StepKind.RETRIED: _("retried ones")}
_TITLES = {
    PayloadKind.INPUTS: _("Inputs"),
    PayloadKind.OUTPUT: _("Output"),
    PayloadKind.ERROR: _("Error"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Whose payload a page shows."""

    workflow_id: str
    title: str
    position: int = 0  # of the step; 0: the workflow's own


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def workflow_detail(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Show everything about a workflow; its payloads load on demand."""
    facts = details.facts(workflow_id)
    if facts is None:
        return render_problem(
            request, "workflow/missing", {"workflow_id": workflow_id}, status=404
        )
    context = {
        **_window(workflow_id, _after(request), _kind(request)),
        **_allowed(actor_of(request), facts),
        "back_query": _back_query(request),
        "facts": facts_piece(facts),
        "side": side_piece(facts),
        "timeline": timeline_piece(workflow_id, timeline.spans(workflow_id)),
        "children": children_piece(workflow_id, details.children(workflow_id)),
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
    """Show the beginning of an input, output or error, or send it whole as a file."""
    wanted = PayloadKind(kind)
    if "download" in request.GET:
        text = details.whole_payload(workflow_id, wanted)
        return _file(text, f"{escape(workflow_id)}-{kind}")
    found = details.payload(workflow_id, wanted)
    title = _TITLES[wanted]
    return _shown(request, found, Value(workflow_id=workflow_id, title=str(title)))


@guarded(Permission.VIEW_WORKFLOW, Permission.VIEW_PAYLOAD)
@require_safe
def step_payload(
    request: HttpRequest, workflow_id: str, position: int, kind: str
) -> HttpResponse:
    """Show the beginning of a step's output or error, or send it whole as a file."""
    wanted = PayloadKind(kind)
    if "download" in request.GET:
        text = details.whole_payload(workflow_id, wanted, position)
        return _file(text, f"{escape(workflow_id)}-{position}-{kind}")
    found = details.step_payload(workflow_id, position, wanted)
    steps = details.steps_at(workflow_id, [position])
    title = f"{position} · {steps[0].name if steps else ''} · {_TITLES[wanted]}"
    value = Value(workflow_id=workflow_id, title=title, position=position)
    return _shown(request, found, value)


def _shown(request: HttpRequest, payload: Payload | None, value: Value) -> HttpResponse:
    """Show a payload where a script asked for it, or on a page of its own."""
    if asked_by_htmx(request):
        context: dict[str, object] = {"payload": payload}
        return render(request, "durable_console/workflow/payload.html", context)
    actor = actor_of(request)
    context = {
        "payload": payload,
        "value": value,
        "may_fork": may(actor, Permission.FORK_WORKFLOW, value.workflow_id),
    }
    return render_page(request, "workflow/value", context, section="workflows")


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


def _file(text: str | None, name: str) -> HttpResponse:
    """Send a payload as it is stored, never to be shown by the browser itself."""
    is_json = text is not None and text[:1] in ("{", "[", '"')
    kind, end = ("application/json", "json") if is_json else ("text/plain", "txt")
    response = HttpResponse(text or "", content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name[:120]}.{end}"'
    return response


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
