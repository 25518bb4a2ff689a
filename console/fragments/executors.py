"""The live piece of the page of executors."""

from collections.abc import Collection, Mapping

from console.fragments.pieces import Piece
from console.queries import executors
from console.tables.executors import summed_up
from console.tables.versions import digest


def loads_piece(*, fresh: bool = False) -> Piece:
    """Make the table of the processes and of what they own."""
    rows = executors.loads(fresh=fresh)
    return Piece(
        key="processes:",
        version=digest(*(row.version for row in rows)),
        template="durable_console/executors/table.html",
        subject={"loads": rows, "summary": summed_up(rows)},
    )


class Loads:
    """The table of processes; there is one."""

    name = "processes"
    least_seconds = 2.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the processes once for all pages."""
        del names
        return {"processes:": loads_piece()}


KINDS = (Loads(),)
"""Every kind of the page of executors."""
