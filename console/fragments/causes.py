"""The live piece that says why workflows failed.

It shows what errors say, which is payload. It is the same for all readers, so where the
project decides by object it tells classes of errors and counts alone.
"""

from dataclasses import replace

from console.fragments.overview import OneOfASpan
from console.fragments.pieces import SEALED, Piece
from console.permissions import by_object
from console.queries.causes import causes_of
from console.spans import Span

CAUSES_SHOWN = 6

_NAME = f"{SEALED}causes"


def causes_piece(span: Span) -> Piece:
    """Make the list of the most frequent causes of a range of time."""
    found = causes_of(span)
    rows = found.rows[:CAUSES_SHOWN]
    if by_object():
        rows = [replace(row, text="", example="") for row in rows]
    subject = replace(found, rows=rows)
    return Piece(
        key=f"{_NAME}:{span.key}",
        version=subject.version,
        template="durable_console/overview/causes.html",
        subject=subject,
    )


KINDS = (OneOfASpan(name=_NAME, make=causes_piece, least_seconds=2.0),)
"""Every kind of this module."""
