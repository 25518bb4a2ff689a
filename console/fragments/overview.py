"""The live pieces of the overview: what failed last, and who runs workflows."""

from collections.abc import Collection, Mapping

from console.fragments.lists import row_piece, totals_piece
from console.fragments.pieces import Piece
from console.queries import executors, workflows
from console.tables.versions import digest


def failures_piece() -> Piece:
    """Make the list of the workflows that failed last."""
    rows = [row_piece(row) for row in workflows.failures()]
    return Piece(
        key="failures:",
        version=digest(*(f"{piece.key} {piece.version}" for piece in rows)),
        template="durable_console/overview/failures.html",
        subject=rows,
    )


def executors_piece() -> Piece:
    """Make the list of the processes that started last."""
    rows = executors.newest()
    return Piece(
        key="executors:",
        version=digest(*(row.version for row in rows)),
        template="durable_console/overview/executors.html",
        subject=rows,
    )


class Totals:
    """The strip of statuses on the overview; there is one."""

    name = "totals"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Count once for all pages."""
        del names
        return {"totals:": totals_piece()}


class Failures:
    """The list of failures; there is one."""

    name = "failures"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the failures once for all pages."""
        del names
        return {"failures:": failures_piece()}


class Executors:
    """The list of executors; there is one."""

    name = "executors"
    least_seconds = 1.0
    most = 1

    def load(self, names: Collection[str]) -> Mapping[str, Piece]:
        """Read the executors once for all pages."""
        del names
        return {"executors:": executors_piece()}
