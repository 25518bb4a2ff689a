"""Tables that fit the terminal, written row by row.

The first rows decide how wide the columns are; of the others nothing is kept, so that
a table of a million rows needs no more memory than one of a hundred.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from django.utils.timezone import localtime

from durable_engine.management.shell.terminal import Terminal, printable

_MEASURED_ROWS = 500
_GAP = "  "
_ELLIPSIS = "…"
_WIDE = ("W", "F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    least: int = 8  # what stays of it in a narrow terminal
    right: bool = False  # numbers stand at the right
    painted: bool = False  # its cells are statuses


def write_table(
    terminal: Terminal, columns: Sequence[Column], rows: Iterable[Sequence[str]]
) -> int:
    """Write a table with its titles; return how many rows it has.

    Where the terminal is too narrow cells are cut, and columns at the right left out;
    never in a file or pipe.
    """
    cells = (tuple(map(printable, row)) for row in rows)
    measured = list(islice(cells, _MEASURED_ROWS))
    widths = _widths(columns, measured, terminal.width)
    terminal.line(_line(terminal, columns, widths, [one.title for one in columns]))
    count = 0
    for count, row in enumerate(chain(measured, cells), start=1):  # noqa: B007 - the last one counts
        terminal.line(_line(terminal, columns, widths, row, paints=True))
    return count


def moment(instant: datetime | None) -> str:
    """Return an instant in the project's time zone, for a table."""
    return "" if instant is None else f"{localtime(instant):%Y-%m-%d %H:%M:%S}"


def _widths(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], most: int | None
) -> list[int]:
    titles = [column.title for column in columns]
    widths = [max(map(_width, cells)) for cells in zip(titles, *rows, strict=True)]
    if most is None:
        return widths
    least = [max(one.least, len(one.title)) for one in columns]
    while _taken(widths) > most:
        spare = [have - need for have, need in zip(widths, least, strict=True)]
        if max(spare) <= 0:
            return _fitting(widths, titles, most)
        widths[spare.index(max(spare))] -= 1
    return widths


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fitting(widths: list[int], titles: Sequence[str], most: int) -> list[int]:
    """Return the widths of the columns that fit; the last one takes what is left."""
    count = len(widths)
    while count > 1 and _taken([*widths[: count - 1], len(titles[count - 1])]) > most:
        count -= 1
    kept = widths[:count]
    kept[-1] = max(1, min(kept[-1], kept[-1] + most - _taken(kept)))
    return kept


def _line(
    terminal: Terminal,
    columns: Sequence[Column],
    widths: Sequence[int],
    cells: Sequence[str],
    *,
    paints: bool = False,
) -> str:
    parts = []
    for column, width, cell in zip(columns, widths, cells, strict=False):
        shown = cell if terminal.width is None else _cut(cell, width)
        space = " " * (width - _width(shown))
        if paints and column.painted:
            shown = terminal.paint(cell, shown)
        parts.append(space + shown if column.right else shown + space)
    return _GAP.join(parts).rstrip()


def _width(text: str) -> int:
    """Return how many places a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_places(text))


def _places(text: str) -> Iterator[int]:
    for one in text:
        if unicodedata.combining(one):
            yield 0
        else:
            yield 2 if unicodedata.east_asian_width(one) in _WIDE else 1


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    kept, taken = 0, 0
    for places in _places(text):
        if taken + places > width - 1:
            break
        taken += places
        kept += 1
    return text[:kept] + _ELLIPSIS
