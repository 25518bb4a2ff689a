"""Versions of the application, and moving what is stranded onto the current one."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

import durable_engine
from console.actions.workflows import Answer, Order, WorkflowAction, act_on
from console.actors import actor_of
from console.fragments.releases import table_piece
from console.permissions import Permission, may
from console.queries import releases
from console.tables.releases import ReleaseRow
from console.views.access import guarded
from console.views.asking import denied
from console.views.pages import render_page, render_problem
from durable_engine.errors import NotAuthorized

RESUMED_AT_ONCE = 1000
"""Workflows that one click moves; another click goes on with the rest."""


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def version_list(request: HttpRequest) -> HttpResponse:
    """Show every version: who runs it, what is in flight, what is stranded."""
    managed = may(actor_of(request), Permission.RESUME_WORKFLOW)
    context = {"table": table_piece(managed=managed, fresh=True)}
    return render_page(request, "versions/page", context, section="versions")


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def resume_stranded(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to move a version's workflows onto the current one, and do it."""
    row = releases.row_named(name)
    if row is None:
        return render_problem(request, "versions/missing", {"name": name}, status=404)
    context: dict[str, object] = {
        "row": row,
        "current": durable_engine.application_version,
        "manned": any(one.current and one.workers for one in releases.all_rows()),
        "limit": RESUMED_AT_ONCE,
    }
    if request.method != "POST":
        if not may(actor_of(request), Permission.RESUME_WORKFLOW):
            return denied(request, Permission.RESUME_WORKFLOW.value)
        return _render(request, context)
    reason = request.POST.get("reason", "").strip()
    if not reason or not row.stranded:
        problem = (
            _("Say why: a reason is needed.")
            if row.stranded
            else _("Nothing of this version is stranded: its workers run what is left.")
        )
        return _render(request, {**context, "problem": problem}, status=422)
    try:
        answer = _resume(request, row, reason)
    except NotAuthorized as refusal:
        return denied(request, refusal.action)
    left = replace(row, in_flight=max(row.in_flight - len(answer.changed), 0))
    return _render(request, {**context, "row": left, "answer": answer})


def _resume(request: HttpRequest, row: ReleaseRow, reason: str) -> Answer:
    ids = releases.in_flight_ids(row.name, RESUMED_AT_ONCE)
    order = Order(action=WorkflowAction.RESUME, reason=reason)
    return act_on(actor_of(request), order, ids)


def _render(
    request: HttpRequest, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return render_page(
        request, "versions/resume", context, section="versions", status=status
    )
