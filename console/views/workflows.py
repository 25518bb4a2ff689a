"""The list of workflows."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.actors import Actor, actor_of
from console.filters import (
    GROUPS,
    OLDEST_FIRST,
    PRESETS,
    InvalidFilter,
    WorkflowFilter,
    cursor_from,
)
from console.fragments.lists import counts_piece, new_piece, row_piece
from console.fragments.pieces import Piece
from console.permissions import Permission, may
from console.queries import executors, preferences, suggestions, workflows
from console.queries.causes import with_causes
from console.queries.patience import TooSlow
from console.tables import acts, columns
from console.tables.columns import Choice
from console.tables.instants import Instant, instant
from console.tables.workflows import WorkflowRow
from console.views.access import guarded
from console.views.detail import allowed_acts
from console.views.pages import (
    asked_by_htmx,
    render_denied,
    render_page,
    render_problem,
)
from console.views.paging import Window, seen_by
from durable_engine.states import WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What the list shows besides its filters."""

    rows: list[Piece]
    counts: Piece
    new: Piece | None
    next_query: str
    previous_query: str
    first_query: str
    looked_to: Instant | None  # where looking ended before the page was full


@guarded(Permission.VIEW_WORKFLOW)
@require_safe
def workflow_list(request: HttpRequest) -> HttpResponse:
    """Show one page of the list; the query string is its whole state."""
    payloads = may(actor_of(request), Permission.VIEW_PAYLOAD)
    if request.GET.get("attributes", "").strip() and not payloads:
        return render_denied(request, Permission.VIEW_PAYLOAD.value)
    try:
        wanted = WorkflowFilter.parse(request.GET, payloads=payloads)
        return _answer(request, wanted)
    except InvalidFilter as problem:
        context: dict[str, object] = {"problem": problem}
        return render_problem(request, "workflows/invalid", context, status=422)


def _answer(request: HttpRequest, wanted: WorkflowFilter) -> HttpResponse:
    actor = actor_of(request)
    if request.GET.get("jump") and _is_there(actor, wanted.search):
        return _lead_to(request, wanted.search)
    choice = _columns(actor, wanted)
    context: dict[str, object] = {"wanted": wanted}
    try:
        context = _context(actor, wanted, choice, _results(request, wanted, choice))
    except TooSlow:
        return render_problem(request, "workflows/slow", context, status=503)
    response = render_page(request, "workflows/list", context, section="workflows")
    address = _address(wanted)
    cursors = {"before", "after"} & request.GET.keys()
    if asked_by_htmx(request) and address != request.get_full_path() and not cursors:
        # The address that says the same without empty fields.
        response["HX-Push-Url"] = address
    return response


def _columns(actor: Actor, wanted: WorkflowFilter) -> Choice:
    keys: list[str] | None = list(columns.parse(wanted.columns))
    if not wanted.columns:
        keys = preferences.preferred_columns(_user_id(actor))
    return Choice.of(keys, may_view_payload=wanted.payloads)


def _results(request: HttpRequest, wanted: WorkflowFilter, choice: Choice) -> Results:
    before = cursor_from(request.GET, "before")
    after = cursor_from(request.GET, "after")
    actor, sealed = actor_of(request), choice.may_view_payload
    window = Window(wanted=wanted, before=before, after=after)
    page = seen_by(actor, window, sealed=sealed)
    older = wanted.query(before=page.older) if page.older else ""
    newer = wanted.query(after=page.newer) if page.newer else ""
    newest = page.newer is None and not wanted.oldest_first
    return Results(
        rows=_pieces(actor, page.rows, sealed=sealed),
        counts=counts_piece(wanted),
        new=new_piece(wanted, page.top, 0) if newest else None,
        next_query=newer if wanted.oldest_first else older,
        previous_query=older if wanted.oldest_first else newer,
        first_query=wanted.query(),
        looked_to=instant(page.looked_to),
    )


def _pieces(actor: Actor, found: list[WorkflowRow], *, sealed: bool) -> list[Piece]:
    """Make the rows, with what each tells of payloads for who may see its own."""
    if not sealed:
        return [row_piece(row) for row in found]
    opened = {row.id for row in found if may(actor, Permission.VIEW_PAYLOAD, row.id)}
    told = with_causes([row for row in found if row.id in opened])
    pieces = {row.id: row_piece(row, sealed=True) for row in told}
    return [
        pieces.get(row.id) or row_piece(replace(row, attributes=None)) for row in found
    ]


def _context(
    actor: Actor, wanted: WorkflowFilter, choice: Choice, results: Results
) -> dict[str, object]:
    return {
        "wanted": wanted,
        "chips": list(wanted.chips()),
        "statuses": list(WorkflowState),
        "groups": [(key, word) for key, (word, _statuses) in GROUPS.items()],
        "presets": [(key, word) for key, (_length, word) in PRESETS.items()],
        "turned_query": wanted.with_sort(
            "" if wanted.oldest_first else OLDEST_FIRST
        ).query(),
        "choice": choice,
        "views": preferences.saved_views(_user_id(actor)),
        "names": suggestions.workflow_names(),
        "queues": suggestions.queue_names(),
        "acts": [acts.WORDS[action] for action in allowed_acts(actor)],
        "may_start": may(actor, Permission.START_WORKFLOW),
        "stranded": executors.none_alive(),
        "results": results,
    }


def _user_id(actor: Actor) -> int:
    key: Any = actor.user.pk
    return int(key)


def _is_there(actor: Actor, workflow_id: str) -> bool:
    """Tell whether there is a workflow with this id, for whom it concerns."""
    seen = may(actor, Permission.VIEW_WORKFLOW, workflow_id)
    return seen and workflows.exists(workflow_id)


def _lead_to(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """Go to the page of the workflow whose whole id was typed."""
    if not asked_by_htmx(request):
        return redirect("durable_console:workflow", workflow_id)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("durable_console:workflow", args=[workflow_id])
    return response


def _address(wanted: WorkflowFilter) -> str:
    address = reverse("durable_console:workflows")
    query = wanted.query()
    return f"{address}?{query}" if query else address
