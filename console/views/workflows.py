"""The list of workflows."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.filters import InvalidFilter, WorkflowFilter, cursor_from
from console.fragments.lists import counts_piece, new_piece, row_piece
from console.permissions import Permission
from console.queries import executors, workflows
from console.views.access import guarded
from console.views.pages import render_page, render_problem
from durable_engine.states import WorkflowState


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def workflow_list(request: HttpRequest) -> HttpResponse:
    """Show one page of the list; the query string is its whole state."""
    try:
        wanted = WorkflowFilter.parse(request.GET)
        before = cursor_from(request.GET, "before")
        after = cursor_from(request.GET, "after")
    except InvalidFilter as problem:
        return render_problem(
            request, "workflows/invalid", {"problem": problem}, status=422
        )
    page = workflows.page(wanted, before=before, after=after)
    first = page.newer is None
    context = {
        "wanted": wanted,
        "statuses": list(WorkflowState),
        "rows": [row_piece(row) for row in page.rows],
        "counts": counts_piece(wanted),
        "new": new_piece(wanted, page.top, 0) if first else None,
        "older_query": page.older and wanted.query(before=page.older),
        "newer_query": page.newer and wanted.query(after=page.newer),
        "first_query": wanted.query(),
        "stranded": executors.none_alive(),
    }
    return render_page(request, "workflows/list", context, section="workflows")
