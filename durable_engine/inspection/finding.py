"""The first rows of a list, quick however rare they are among millions.

Most lists are filled by the newest rows of the table. Where those do not fill the page,
PostgreSQL's planner has nothing good to offer: it reads back in time row by row, or sorts
all that matches. So the rare are found by statements of their own, by their kind, or by
what an index says of them, and are then read by their ids. Where no index has few, the
table is walked through for a time, and the answer says how far. On SQLite, where tables
are smaller, only texts are walked for; other lists are left to its planner.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from durable_engine.inspection.walking import Pace, Place, Walk
from durable_engine.models import Workflow
from durable_engine.records import Sought
from durable_engine.runtime.engine import engine
from durable_engine.states import WorkflowState
from durable_engine.store.listing import (
    count_workflows,
    first_instant,
    first_workflows,
)
from durable_engine.store.session import connection_of

LOOK_SECONDS = 0.25
"""How long to walk before it is worth to see whether the rest is found otherwise."""

_NEAR_ROWS = 5_000
_PROBED_ROWS = 10_000
_KIND_ROWS = 2_000
_TRIES = 3
_PLACE = ("created_at", "id")
_LATE = timedelta(minutes=10)  # as the index durable_wf_late has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The first rows of a list, as far as they were looked for."""

    rows: list[Any]
    reached: Place | None = None  # where looking ended early; None: all were found


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many rows a list has, as far as they were counted."""

    by_status: dict[str, int]
    whole: bool = True  # False: there may be more


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list, and what its filters are made of."""

    rows: QuerySet[Any]  # with all its filters, in the order that `sought` says
    sought: Sought  # those of its filters that make kinds, and its range of time
    probes: Sequence[Q] = ()  # those that have an index of their own
    ended_since: datetime | None = None  # what its filter says of that
    others: bool = False  # whether it has filters besides all these

    @property
    def plain(self) -> bool:
        """Whether the index by time alone serves it."""
        return not (
            self.sought.narrows or self.probes or self.ended_since or self.others
        )

    @property
    def by_kind(self) -> bool:
        """Whether what makes kinds is all that is asked for."""
        asks = self.probes or self.ended_since or self.others
        return self.sought.narrows and not asks


def first_rows(
    wanted: Wanted, limit: int, *, look_seconds: float = LOOK_SECONDS
) -> Found:
    """Return the first rows of a list, in its order.

    Args:
        wanted: the list.
        limit: most rows.
        look_seconds: how long to walk where nothing better leads to the rows, beyond
            the first few thousand.

    Guarantees:
        All rows of the list up to `reached` are returned, and none behind it; without
        it, the first `limit` of the whole list.
    """
    if wanted.plain or _left_to_planner(wanted):
        return Found(rows=list(wanted.rows[:limit]))
    walk = Walk(wanted.rows, wanted.sought)
    pace = Pace(look_seconds)
    ids = _ids(walk.stretch(_NEAR_ROWS), limit)
    if len(ids) < limit and not walk.ended:
        if (rows := _by_index(wanted, limit)) is not None:
            return Found(rows=rows)
        if _skip(walk, wanted.sought):
            return _walked(wanted, walk, pace, ids, limit)
    return Found(rows=_read(wanted, ids))


def _by_index(wanted: Wanted, limit: int) -> list[Any] | None:
    """Return the first rows of a list if indexes lead to them; None if not."""
    if wanted.by_kind and (found := _of_kinds(wanted, limit)) is not None:
        return found
    few = _few(wanted)
    return None if few is None else list(few[:limit])


def _walked(
    wanted: Wanted, walk: Walk, pace: Pace, ids: list[str], limit: int
) -> Found:
    """Return the first rows of a list of which some were found, as far as time allows."""
    late = _late(wanted, walk)
    if not wanted.sought.newest_first:
        ids = _joined(ids, _ids(late, limit))[:limit]
    while len(ids) < limit and not walk.ended:
        if (length := pace.next_rows()) is None:
            return Found(rows=_read(wanted, ids), reached=walk.reached)
        ids = _joined(ids, _ids(walk.stretch(length), limit - len(ids)))
    return Found(rows=_read(wanted, _joined(ids, _ids(late, limit))[:limit]))


def count_rows(
    wanted: Wanted, most: int, *, look_seconds: float = LOOK_SECONDS
) -> Counted:
    """Count the rows of a list by status.

    Counting ends at `most` rows of the list, or, of lists by kind on PostgreSQL, at so
    many of each status.

    Args: those of `first_rows`.
    """
    if wanted.plain or _left_to_planner(wanted):
        return Counted(by_status=_by_status(wanted.rows[:most]))
    if wanted.by_kind and (found := _kinds_counted(wanted, most)) is not None:
        return Counted(by_status=found)
    if (few := _few(wanted)) is not None:
        return Counted(by_status=_by_status(few[:most]))
    walk = Walk(wanted.rows, wanted.sought)
    pace = Pace(look_seconds)
    total = Counter(_by_status(_late(wanted, walk)[:most]))
    length: int | None = _NEAR_ROWS
    while total.total() < most and not walk.ended:
        if length is None:
            return Counted(by_status=total, whole=False)
        total.update(_by_status(walk.stretch(length)[: most - total.total()]))
        if length == _NEAR_ROWS and not _skip(walk, wanted.sought):
            break
        length = pace.next_rows()
    return Counted(by_status=total)


def _left_to_planner(wanted: Wanted) -> bool:
    return engine().store.dialect.vendor != "postgresql" and not wanted.others


def _ids(rows: QuerySet[Any], limit: int) -> list[str]:
    """Read ids only: where filters are of ids alone, the index has all they need."""
    return list(rows.values_list("id", flat=True)[:limit])


def _read(wanted: Wanted, ids: list[str]) -> list[Any]:
    """Read the rows with these ids that are still of the list, in its order."""
    return list(wanted.rows.filter(id__in=ids)) if ids else []


def _by_status(rows: QuerySet[Any]) -> dict[str, int]:
    """Count the rows of a bounded query by status."""
    number = {
        status.value: Count("id", filter=Q(status=status)) for status in WorkflowState
    }
    return rows.only("id", "status").aggregate(**number)


def _of_kinds(wanted: Wanted, limit: int) -> list[Any] | None:
    """Find rows by their kind, and read those that are still of it."""
    found: list[Any] = []
    for _try in range(_TRIES):
        ids = _kinds(wanted.sought, limit)
        if ids is None:
            return None
        found = _read(wanted, ids)
        if len(found) == len(ids):
            break  # else some went on meanwhile, and others follow them
    return found


def _kinds(
    sought: Sought, limit: int, *, in_all: int | None = None
) -> list[str] | None:
    store = engine().store
    if store.dialect.vendor != "postgresql":
        return None
    with connection_of(store.alias).wrap_database_errors:
        return first_workflows(store.borrow(), sought, limit, in_all=in_all)


def _kinds_counted(wanted: Wanted, most: int) -> dict[str, int] | None:
    store = engine().store
    if store.dialect.vendor != "postgresql":
        return None
    with connection_of(store.alias).wrap_database_errors:
        return count_workflows(store.borrow(), wanted.sought, most)


def _few(wanted: Wanted) -> QuerySet[Any] | None:
    """Return the list over a few rows that have all of it, if an index leads to such.

    The range of time is part of each, so that pages further on find fewer.
    """
    if engine().store.dialect.vendor != "postgresql":
        return None
    if wanted.probes:
        probed = _timely(Workflow.objects.filter(*wanted.probes), wanted.sought)
        if (found := _few_of(wanted, probed)) is not None:
            return found
    for part in wanted.sought.parts:
        ids = _kinds(part, _KIND_ROWS + 1, in_all=_KIND_ROWS + 1)
        if ids is not None and len(ids) <= _KIND_ROWS:
            return wanted.rows.filter(id__in=ids)
    return None


def _few_of(wanted: Wanted, rows: QuerySet[Any]) -> QuerySet[Any] | None:
    """Return the list over rows that are few, or None if they are not."""
    some = rows.order_by().values("id")[: _PROBED_ROWS + 1]
    if some.count() > _PROBED_ROWS:
        return None
    return wanted.rows.filter(id__in=some)


def _timely(rows: QuerySet[Any], sought: Sought) -> QuerySet[Any]:
    if sought.since is not None:
        rows = rows.filter(created_at__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(created_at__lte=sought.until)
    return rows


def _late(wanted: Wanted, walk: Walk) -> QuerySet[Any]:
    """Return what ended in time though it was created long before, if that is few.

    The walk is then for what was created later only. If it is not few, or no end is
    asked for, this is empty, and the walk is for all.
    """
    if wanted.ended_since is None or _left_to_planner(wanted):
        return wanted.rows.none()
    since = wanted.ended_since - _LATE
    took = F("completed_at") - F("created_at")
    rows = Workflow.objects.alias(took=took).filter(
        completed_at__gte=wanted.ended_since, took__gt=_LATE, created_at__lt=since
    )
    if (few := _few_of(wanted, _timely(rows, wanted.sought))) is None:
        return wanted.rows.none()
    walk.narrow(since=since)
    if not wanted.sought.newest_first:
        walk.pass_by((since, ""))
    return few


def _joined(ids: list[str], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*ids, *more]))


def _skip(walk: Walk, sought: Sought) -> bool:
    """Skip what no part of the filter has any of; False: there is nothing at all."""
    store = engine().store
    if store.dialect.vendor != "postgresql" or walk.reached is None:
        return True
    farthest: datetime | None = None
    for part in sought.parts:
        with connection_of(store.alias).wrap_database_errors:
            known, instant = first_instant(store.borrow(), part.behind(*walk.reached))
        if not known:
            continue
        if instant is None:
            return False
        choose = min if sought.newest_first else max
        farthest = instant if farthest is None else choose(farthest, instant)
    walk.narrow(**{"until" if sought.newest_first else "since": farthest})
    return True
