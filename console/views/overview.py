"""The first page: what goes on, what went on lately, what failed, who runs it."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name, localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.actors import actor_of
from console.fragments import overview as pieces
from console.fragments.attention import attention_piece
from console.fragments.causes import causes_piece
from console.permissions import Permission, may
from console.spans import SPANS, USUAL, Span, between, found_span
from console.trails import instant_of
from console.views.access import guarded
from console.views.pages import render_page
from durable_engine import inspection

_FIELD = "%Y-%m-%dT%H:%M"  # what `datetime-local` shows


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the state of everything on one page.

    `range` says how far it looks back, or over which time; `start` and `end`, as
    people type them, lead to that.
    """
    problem = ""
    if "start" in request.GET or "end" in request.GET:
        try:
            span = _chosen(request.GET.get("start", ""), request.GET.get("end", ""))
        except ValueError as error:
            problem = str(error)
        else:
            return redirect(f"{reverse('durable_console:index')}?range={span.key}")
    span = found_span(request.GET.get("range", "")) or USUAL
    return _page(request, span, problem)


def _page(request: HttpRequest, span: Span, problem: str) -> HttpResponse:
    end = span.until or inspection.database_now()
    actor = actor_of(request)
    payloads = may(actor, Permission.VIEW_PAYLOAD)
    context = {
        "span": span,
        "spans": SPANS.values(),
        "start": _given(request, "start") or _field(span.start(end)),
        "end": _given(request, "end") or _field(end),
        "first": span.since and _written(span.since),
        "last": span.until and _written(span.until),
        "zone": get_current_timezone_name(),
        "problem": problem,
        "welcome": pieces.welcome_piece(),
        "attention": attention_piece(),
        "tiles": pieces.tiles_piece(span),
        "charts": pieces.charts_piece(span),
        "names": pieces.names_piece(span),
        "causes": causes_piece(span) if payloads else None,
        "may_retry": payloads and may(actor, Permission.FORK_WORKFLOW),
        "depths": pieces.depths_piece(),
        "failures": pieces.failures_piece(),
        "executors": pieces.executors_piece(),
    }
    status = 422 if problem else 200
    return render_page(
        request, "overview/page", context, section="index", status=status
    )


def _chosen(start: str, end: str) -> Span:
    """Read the range that somebody typed.

    Raises:
        ValueError: it is none; the message says why.
    """
    now = inspection.database_now()
    first = instant_of(start)
    last = instant_of(end) if end else now
    for text, found in ((start, first), (end, last)):
        if found is None:
            message = _("“%s” is no date and time; write for example 2026-11-22T12:00.")
            raise ValueError(message % text[:40])
    try:
        return between(first or now, min(last or now, now))
    except (ValueError, OverflowError) as error:
        message = _(
            "Choose a time of at least a minute and at most a year, which has begun."
        )
        raise ValueError(message) from error


def _given(request: HttpRequest, name: str) -> str:
    """Return what was typed, where a field can show it again."""
    instant = instant_of(request.GET.get(name, ""))
    return "" if instant is None else _field(instant)


def _field(at: datetime) -> str:
    return localtime(at).strftime(_FIELD)


def _written(at: datetime) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M")
