"""The live piece of the page of versions."""

from collections.abc import Collection, Mapping

from console.fragments.pieces import Piece
from console.queries import releases
from console.tables.versions import digest


def table_piece(*, managed: bool, fresh: bool = False) -> Piece:
    """Make the table of the versions, with buttons for who may resume workflows."""
    rows = releases.all_rows(fresh=fresh)
    return Piece(
        key="releases:managed" if managed else "releases:",
        version=digest(*(row.version for row in rows)),
        template=f"durable_console/versions/{'managed' if managed else 'table'}.html",
        subject=rows,
    )


class Tables:
    """The table of versions, with buttons and without."""

    name = "releases"
    least_seconds = 2.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the versions once for all pages."""
        known = {"managed": True, "": False}
        pieces = [table_piece(managed=known[name]) for name in names if name in known]
        return {piece.key: piece for piece in pieces}


KINDS = (Tables(),)
"""Every kind of the page of versions."""
