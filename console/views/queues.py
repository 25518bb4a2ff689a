"""Queues: all of them, one of them, its pause and its limits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from console.actions import queues as actions
from console.actors import actor_of
from console.forms import LimitsForm
from console.fragments.queues import row_named, state_piece, table_piece
from console.permissions import Permission, may
from console.queries import trail
from console.tables.queues import ORDERS
from console.views.access import guarded
from console.views.asking import Question, asked, denied
from console.views.pages import asked_by_htmx, render_page, render_problem
from durable_engine.errors import NotAuthorized


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def queue_list(request: HttpRequest) -> HttpResponse:
    """Show every queue: what waits, what runs, what limits it; `sort` orders them."""
    managed = may(actor_of(request), Permission.MANAGE_QUEUE)
    order = request.GET.get("sort", "")
    order = order if order in ORDERS else ""
    context = {"table": table_piece(managed=managed, order=order, fresh=True)}
    return render_page(request, "queues/page", context, section="queues")


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def queue_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one queue; take new limits for it."""
    row = row_named(name, fresh=True)
    if row is None:
        return render_problem(request, "queues/missing", {"name": name}, status=404)
    actor = actor_of(request)
    managed = may(actor, Permission.MANAGE_QUEUE, name)
    posted = request.method == "POST"
    form = LimitsForm(row.limits, request.POST if posted else None)
    if posted and not managed:
        return _set_limits(request, name, form)
    if posted and form.is_valid():
        return _set_limits(request, name, form)
    context = {
        "row": row,
        "state": state_piece(row),
        "form": form,
        "managed": managed,
        "overridden": any(limit.changed for limit in row.limits),
        "saved": "saved" in request.GET,
        "entries": trail.of_target(actor, "queue", name),
    }
    status = 422 if posted else 200
    if posted and asked_by_htmx(request):
        return render(
            request, "durable_console/queues/limits.html", context, status=status
        )
    return render_page(
        request, "queues/detail", context, section="queues", status=status
    )


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to pause a queue, and pause it."""
    question = Question(
        title=_("Pause the queue %s?") % name,
        text=_(
            "Nothing more of it begins until it is resumed. What runs goes on, and "
            "more can be enqueued."
        ),
        verb=_("Pause queue"),
        back_url=reverse("durable_console:queues"),
        section="queues",
        permission=Permission.MANAGE_QUEUE,
        target=name,
    )

    def work(reason: str) -> str:
        actions.pause(actor_of(request), name, reason)
        return _("The queue %s is paused.") % name

    return asked(request, question, work)


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to resume a queue, and resume it."""
    question = Question(
        title=_("Resume the queue %s?") % name,
        text=_("What waits in it begins at once, as far as its limits allow."),
        verb=_("Resume queue"),
        back_url=reverse("durable_console:queues"),
        section="queues",
        permission=Permission.MANAGE_QUEUE,
        target=name,
    )

    def work(reason: str) -> str:
        actions.resume(actor_of(request), name, reason)
        return _("The queue %s goes on.") % name

    return asked(request, question, work)


def _set_limits(request: HttpRequest, name: str, form: LimitsForm) -> HttpResponse:
    """Write what the form says; who may not is refused there, and on record."""
    changes = form.changes() if form.is_valid() else {}
    reason = request.POST.get("reason", "")
    try:
        if changes or not may(actor_of(request), Permission.MANAGE_QUEUE, name):
            actions.set_limits(actor_of(request), name, changes, reason)
    except NotAuthorized as refusal:
        return denied(request, refusal.action)
    address = f"{reverse('durable_console:queue', args=[name])}?saved"
    if asked_by_htmx(request):
        response = HttpResponse()
        response["HX-Location"] = address
        return response
    return redirect(address)
