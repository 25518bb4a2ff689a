"""Lists of workflows: pages, counts, and what is newer than a page.

A list is ordered by `created_at` and `id` on the index `durable_wf_created`; pages are
cut by keyset, never by offset. What somebody typed is given up after a time
(`patience.TooSlow`).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from console.conf import (
    BULK_ROWS,
    COUNT_LIMIT,
    COUNT_SECONDS,
    FAILURE_ROWS,
    NEW_LIMIT,
    PAGE_ROWS,
    QUERY_SECONDS,
    SEARCH_DEPTH,
)
from console.filters import PRESETS, Cursor, WorkflowFilter
from console.queries.patience import at_most
from console.tables.workflows import WorkflowRow
from durable_engine.inspection import with_attributes
from durable_engine.models import Workflow
from durable_engine.states import WorkflowState

_NEWEST_FIRST = ("-created_at", "-id")
_OLDEST_FIRST = ("created_at", "id")
_FAILED = (WorkflowState.ERROR, WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED)
_SEALED_COLUMN = "attributes"
_COLUMNS = tuple(
    name for name in WorkflowRow.__dataclass_fields__ if name != _SEALED_COLUMN
)
_EXACT = (
    "name",
    "queue_name",
    "app_version",
    "executor_id",
    "schedule_name",
    "parent_workflow_id",
    "forked_from",
)
_BOUNDS = {
    "start_time": "created_at__gte",
    "end_time": "created_at__lte",
    "completed_after": "completed_at__gte",
    "completed_before": "completed_at__lte",
}
_LAST_CHARACTER = chr(0x10FFFF)  # in no id: it is not printable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPage:
    """One page of the list, and where the pages beside it begin."""

    rows: list[WorkflowRow]
    older: Cursor | None
    newer: Cursor | None
    top: Cursor | None  # what was newest when the page was made


def page(
    wanted: WorkflowFilter,
    *,
    before: Cursor | None = None,
    after: Cursor | None = None,
    sealed: bool = False,
    limit_rows: int = PAGE_ROWS,
) -> WorkflowPage:
    """Read one page of the list.

    Args:
        wanted: which workflows, in which order.
        before: show what is older than this.
        after: show what is newer than this.
        sealed: whether attributes are read, too.
        limit_rows: rows at most.

    Raises:
        TooSlow: the filter asks for too much.
    """
    # Downwards in time from `before`, upwards from `after`; else as the list begins.
    upwards = after is not None or (wanted.oldest_first and before is None)
    found = _matching(wanted).order_by(*_OLDEST_FIRST if upwards else _NEWEST_FIRST)
    found = found.filter(_newer_than(after)) if after else found
    found = found.filter(_older_than(before)) if before else found
    with at_most(QUERY_SECONDS):
        rows = rows_of(found[: limit_rows + 1], sealed=sealed)
    more = len(rows) > limit_rows
    rows = rows[:limit_rows]
    if upwards:
        rows.reverse()  # newest first from here on
    has_older = bool(after) if upwards else more
    has_newer = more if upwards else bool(before)
    shown = rows[::-1] if wanted.oldest_first else rows
    return WorkflowPage(
        rows=shown,
        older=_place(rows[-1]) if rows and has_older else None,
        newer=_place(rows[0]) if rows and has_newer else None,
        top=_place(rows[0]) if rows else None,
    )


def by_ids(
    workflow_ids: Collection[str], *, sealed: bool = False
) -> dict[str, WorkflowRow]:
    """Read the rows with these ids; unknown ids are left out."""
    found = Workflow.objects.filter(id__in=workflow_ids)
    return {row.id: row for row in rows_of(found, sealed=sealed)}


def exists(workflow_id: str) -> bool:
    """Tell whether there is a workflow with this id."""
    return Workflow.objects.filter(id=workflow_id).exists()


def ids(wanted: WorkflowFilter) -> tuple[list[str], bool]:
    """Read the ids of the newest that match, `BULK_ROWS` at most.

    Returns: the ids, newest first, and whether there are more.

    Raises:
        TooSlow: the filter asks for too much.
    """
    found = _matching(wanted).order_by(*_NEWEST_FIRST).values_list("id", flat=True)
    with at_most(QUERY_SECONDS):
        some = list(found[: BULK_ROWS + 1])
    return some[:BULK_ROWS], len(some) > BULK_ROWS


def counts(wanted: WorkflowFilter) -> dict[WorkflowState | None, int]:
    """Count per status, and in all under None, among the newest that match.

    The status that the filter asks for is left aside, so that the counts tell what
    the other choices would show. At most `COUNT_LIMIT` + 1 rows are counted.

    Raises:
        TooSlow: the filter asks for too much.
    """
    matching = _matching(wanted.with_statuses()).order_by(*_NEWEST_FIRST)
    by_status = {
        status.value: Count("id", filter=Q(status=status)) for status in WorkflowState
    }
    newest = matching.only("id", "status")[: COUNT_LIMIT + 1]
    with at_most(COUNT_SECONDS):
        answer = newest.aggregate(every=Count("id"), **by_status)
    found: dict[WorkflowState | None, int] = {None: answer["every"]}
    found |= {status: answer[status.value] for status in WorkflowState}
    return found


def newer(wanted: WorkflowFilter, tops: Collection[Cursor | None]) -> list[Cursor]:
    """Read the places of what is newer than the lowest of these, newest first.

    Returns: at most `NEW_LIMIT` + 1 places; None among the tops means from the start.

    Raises:
        TooSlow: the filter asks for too much.
    """
    found = _matching(wanted).order_by(*_NEWEST_FIRST)
    lowest = None if None in tops else min(map(_order, filter(None, tops)))
    if lowest is not None:
        found = found.filter(_newer_than(Cursor(created_at=lowest[0], id=lowest[1])))
    with at_most(COUNT_SECONDS):
        places = list(found.values_list("created_at", "id")[: NEW_LIMIT + 1])
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


def rows_of(found: QuerySet[Any], *, sealed: bool = False) -> list[WorkflowRow]:
    """Read the rows of a bounded query, in its order; attributes only if `sealed`."""
    columns = (*_COLUMNS, _SEALED_COLUMN) if sealed else _COLUMNS
    return [
        WorkflowRow(**{**row, "status": WorkflowState(row["status"])})
        for row in found.values(*columns)
    ]


def _matching(wanted: WorkflowFilter) -> QuerySet[Any]:
    found: QuerySet[Any] = Workflow.objects.all()
    if wanted.statuses:
        found = found.filter(status__in=wanted.statuses)
    exact = {key: value for key in _EXACT if (value := getattr(wanted, key))}
    found = _within(found.filter(**exact), wanted)
    if prefix := wanted.workflow_id_prefix:
        # A range, byte by byte: SQLite's LIKE would ignore case.
        found = found.filter(id__gte=prefix, id__lt=prefix + _LAST_CHARACTER)
    if wanted.subject:
        label, _colon, key = wanted.subject.partition(":")
        found = found.filter(subject_type=label.lower(), subject_id=key)
    if wanted.attributes:
        found = with_attributes(found, json.loads(wanted.attributes))
    return found.filter(_mentioning(wanted)) if wanted.search else found


def _within(found: QuerySet[Any], wanted: WorkflowFilter) -> QuerySet[Any]:
    """Filter by time; presets count from the database's now."""
    bounds = {lookup: getattr(wanted, key) for key, lookup in _BOUNDS.items()}
    if wanted.created:
        found = found.filter(created_at__gte=Now() - PRESETS[wanted.created][0])
    if wanted.completed:
        found = found.filter(completed_at__gte=Now() - PRESETS[wanted.completed][0])
    if wanted.completed_before:
        # Nothing ends before it is created, and the index is on that.
        found = found.filter(created_at__lte=wanted.completed_before)
    return found.filter(**{key: value for key, value in bounds.items() if value})


def _mentioning(wanted: WorkflowFilter) -> Q:
    """Match a text: a whole id whatever its age, parts among the newest."""
    text = wanted.search
    some = Q(id__icontains=text) | Q(name__icontains=text)
    if wanted.payloads:
        stored = json.dumps(text, ensure_ascii=False)[1:-1]  # as it stands in JSON
        some |= Q(inputs__icontains=stored) & ~Q(inputs__startswith="!")
    horizon = _search_horizon()
    return Q(id=text) | (some & (Q(created_at__gte=horizon) if horizon else Q()))


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
