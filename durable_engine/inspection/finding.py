"""The first rows of a list, quick however rare they are among millions.

Most lists are filled by the newest rows of the table. Where those do not fill the page,
PostgreSQL's planner has nothing good to offer: it reads back in time row by row, or sorts
all that matches. So the rare are found by statements of their own, by their kind, or by
what an index says of them, and are then read by their ids. On SQLite, where tables are
smaller, lists are left to the planner.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from durable_engine.models import Workflow
from durable_engine.records import Sought
from durable_engine.runtime.engine import engine
from durable_engine.states import WorkflowState
from durable_engine.store.listing import count_workflows, first_workflows
from durable_engine.store.session import connection_of

_NEAR_ROWS = 5_000
_PROBED_ROWS = 10_000
_TRIES = 3
_PLACE = ("created_at", "id")
_LATE = timedelta(minutes=10)  # as the index durable_wf_late has it


def first_rows(
    rows: QuerySet[Any],
    sought: Sought,
    limit: int,
    *,
    probes: Sequence[Q] = (),
    ended_since: datetime | None = None,
    others: bool = False,
) -> list[Any]:
    """Return the first rows of a list, in its order.

    Args:
        rows: the list with all its filters, ordered by `created_at` and `id`, as `sought`
            says.
        sought: those of its filters that make kinds.
        limit: most rows.
        probes: those of its filters that have an index of their own.
        ended_since: what its filter says of that, as an instant.
        others: whether it has filters besides all these.
    """
    if engine().store.dialect.vendor != "postgresql":
        return list(rows[:limit])
    kinds = sought.narrows and not (probes or ended_since or others)
    if not (kinds or probes or ended_since):
        return list(rows[:limit])
    edge = _edge(sought)
    near = list(_before(rows, sought, edge)[:limit])
    if edge is None or len(near) == limit:
        return near
    if kinds:
        return _of_kinds(rows, sought, limit)
    if probes:
        places = list(rows.order_by().values_list(*_PLACE)[: _PROBED_ROWS + 1])
        few = len(places) <= _PROBED_ROWS
    else:
        pieces = _pieces(rows, ended_since)
        places = [one for piece in pieces for one in piece.values_list(*_PLACE)[:limit]]
        few = True
    if not few:
        return list(rows[:limit])
    places.sort(reverse=sought.newest_first)
    ids = [workflow_id for _created_at, workflow_id in places[:limit]]
    return list(rows.filter(id__in=ids))


def count_rows(
    rows: QuerySet[Any],
    sought: Sought,
    most: int,
    *,
    probes: Sequence[Q] = (),
    ended_since: datetime | None = None,
    others: bool = False,
) -> dict[str, int]:
    """Count the rows of a list by status.

    Counting ends at `most` rows of the list, or, of lists by kind on PostgreSQL, at so
    many of each status.

    Args: those of `first_rows`.
    """
    postgresql = engine().store.dialect.vendor == "postgresql"
    kinds = sought.narrows and not (probes or ended_since or others)
    if not postgresql or not (kinds or probes or ended_since):
        return _by_status(rows[:most])
    if kinds:
        store = engine().store
        with connection_of(store.alias).wrap_database_errors:
            found = count_workflows(store.borrow(), sought, most)
        return _by_status(rows[:most]) if found is None else found
    total: Counter[str] = Counter()
    for piece in _pieces(rows.order_by(), ended_since):
        total.update(_by_status(piece[:most]))
    return total


def _by_status(rows: QuerySet[Any]) -> dict[str, int]:
    """Count the rows of a bounded query by status."""
    number = {
        status.value: Count("id", filter=Q(status=status)) for status in WorkflowState
    }
    return rows.only("id", "status").aggregate(**number)


def _of_kinds(rows: QuerySet[Any], sought: Sought, limit: int) -> list[Any]:
    """Find rows by their kind, and read those that are still of it."""
    store = engine().store
    found: list[Any] = []
    for _try in range(_TRIES):
        with connection_of(store.alias).wrap_database_errors:
            ids = first_workflows(store.borrow(), sought, limit)
        if ids is None:
            return list(rows[:limit])
        found = list(rows.filter(id__in=ids))
        if len(found) == len(ids):
            break  # else some went on meanwhile, and others follow them
    return found


def _edge(sought: Sought) -> datetime | None:
    """Return where the rows near the beginning of a list end; None: they are all."""
    rows = Workflow.objects.order_by(
        "-created_at" if sought.newest_first else "created_at"
    )
    if sought.since is not None:
        rows = rows.filter(created_at__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(created_at__lte=sought.until)
    edge = rows.values_list("created_at", flat=True)[_NEAR_ROWS : _NEAR_ROWS + 1]
    return next(iter(edge), None)


def _before(
    rows: QuerySet[Any], sought: Sought, edge: datetime | None
) -> QuerySet[Any]:
    """Return those rows of a list that are near its beginning."""
    if edge is None:
        return rows
    side = "created_at__gte" if sought.newest_first else "created_at__lte"
    return rows.filter(**{side: edge})


def _pieces(rows: QuerySet[Any], since: datetime | None) -> tuple[QuerySet[Any], ...]:
    """Divide a list of what ended then or later into parts that indexes serve.

    Either it was created not long before, or it took long.
    """
    if since is None:
        return (rows,)
    took = F("completed_at") - F("created_at")
    late = rows.alias(took=took).filter(took__gt=_LATE, created_at__lt=since - _LATE)
    return (rows.filter(created_at__gte=since - _LATE), late)
