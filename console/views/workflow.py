"""One workflow: its page, and its payloads on demand."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.actors import actor_of
from console.addresses import escape
from console.permissions import Permission, may
from console.queries import details
from console.queries.details import PayloadKind
from console.tables.payloads import Payload
from console.views.access import guarded
from console.views.detail import workflow_page
from console.views.pages import asked_by_htmx, render_page

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
    return workflow_page(request, workflow_id)


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


def _file(text: str | None, name: str) -> HttpResponse:
    """Send a payload as it is stored, never to be shown by the browser itself."""
    is_json = text is not None and text[:1] in ("{", "[", '"')
    kind, end = ("application/json", "json") if is_json else ("text/plain", "txt")
    response = HttpResponse(text or "", content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name[:120]}.{end}"'
    return response
