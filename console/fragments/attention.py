"""The live piece that says what keeps work from being done."""

from console.fragments.overview import OneOfAKind
from console.fragments.pieces import Piece
from console.queries.attention import concerns
from console.tables.versions import digest


def attention_piece() -> Piece:
    """Make the list of what somebody should look at; without any, it is not shown."""
    found = concerns()
    return Piece(
        key="attention:",
        version=digest(*(one.version for one in found)),
        template="durable_console/overview/attention.html",
        subject=found,
    )


KINDS = (OneOfAKind(name="attention", make=attention_piece),)
"""Every kind of this module."""
