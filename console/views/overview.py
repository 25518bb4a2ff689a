"""The first page: what goes on, what went on lately, what failed, who runs it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.fragments import overview as pieces
from console.permissions import Permission
from console.spans import SPANS, span_of
from console.views.access import guarded
from console.views.pages import render_page


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the state of everything on one page; `range` says how far it looks back."""
    span = span_of(request.GET.get("range", ""))
    context = {
        "span": span,
        "spans": SPANS.values(),
        "welcome": pieces.welcome_piece(),
        "tiles": pieces.tiles_piece(span),
        "charts": pieces.charts_piece(span),
        "names": pieces.names_piece(span),
        "depths": pieces.depths_piece(),
        "failures": pieces.failures_piece(),
        "executors": pieces.executors_piece(),
    }
    return render_page(request, "overview/page", context, section="index")
