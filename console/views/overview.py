"""The first page: what failed last, what there is, and who runs it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.fragments.lists import totals_piece
from console.fragments.overview import executors_piece, failures_piece
from console.permissions import Permission
from console.views.access import guarded
from console.views.pages import render_page


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the state of everything on one page."""
    context = {
        "counts": totals_piece(),
        "failures": failures_piece(),
        "executors": executors_piece(),
    }
    return render_page(request, "overview/page", context, section="index")
