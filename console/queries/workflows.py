"""Lists of workflows: pages, counts, and what is newer than a page.

A list is ordered by `created_at` and `id`, newest first, on the index
`durable_wf_created`; pages are cut by keyset, never by offset.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from console.conf import COUNT_LIMIT, FAILURE_ROWS, NEW_LIMIT, PAGE_ROWS, SEARCH_DEPTH
from console.filters import Cursor, WorkflowFilter
from console.tables.workflows import WorkflowRow
from durable_engine.models import Workflow
from durable_engine.states import WorkflowState

_NEWEST_FIRST = ("-created_at", "-id")
_OLDEST_FIRST = ("created_at", "id")
_FAILED = (WorkflowState.ERROR, WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED)
_COLUMNS = tuple(WorkflowRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPage:
    """One page of the list, newest first, and where the next ones begin."""

    rows: list[WorkflowRow]
    older: Cursor | None
    newer: Cursor | None
    top: Cursor | None  # what was newest when the page was made


def page(
    wanted: WorkflowFilter,
    *,
    before: Cursor | None = None,
    after: Cursor | None = None,
    limit_rows: int = PAGE_ROWS,
) -> WorkflowPage:
    """Read one page of the list.

    Args:
        wanted: which workflows.
        before: show what is older than this.
        after: show what is newer than this, the oldest of it.
        limit_rows: rows at most.
    """
    found = _matching(wanted)
    if after is not None:
        found = found.filter(_newer_than(after)).order_by(*_OLDEST_FIRST)
    else:
        found = found.order_by(*_NEWEST_FIRST)
        found = found.filter(_older_than(before)) if before else found
    rows = rows_of(found[: limit_rows + 1])
    more = len(rows) > limit_rows
    rows = rows[:limit_rows]
    if after is not None:
        rows.reverse()
    has_older = more if after is None else bool(rows)
    has_newer = bool(before) if after is None else more
    return WorkflowPage(
        rows=rows,
        older=_place(rows[-1]) if rows and has_older else None,
        newer=_place(rows[0]) if rows and has_newer else None,
        top=_place(rows[0]) if rows else None,
    )


def by_ids(workflow_ids: Collection[str]) -> dict[str, WorkflowRow]:
    """Read the rows with these ids; unknown ids are left out."""
    found = Workflow.objects.filter(id__in=workflow_ids)
    return {row.id: row for row in rows_of(found)}


def exists(workflow_id: str) -> bool:
    """Tell whether there is a workflow with this id."""
    return Workflow.objects.filter(id=workflow_id).exists()


def counts(wanted: WorkflowFilter) -> dict[WorkflowState | None, int]:
    """Count per status, and in all under None, among the newest that match.

    The status that the filter asks for is left aside, so that the counts tell what
    the other choices would show. At most `COUNT_LIMIT` + 1 rows are read.
    """
    matching = _matching(wanted.with_statuses()).order_by(*_NEWEST_FIRST)
    by_status = {
        status.value: Count("id", filter=Q(status=status)) for status in WorkflowState
    }
    newest = matching.only("id", "status")[: COUNT_LIMIT + 1]
    answer = newest.aggregate(every=Count("id"), **by_status)
    found: dict[WorkflowState | None, int] = {None: answer["every"]}
    found |= {status: answer[status.value] for status in WorkflowState}
    return found


def newer(wanted: WorkflowFilter, tops: Collection[Cursor | None]) -> list[Cursor]:
    """Read the places of what is newer than the lowest of these, newest first.

    Returns: at most `NEW_LIMIT` + 1 places; None among the tops means from the start.
    """
    found = _matching(wanted).order_by(*_NEWEST_FIRST)
    lowest = None if None in tops else min(map(_order, filter(None, tops)))
    if lowest is not None:
        found = found.filter(_newer_than(Cursor(created_at=lowest[0], id=lowest[1])))
    places = found.values_list("created_at", "id")[: NEW_LIMIT + 1]
    return [Cursor(created_at=at, id=workflow_id) for at, workflow_id in places]


def failures() -> list[WorkflowRow]:
    """Read the newest failures among the newest workflows, payloads aside."""
    found = _matching(WorkflowFilter(statuses=_FAILED))
    horizon = _search_horizon()
    found = found.filter(created_at__gte=horizon) if horizon else found
    return rows_of(found.order_by(*_NEWEST_FIRST)[:FAILURE_ROWS])


def is_newer(place: Cursor, top: Cursor | None) -> bool:
    """Tell whether a workflow comes before the top of a page."""
    return top is None or _order(place) > _order(top)


def rows_of(found: QuerySet[Any]) -> list[WorkflowRow]:
    """Read the rows of a bounded query, without payloads, in its order."""
    return [
        WorkflowRow(**{**row, "status": WorkflowState(row["status"])})
        for row in found.values(*_COLUMNS)
    ]


def _matching(wanted: WorkflowFilter) -> QuerySet[Any]:
    found: QuerySet[Any] = Workflow.objects.all()
    if wanted.statuses:
        found = found.filter(status__in=wanted.statuses)
    if wanted.name:
        found = found.filter(name=wanted.name)
    if wanted.search:
        text = Q(id__icontains=wanted.search) | Q(name__icontains=wanted.search)
        horizon = _search_horizon()
        text &= Q(created_at__gte=horizon) if horizon else Q()
        found = found.filter(Q(id=wanted.search) | text)
    return found


def _search_horizon() -> datetime | None:
    """Return the age beyond which text is not searched for; None: search all."""
    newest = Workflow.objects.order_by(*_NEWEST_FIRST)
    depth = slice(SEARCH_DEPTH, SEARCH_DEPTH + 1)
    return next(iter(newest.values_list("created_at", flat=True)[depth]), None)


def _older_than(place: Cursor) -> Q:
    # The first condition alone serves the index; the second refines it.
    return Q(created_at__lte=place.created_at) & (
        Q(created_at__lt=place.created_at) | Q(id__lt=place.id)
    )


def _newer_than(place: Cursor) -> Q:
    return Q(created_at__gte=place.created_at) & (
        Q(created_at__gt=place.created_at) | Q(id__gt=place.id)
    )


def _place(row: WorkflowRow) -> Cursor:
    return Cursor(created_at=row.created_at, id=row.id)


def _order(place: Cursor) -> tuple[datetime, str]:
    return place.created_at, place.id
