"""Lists of workflows: pages, counts, and what is newer than a page.

A list is ordered by `created_at` and `id` on the index `durable_wf_created`; pages are
cut by keyset, never by offset. Where nothing leads to what somebody asks for, a page
looks for a short time, and says how far it came; what even then takes too long is given
up (`patience.TooSlow`).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.conf import (
    BULK_ROWS,
    BULK_SECONDS,
    COUNT_LIMIT,
    COUNT_LOOK_SECONDS,
    COUNT_SECONDS,
    FAILURE_DEPTH,
    FAILURE_ROWS,
    LOOK_SECONDS,
    NEW_LIMIT,
    PAGE_ROWS,
    QUERY_SECONDS,
)
from console.filters import PRESETS, Cursor, WorkflowFilter
from console.queries.patience import at_most
from console.tables.workflows import WorkflowRow
from durable_engine.inspection import (
    Found,
    Wanted,
    count_rows,
    database_now,
    first_rows,
    with_attributes,
    with_prefix,
    with_text,
)
from durable_engine.models import Workflow
from durable_engine.records import Sought
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
)
_LINKS = ("schedule_name", "parent_workflow_id", "forked_from")
_BOUNDS = {
    "start_time": "created_at__gte",
    "end_time": "created_at__lte",
    "completed_after": "completed_at__gte",
    "completed_before": "completed_at__lte",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPage:
    """One page of the list, and where the pages beside it begin."""

    rows: list[WorkflowRow]
    older: Cursor | None
    newer: Cursor | None
    top: Cursor | None  # what was newest when the page was made
    looked_to: datetime | None = None  # where looking ended before the page was full


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
    wanted = _at_instants(wanted)
    columns = _columns(sealed=sealed)
    rows = _between(_matching(wanted).values(*columns), before, after)
    sought = _sought(wanted, after or before, newest_first=not upwards)
    with at_most(QUERY_SECONDS):
        found = _first(rows, wanted, sought, limit_rows + 1, LOOK_SECONDS)
        if found.reached and not (before or after):
            found = replace(
                found, rows=[*found.rows, *_whole_id(wanted, found, columns)]
            )
    page = _cut(found, limit_rows, before or after, upwards=upwards)
    return replace(page, rows=page.rows[::-1]) if wanted.oldest_first else page


def _cut(
    found: Found, limit_rows: int, begin: Cursor | None, *, upwards: bool
) -> WorkflowPage:
    """Make a page of what was found in the direction of reading."""
    rows = _rows(found.rows)
    end = back = None
    if found.reached:
        end = Cursor(created_at=found.reached[0], id=found.reached[1])
    elif len(rows) > limit_rows:
        end = _place(rows[limit_rows - 1])
    full = len(rows) >= limit_rows
    rows = rows[:limit_rows]
    if begin:
        back = _place(rows[0]) if rows else replace(begin, id="")
    if upwards:
        rows.reverse()
    return WorkflowPage(
        rows=rows,  # newest first
        older=back if upwards else end,
        newer=end if upwards else back,
        top=_place(rows[0]) if rows else end,
        looked_to=found.reached[0] if found.reached and not full else None,
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

    Returns: the ids, newest first, and whether there may be more.

    Raises:
        TooSlow: the filter asks for too much.
    """
    wanted = _at_instants(wanted)
    rows = _matching(wanted).values_list("id", flat=True)
    sought = _sought(wanted, None, newest_first=True)
    with at_most(QUERY_SECONDS):
        found = _first(rows, wanted, sought, BULK_ROWS + 1, BULK_SECONDS)
        some = found.rows
        if found.reached:
            some = [*some, *(one["id"] for one in _whole_id(wanted, found, ["id"]))]
    return some[:BULK_ROWS], len(some) > BULK_ROWS or found.reached is not None


def counts(wanted: WorkflowFilter) -> dict[WorkflowState | None, int]:
    """Count per status, and in all under None, among the newest that match.

    Empty where not all could be looked at in a short time.

    The status that the filter asks for is left aside, so that the counts tell what
    the other choices would show. At most `COUNT_LIMIT` + 1 rows are counted.

    Raises:
        TooSlow: the filter asks for too much.
    """
    every = _at_instants(wanted.with_statuses())
    asked = _wanted(_matching(every), every, _sought(every, None, newest_first=True))
    with at_most(COUNT_SECONDS):
        counted = count_rows(asked, COUNT_LIMIT + 1, look_seconds=COUNT_LOOK_SECONDS)
    if not counted.whole:
        return {}
    some = counted.by_status
    total = min(sum(some.values()), COUNT_LIMIT + 1)
    return {None: total} | {status: some.get(status, 0) for status in WorkflowState}


def newer(wanted: WorkflowFilter, tops: Collection[Cursor | None]) -> list[Cursor]:
    """Read the places of what is newer than the lowest of these, newest first.

    Returns: at most `NEW_LIMIT` + 1 places; None among the tops means from the start.

    Raises:
        TooSlow: the filter asks for too much.
    """
    wanted = _at_instants(wanted)
    found = _matching(wanted)
    sought = _sought(wanted, None, newest_first=True)
    lowest = None if None in tops else min(map(_order, filter(None, tops)))
    if lowest is not None:
        found = found.filter(_newer_than(Cursor(created_at=lowest[0], id=lowest[1])))
        since = max(lowest[0], sought.since or lowest[0])
        sought = replace(sought, since=since)
    with at_most(COUNT_SECONDS):
        rows = found.values_list("created_at", "id")
        places = _first(rows, wanted, sought, NEW_LIMIT + 1, LOOK_SECONDS).rows
    return [Cursor(created_at=at, id=workflow_id) for at, workflow_id in places]


def failures() -> list[WorkflowRow]:
    """Read the newest failures among the newest workflows, payloads aside."""
    found = _matching(WorkflowFilter(statuses=_FAILED))
    horizon = _horizon()
    found = found.filter(created_at__gte=horizon) if horizon else found
    return rows_of(found.order_by(*_NEWEST_FIRST)[:FAILURE_ROWS])


def _first(
    found: QuerySet[Any],
    wanted: WorkflowFilter,
    sought: Sought,
    limit: int,
    look_seconds: float,
) -> Found:
    """Read the first rows of a list, in its order."""
    asked = _wanted(found, wanted, sought)
    return first_rows(asked, limit, look_seconds=look_seconds)


def _wanted(found: QuerySet[Any], wanted: WorkflowFilter, sought: Sought) -> Wanted:
    """Return a list with what its filter is made of, in its order."""
    order = _NEWEST_FIRST if sought.newest_first else _OLDEST_FIRST
    return Wanted(
        rows=found.order_by(*order),
        sought=sought,
        probes=_probes(wanted),
        ended_since=wanted.completed_after,
        others=bool(wanted.search or wanted.completed_before),
    )


def is_newer(place: Cursor, top: Cursor | None) -> bool:
    """Tell whether a workflow comes before the top of a page."""
    return top is None or _order(place) > _order(top)


def rows_of(found: QuerySet[Any], *, sealed: bool = False) -> list[WorkflowRow]:
    """Read the rows of a bounded query, in its order; attributes only if `sealed`."""
    return _rows(found.values(*_columns(sealed=sealed)))


def _columns(*, sealed: bool) -> tuple[str, ...]:
    return (*_COLUMNS, _SEALED_COLUMN) if sealed else _COLUMNS


def _rows(found: Iterable[Mapping[str, Any]]) -> list[WorkflowRow]:
    return [
        WorkflowRow(**{**row, "status": WorkflowState(row["status"])}) for row in found
    ]


def _matching(wanted: WorkflowFilter) -> QuerySet[Any]:
    found: QuerySet[Any] = Workflow.objects.all()
    if wanted.statuses:
        found = found.filter(status__in=wanted.statuses)
    exact = {key: value for key in _EXACT if (value := getattr(wanted, key))}
    found = _within(found.filter(**exact, **_links(wanted)), wanted)
    found = found.filter(*_own(wanted))
    if not wanted.search:
        return found
    mentioning, _limited = with_text(wanted.search, inputs=wanted.payloads)
    return found.filter(mentioning)


def _links(wanted: WorkflowFilter) -> dict[str, str]:
    """Return the filters by another workflow, or a schedule."""
    return {key: value for key in _LINKS if (value := getattr(wanted, key))}


def _own(wanted: WorkflowFilter) -> list[Q]:
    """Return what must hold of what a workflow belongs to."""
    own: list[Q] = []
    if wanted.workflow_id_prefix:
        own.append(with_prefix(wanted.workflow_id_prefix))
    if wanted.subject:
        label, _colon, key = wanted.subject.partition(":")
        own.append(Q(subject_type=label.lower(), subject_id=key))
    if wanted.attributes:
        own.append(with_attributes(json.loads(wanted.attributes)))
    return own


def _probes(wanted: WorkflowFilter) -> list[Q]:
    """Return the filters that have an index of their own."""
    return [*_own(wanted), *(Q(**{key: one}) for key, one in _links(wanted).items())]


def _sought(
    wanted: WorkflowFilter, place: Cursor | None, *, newest_first: bool
) -> Sought:
    """Return the filters that make kinds, with what time leaves of the list."""
    ends = [end for end in (wanted.end_time, wanted.completed_before) if end]
    sought = Sought(
        statuses=wanted.statuses or tuple(WorkflowState),
        names=_one(wanted.name),
        queues=_one(wanted.queue_name),
        versions=_one(wanted.app_version),
        executors=_one(wanted.executor_id),
        since=wanted.start_time,
        until=min(ends, default=None),
        newest_first=newest_first,
    )
    return sought if place is None else sought.behind(place.created_at, place.id)


def _one(value: str) -> tuple[str, ...] | None:
    return (value,) if value else None


def _at_instants(wanted: WorkflowFilter) -> WorkflowFilter:
    """Return the same filter with instants for its ranges that end now."""
    now = database_now()
    bounds = {"start_time": wanted.created, "completed_after": wanted.completed}
    starts = {key: now - PRESETS[name][0] for key, name in bounds.items() if name}
    given = {key: at for key in starts if (at := getattr(wanted, key)) is not None}
    latest = {key: max(at, given.get(key, at)) for key, at in starts.items()}
    return replace(wanted, created="", completed="", **latest)


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


def _whole_id(
    wanted: WorkflowFilter, found: Found, columns: Iterable[str]
) -> list[Any]:
    """Read the workflow whose whole id is searched for, if it was not reached yet."""
    if not wanted.search or found.reached is None:
        return []
    place = Cursor(created_at=found.reached[0], id=found.reached[1])
    beyond = _newer_than(place) if wanted.oldest_first else _older_than(place)
    same = _matching(replace(wanted, search=""))
    return list(same.filter(beyond, id=wanted.search).values(*columns))


def _horizon() -> datetime | None:
    """Return the age beyond which failures are not looked for; None: look for all."""
    newest = Workflow.objects.order_by(*_NEWEST_FIRST)
    depth = slice(FAILURE_DEPTH, FAILURE_DEPTH + 1)
    return next(iter(newest.values_list("created_at", flat=True)[depth]), None)


def _between(
    found: QuerySet[Any], before: Cursor | None, after: Cursor | None
) -> QuerySet[Any]:
    found = found.filter(_newer_than(after)) if after else found
    return found.filter(_older_than(before)) if before else found


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
