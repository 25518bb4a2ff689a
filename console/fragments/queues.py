"""The live pieces of the pages of queues."""

from collections.abc import Collection, Mapping

from console.fragments.pieces import Piece
from console.queries import attention, workload
from console.queries.workload import QueueLoad
from console.tables.attention import Concern
from console.tables.instants import Instant
from console.tables.queues import (
    LIMIT_TITLES,
    ORDERS,
    Limit,
    QueueRow,
    QueueTable,
    ordered,
)

MOST_QUEUES = 500
_MANAGED, _PLAIN = "managed", ""


def row_of(load: QueueLoad, concern: Concern | None = None) -> QueueRow:
    """Make the row of a queue, with why it does not drain where that is known."""
    info = load.info
    return QueueRow(
        name=info.name,
        paused=info.paused,
        enqueued=info.enqueued,
        delayed=info.delayed,
        running=info.running,
        oldest=None if load.oldest is None else Instant(at=load.oldest),
        limits=tuple(
            Limit(
                name=name,
                declared=info.declared.get(name),
                overridden=info.overridden.get(name),
            )
            for name in LIMIT_TITLES
        ),
        concern=concern,
    )


def _rows(*, fresh: bool) -> list[QueueRow]:
    """Make the rows of all queues."""
    loads = workload.queues(fresh=fresh)
    why = attention.queue_concerns(fresh=fresh)
    return [row_of(load, why.get(load.info.name)) for load in loads]


def row_named(name: str, *, fresh: bool = False) -> QueueRow | None:
    """Read one queue; None: nobody knows it."""
    return next((row for row in _rows(fresh=fresh) if row.name == name), None)


def table_piece(*, managed: bool, order: str = "", fresh: bool = False) -> Piece:
    """Make the table of all queues, with buttons for who may manage them.

    Args:
        managed: whether the reader may.
        order: a key of `ORDERS`.
        fresh: read now, not what was read a moment ago.
    """
    rows = ordered(_rows(fresh=fresh), order)
    subject = QueueTable(
        rows=rows[:MOST_QUEUES], order=order, hidden=max(len(rows) - MOST_QUEUES, 0)
    )
    template = _MANAGED if managed else _PLAIN
    return Piece(
        key=f"queues:{template}{order and f',{order}'}",
        version=subject.version,
        template=f"durable_console/queues/{template or 'table'}.html",
        subject=subject,
    )


def state_piece(row: QueueRow) -> Piece:
    """Make what stands at the top of a queue's page."""
    return Piece(
        key=f"queue:{row.name}",
        version=row.version,
        template="durable_console/queues/state.html",
        subject=row,
    )


class Tables:
    """The table of queues, with buttons and without."""

    name = "queues"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the queues once for all pages."""
        asked = [name.partition(",") for name in names]
        pieces = [
            table_piece(managed=template == _MANAGED, order=order)
            for template, _comma, order in asked
            if template in (_MANAGED, _PLAIN) and order in ORDERS
        ]
        return {piece.key: piece for piece in pieces}


class States:
    """What stands at the top of the pages of queues."""

    name = "queue"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the queues once for all pages."""
        rows = (row_named(name) for name in names)
        pieces = [state_piece(row) for row in rows if row is not None]
        return {piece.key: piece for piece in pieces}


KINDS = (Tables(), States())
"""Every kind of the pages of queues."""
