"""Schedules: all of them, one of them, and what can be done to it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from console.actions import schedules as actions
from console.actors import actor_of
from console.forms import BackfillForm
from console.fragments.schedules import state_piece, table_piece
from console.permissions import Permission, may
from console.queries import schedules, trail
from console.tables.schedules import ScheduleRow
from console.views.access import guarded
from console.views.asking import Question, asked, denied
from console.views.pages import asked_by_htmx, render_page, render_problem
from durable_engine import inspection
from durable_engine.errors import DurableError, NotAuthorized

_ASKS = ["GET", "HEAD", "POST"]


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def schedule_list(request: HttpRequest) -> HttpResponse:
    """Show every schedule: when it is due, and what came of its last ticks."""
    managed = may(actor_of(request), Permission.MANAGE_SCHEDULE)
    context = {"table": table_piece(managed=managed, fresh=True)}
    return render_page(request, "schedules/page", context, section="schedules")


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def schedule_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one schedule."""
    row = schedules.row_named(name, fresh=True)
    return _missing(request, name) if row is None else _page(request, row)


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(_ASKS)
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to pause a schedule, and pause it."""
    question = _question(
        name,
        title=_("Pause the schedule %s?") % name,
        text=_(
            "Nothing starts at its times until it is resumed. Ticks in the pause are "
            "not made up for, unless you backfill them."
        ),
        verb=_("Pause schedule"),
    )

    def work(reason: str) -> str:
        actions.pause(actor_of(request), name, reason)
        return _("The schedule %s is paused.") % name

    return asked(request, question, work)


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(_ASKS)
def resume(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to resume a schedule, and resume it."""
    question = _question(
        name,
        title=_("Resume the schedule %s?") % name,
        text=_("It goes on with its next tick; those in the pause are left out."),
        verb=_("Resume schedule"),
    )

    def work(reason: str) -> str:
        actions.resume(actor_of(request), name, reason)
        return _("The schedule %s goes on.") % name

    return asked(request, question, work)


@guarded(Permission.VIEW_WORKFLOW)
@require_http_methods(_ASKS)
def trigger(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to start a schedule's workflow now, and start it."""
    question = _question(
        name,
        title=_("Trigger the schedule %s now?") % name,
        text=_("Its workflow starts once, beside its ticks, also while it is paused."),
        verb=_("Trigger schedule"),
    )

    def work(reason: str) -> str:
        workflow_id = actions.trigger(actor_of(request), name, reason)
        return _("Started %s.") % workflow_id

    return asked(request, question, work)


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def preview_backfill(request: HttpRequest, name: str) -> HttpResponse:
    """Say what a backfill would start, and start nothing."""
    return _backfill(request, name, lambda start, end: _previewed(name, start, end))


@guarded(Permission.VIEW_WORKFLOW)
@require_POST
def backfill(request: HttpRequest, name: str) -> HttpResponse:
    """Start what a schedule would have started between two instants."""

    def work(start: datetime, end: datetime) -> str:
        reason = request.POST.get("reason", "")
        ids = actions.backfill(actor_of(request), name, start, end, reason)
        return _started(len(ids))

    return _backfill(request, name, work, starts=True)


def _backfill(
    request: HttpRequest,
    name: str,
    work: Callable[[datetime, datetime], str],
    *,
    starts: bool = False,
) -> HttpResponse:
    row = schedules.row_named(name, fresh=True)
    if row is None:
        return _missing(request, name)
    if not may(actor_of(request), Permission.MANAGE_SCHEDULE, name):
        return _refuse_backfill(request, name)
    form = BackfillForm(request.POST)
    said, bad = "", False
    if form.is_valid():
        try:
            said = work(form.cleaned_data["start"], form.cleaned_data["end"])
        except (DurableError, ValueError) as problem:
            said, bad = str(problem), True
    return _page(request, row, form=form, said=said, bad=bad, done=starts)


def _previewed(name: str, start: datetime, end: datetime) -> str:
    return schedules.preview(name, start, end).text


def _page(
    request: HttpRequest,
    row: ScheduleRow,
    *,
    form: BackfillForm | None = None,
    said: str = "",
    bad: bool = False,
    done: bool = False,
) -> HttpResponse:
    actor = actor_of(request)
    now = localtime(inspection.database_now()).replace(second=0, microsecond=0)
    begun = {"start": now - timedelta(days=1), "end": now}
    failed = form is not None and (form.is_bound and not form.is_valid())
    context = {
        "row": row,
        "state": state_piece(row),
        "form": form
        if form is not None and form.is_bound
        else BackfillForm(initial=begun),
        "said": said,
        "bad": bad,
        "started": done and said and not bad,
        "zone": now.tzname(),
        "managed": may(actor, Permission.MANAGE_SCHEDULE, row.name),
        "entries": trail.of_target(actor, "schedule", row.name),
    }
    status = 422 if failed or bad else 200
    if form is not None and asked_by_htmx(request):
        template = "durable_console/schedules/backfill.html"
        return render(request, template, context, status=status)
    return render_page(
        request, "schedules/detail", context, section="schedules", status=status
    )


def _refuse_backfill(request: HttpRequest, name: str) -> HttpResponse:
    """Let the action refuse, so that the attempt is on record."""
    now = inspection.database_now()
    try:
        actions.backfill(actor_of(request), name, now, now)
    except NotAuthorized as refusal:
        return denied(request, refusal.action)
    return denied(request, Permission.MANAGE_SCHEDULE.value)


def _question(name: str, *, title: str, text: str, verb: str) -> Question:
    return Question(
        title=title,
        text=text,
        verb=verb,
        back_url=reverse("durable_console:schedules"),
        section="schedules",
        permission=Permission.MANAGE_SCHEDULE,
        target=name,
    )


def _missing(request: HttpRequest, name: str) -> HttpResponse:
    return render_problem(request, "schedules/missing", {"name": name}, status=404)


def _started(count: int) -> str:
    text = ngettext(
        "Done: %d tick has its workflow.", "Done: %d ticks have their workflows.", count
    )
    return text % count
