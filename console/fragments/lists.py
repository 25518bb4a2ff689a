"""The live pieces of the workflows page: rows, what is new, counts per status.

A piece that shows or betrays a payload is of a kind whose name begins with `SEALED`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.http import QueryDict
from django.utils.translation import gettext as _

from console.conf import COUNT_LIMIT, NEW_LIMIT, SLOTS_PER_PAGE
from console.filters import Cursor, InvalidFilter, WorkflowFilter, cursor_from
from console.fragments.pieces import SEALED, Piece
from console.queries import workflows
from console.queries.causes import with_causes
from console.queries.patience import Rest, TooSlow
from console.tables.versions import digest
from console.tables.workflows import NewWorkflows, StatusCount, WorkflowRow
from durable_engine.states import WorkflowState

_REST_SECONDS = 30.0
_slow = Rest(_REST_SECONDS)


def row_piece(row: WorkflowRow, *, sealed: bool = False) -> Piece:
    """Make the piece for one row of a list of workflows.

    Args:
        row: the workflow.
        sealed: whether it was read, and is kept up to date, with its attributes and
            why it failed.
    """
    return Piece(
        key=f"{_kind('row', sealed=sealed)}:{row.id}",
        version=row.version,
        template="durable_console/workflows/row.html",
        subject=row,
        spoken=_("%(id)s: %(status)s") % {"id": row.id, "status": row.label},
    )


def new_piece(wanted: WorkflowFilter, top: Cursor | None, count: int) -> Piece:
    """Make the piece that announces what has come above the top of a page."""
    new = NewWorkflows(count=count, limit=NEW_LIMIT, query=wanted.query())
    return Piece(
        key=f"{_kind('new', sealed=wanted.sealed)}:{wanted.query(top=top)}",
        version=str(min(count, NEW_LIMIT + 1)),
        template="durable_console/workflows/new.html",
        subject=new,
        spoken=new.text,
    )


def counts_piece(wanted: WorkflowFilter) -> Piece:
    """Make the strip of statuses above a list, each with its count."""
    chosen = wanted.statuses or (None,)
    kind = _kind("counts", sealed=wanted.sealed)
    return _strip(f"{kind}:{wanted.query()}", wanted, chosen)


def totals_piece() -> Piece:
    """Make the same strip where no list is shown, so that no status is chosen."""
    return _strip("totals:", WorkflowFilter(), ())


def _strip(
    key: str, wanted: WorkflowFilter, chosen: tuple[WorkflowState | None, ...]
) -> Piece:
    found = _counts(key, wanted)
    choices: list[WorkflowState | None] = [None, *WorkflowState]
    cells = [
        StatusCount(
            status=status,
            count=found.get(status),
            limit=COUNT_LIMIT,
            query=wanted.with_statuses(*([status] if status else [])).query(),
            current=status in chosen,
        )
        for status in choices
    ]
    return Piece(
        key=key,
        version=digest(*(cell.count for cell in cells)),
        template="durable_console/workflows/counts.html",
        subject=cells,
    )


class Rows:
    """Rows of workflows, wherever they are shown."""

    least_seconds = 0.25
    most = SLOTS_PER_PAGE

    def __init__(self, *, sealed: bool = False) -> None:
        self.name = _kind("row", sealed=sealed)
        self._sealed = sealed

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read all rows in one query by primary key."""
        found = list(workflows.by_ids(names, sealed=self._sealed).values())
        found = with_causes(found) if self._sealed else found
        pieces = (row_piece(row, sealed=self._sealed) for row in found)
        return {piece.key: piece for piece in pieces}


class News:
    """Announcements above lists: one query for each filter, not for each page."""

    least_seconds = 0.5
    most = 2

    def __init__(self, *, sealed: bool = False) -> None:
        self.name = _kind("new", sealed=sealed)
        self._sealed = sealed

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Count what is newer than the top of each page."""
        tops: dict[WorkflowFilter, set[Cursor | None]] = defaultdict(set)
        for query in map(_query, names):
            try:
                wanted = WorkflowFilter.parse(query, payloads=self._sealed)
                top = cursor_from(query, "top")
            except InvalidFilter:
                continue
            tops[wanted].add(top)
        found: dict[str, Piece] = {}
        for wanted, places in tops.items():
            for piece in _announcements(wanted, places):
                found[piece.key] = piece
        return found


class Counts:
    """Strips of statuses."""

    least_seconds = 1.0
    most = 2

    def __init__(self, *, sealed: bool = False) -> None:
        self.name = _kind("counts", sealed=sealed)
        self._sealed = sealed

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Count once for each filter."""
        found = {}
        for query in map(_query, names):
            try:
                wanted = WorkflowFilter.parse(query, payloads=self._sealed)
            except InvalidFilter:
                continue
            piece = counts_piece(wanted)
            found[piece.key] = piece
        return found


def _kind(name: str, *, sealed: bool) -> str:
    return f"{SEALED}{name}" if sealed else name


def _counts(key: str, wanted: WorkflowFilter) -> dict[WorkflowState | None, int]:
    """Count, unless that took too long a moment ago."""
    if _slow.of(key):
        return {}
    try:
        return workflows.counts(wanted)
    except TooSlow:
        _slow.begin(key)
        return {}


def _announcements(
    wanted: WorkflowFilter, places: Collection[Cursor | None]
) -> list[Piece]:
    key = f"new:{wanted.query()}"
    if _slow.of(key):
        return []
    try:
        newer = workflows.newer(wanted, places)
    except TooSlow:
        _slow.begin(key)
        return []
    return [
        new_piece(wanted, top, sum(workflows.is_newer(place, top) for place in newer))
        for top in places
    ]


def _query(name: str) -> QueryDict:
    return QueryDict(name.encode())
