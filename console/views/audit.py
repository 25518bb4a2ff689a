"""The audit trail: its pages, and all of it as JSON lines."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console import formats
from console.conf import NEW_LIMIT
from console.models import AuditEntry
from console.permissions import Permission
from console.queries import trail
from console.tables.trail import EntryRow
from console.trails import TARGET_TYPES, VIAS, InvalidTrail, TrailFilter, cursor_of
from console.views.access import guarded
from console.views.pages import asked_by_htmx, render_page, render_problem


@guarded(Permission.VIEW_AUDIT)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show one page of the trail; the query string is its whole state."""
    try:
        wanted = TrailFilter.parse(request.GET)
        before = cursor_of(request.GET)
    except InvalidTrail as problem:
        return render_problem(
            request, "audit/invalid", {"problem": problem}, status=422
        )
    page = trail.page(wanted, before=before)
    context = {
        "wanted": wanted,
        "page": page,
        "before": before,
        "outcomes": AuditEntry.Outcome.choices,
        "vias": VIAS,
        "target_types": TARGET_TYPES,
        "top": None if before else (page.rows[0].id if page.rows else 0),
        "export_query": wanted.query(),
        "older_query": page.older and wanted.query(before=page.older),
    }
    response = render_page(request, "audit/page", _announced(context), section="audit")
    if asked_by_htmx(request):  # instead of what was typed, which has no offset
        response["HX-Push-Url"] = f"{request.path}?{wanted.query(before)}"
    return response


@guarded(Permission.VIEW_AUDIT)
@require_safe
def fresh(request: HttpRequest) -> HttpResponse:
    """Say how many entries have come since a page was made."""
    try:
        wanted = TrailFilter.parse(request.GET)
        after = cursor_of(request.GET, "after") or 0
    except InvalidTrail as problem:
        return render_problem(
            request, "audit/invalid", {"problem": problem}, status=422
        )
    count = trail.newer(wanted, after, NEW_LIMIT + 1)
    context = {"wanted": wanted, "top": after, "count": count, "limit": NEW_LIMIT}
    return render(request, "durable_console/audit/fresh.html", _announced(context))


@guarded(Permission.VIEW_AUDIT)
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Send every entry that matches as one JSON object a line, newest first.

    Never holds more than a batch in memory.
    """
    try:
        wanted = TrailFilter.parse(request.GET)
    except InvalidTrail as problem:
        return render_problem(
            request, "audit/invalid", {"problem": problem}, status=422
        )
    batches = trail.batches(wanted)
    lines = _awaited(batches) if isinstance(request, ASGIRequest) else _lines(batches)
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Content-Disposition"] = 'attachment; filename="audit.jsonl"'
    return response


def _announced(context: dict[str, Any]) -> dict[str, Any]:
    """Add how the announcement above the list asks again."""
    query, top = context["wanted"].query(), context["top"]
    asking = f"{query}&after={top}" if query else f"after={top}"
    count = context.get("count", 0)
    text = formats.bounded(count, NEW_LIMIT) if count else ""
    return {**context, "first_query": query, "asking": asking, "new_text": text}


def _lines(batches: Iterator[list[EntryRow]]) -> Iterator[str]:
    for rows in batches:
        yield _written(rows)


async def _awaited(batches: Iterator[list[EntryRow]]) -> AsyncIterator[str]:
    """Read in a thread: under ASGI a plain iterator would be read to its end first."""
    while (rows := await sync_to_async(_next)(batches)) is not None:
        yield _written(rows)


def _next(batches: Iterator[list[EntryRow]]) -> list[EntryRow] | None:
    return next(batches, None)


def _written(rows: list[EntryRow]) -> str:
    lines = (json.dumps(row.record, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines)
