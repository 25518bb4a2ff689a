"""The live pieces of the pages of schedules."""

from collections.abc import Collection, Mapping

from console.fragments.pieces import Piece
from console.queries import schedules
from console.tables.schedules import ScheduleRow
from console.tables.versions import digest


def table_piece(*, managed: bool, fresh: bool = False) -> Piece:
    """Make the table of all schedules, with buttons for who may manage them."""
    rows = schedules.all_rows(fresh=fresh)
    return Piece(
        key="schedules:managed" if managed else "schedules:",
        version=digest(*(row.version for row in rows)),
        template=f"durable_console/schedules/{'managed' if managed else 'table'}.html",
        subject=rows,
    )


def state_piece(row: ScheduleRow) -> Piece:
    """Make what stands at the top of a schedule's page."""
    return Piece(
        key=f"schedule:{row.name}",
        version=row.version,
        template="durable_console/schedules/state.html",
        subject=row,
    )


class Tables:
    """The table of schedules, with buttons and without."""

    name = "schedules"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the schedules once for all pages."""
        known = {"managed": True, "": False}
        pieces = [table_piece(managed=known[name]) for name in names if name in known]
        return {piece.key: piece for piece in pieces}


class States:
    """What stands at the top of the pages of schedules."""

    name = "schedule"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the schedules once for all pages."""
        rows = (schedules.row_named(name) for name in names)
        pieces = [state_piece(row) for row in rows if row is not None]
        return {piece.key: piece for piece in pieces}


KINDS = (Tables(), States())
"""Every kind of the pages of schedules."""
