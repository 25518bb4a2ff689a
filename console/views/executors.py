"""The processes that run workflows."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.fragments.executors import loads_piece
from console.permissions import Permission
from console.views.access import guarded
from console.views.pages import render_page


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def executor_list(request: HttpRequest) -> HttpResponse:
    """Show who runs workflows, whether they live, and what they own."""
    context = {"table": loads_piece(fresh=True)}
    return render_page(request, "executors/page", context, section="executors")
