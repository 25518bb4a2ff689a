"""The live pieces of the workflows page: rows, what is new, counts per status."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.http import QueryDict
from django.utils.translation import gettext as _

from console.conf import COUNT_LIMIT, NEW_LIMIT, SLOTS_PER_PAGE
from console.filters import Cursor, InvalidFilter, WorkflowFilter, cursor_from
from console.fragments.pieces import Piece
from console.queries import workflows
from console.tables.versions import digest
from console.tables.workflows import NewWorkflows, StatusCount, WorkflowRow
from durable_engine.states import WorkflowState


def row_piece(row: WorkflowRow) -> Piece:
    """Make the piece for one row of a list of workflows."""
    return Piece(
        key=f"row:{row.id}",
        version=row.version,
        template="durable_console/workflows/row.html",
        subject=row,
        spoken=_("%(id)s: %(status)s") % {"id": row.id, "status": row.label},
    )


def new_piece(wanted: WorkflowFilter, top: Cursor | None, count: int) -> Piece:
    """Make the piece that announces what has come above the top of a page."""
    new = NewWorkflows(count=count, limit=NEW_LIMIT, query=wanted.query())
    return Piece(
        key=f"new:{wanted.query(top=top)}",
        version=str(min(count, NEW_LIMIT + 1)),
        template="durable_console/workflows/new.html",
        subject=new,
        spoken=new.text,
    )


def counts_piece(wanted: WorkflowFilter) -> Piece:
    """Make the strip of statuses above a list, each with its count."""
    chosen = wanted.statuses or (None,)
    return _strip(f"counts:{wanted.query()}", wanted, chosen)


def totals_piece() -> Piece:
    """Make the same strip where no list is shown, so that no status is chosen."""
    return _strip("totals:", WorkflowFilter(), ())


def _strip(
    key: str, wanted: WorkflowFilter, chosen: tuple[WorkflowState | None, ...]
) -> Piece:
    found = workflows.counts(wanted)
    choices: list[WorkflowState | None] = [None, *WorkflowState]
    cells = [
        StatusCount(
            status=status,
            count=found[status],
            limit=COUNT_LIMIT,
            query=wanted.with_statuses(*([status] if status else [])).query(),
            current=chosen == (status,),
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

    name = "row"
    least_seconds = 0.25
    most = SLOTS_PER_PAGE

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read all rows in one query by primary key."""
        pieces = map(row_piece, workflows.by_ids(names).values())
        return {piece.key: piece for piece in pieces}


class News:
    """Announcements above lists: one query for each filter, not for each page."""

    name = "new"
    least_seconds = 0.5
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Count what is newer than the top of each page."""
        tops: dict[WorkflowFilter, set[Cursor | None]] = defaultdict(set)
        for query in map(_query, names):
            try:
                wanted, top = WorkflowFilter.parse(query), cursor_from(query, "top")
            except InvalidFilter:
                continue
            tops[wanted].add(top)
        found = {}
        for wanted, places in tops.items():
            newer = workflows.newer(wanted, places)
            for top in places:
                count = sum(workflows.is_newer(place, top) for place in newer)
                piece = new_piece(wanted, top, count)
                found[piece.key] = piece
        return found


class Counts:
    """Strips of statuses."""

    name = "counts"
    least_seconds = 1.0
    most = 2

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Count once for each filter."""
        found = {}
        for query in map(_query, names):
            try:
                piece = counts_piece(WorkflowFilter.parse(query))
            except InvalidFilter:
                continue
            found[piece.key] = piece
        return found


def _query(name: str) -> QueryDict:
    return QueryDict(name.encode())
