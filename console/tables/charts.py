"""Charts as geometry: what a template writes as SVG, and as a table beside it.

Every chart is drawn in a box of `WIDTH` by `HEIGHT` that the page stretches; texts stand
outside of it, so that they are not stretched. Pure functions of numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.tables.axes import Mark
from console.tables.versions import digest

WIDTH, HEIGHT = 600.0, 140.0
_GAP = 0.22  # of a column
_MINUTE, _HOUR = 60, 3600
_LENGTHS = (
    *(1, 2, 4, 10, 20, 30),
    *(_MINUTE * number for number in (1, 2, 4, 10, 20, 30)),
    *(_HOUR * number for number in (1, 2, 4, 8, 12, 24)),
)
_LEAST_HEIGHT = 1.5  # a thing that happened is seen, however little it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One kind of value, with the status whose colour it has."""

    title: str
    tone: str
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The values of one slice of time, one for each series."""

    label: str  # of the slice: `14:02`
    values: tuple[float | None, ...]
    note: str = ""  # what else to say of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One rectangle."""

    x: str
    y: str
    width: str
    height: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands over one slice of time, with the text that explains it."""

    x: str
    width: str
    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The points of one series, in pieces where some are missing."""

    tone: str
    dashed: bool
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table beside a chart."""

    label: str
    texts: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, ready to be written."""

    name: str  # unique on its page
    title: str
    summary: str  # what it says, in a sentence
    series: tuple[Series, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...] = ()
    figures: tuple[Figure, ...]
    scale: tuple[str, ...]  # of the values, from the top down
    marks: tuple[Mark, ...]  # of the axis of time, from the left
    headline: str = ""
    note: str = ""  # beside the headline
    empty: bool = False
    box: str = field(default=f"0 0 {WIDTH:g} {HEIGHT:g}")

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        figures = [(row.label, *row.texts, row.note) for row in self.figures]
        return digest(self.title, self.headline, self.note, self.summary, *figures)


def ceiling(value: float) -> float:
    """Return the least 1, 2 or 5 times a power of ten that is not below."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power < value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)


def time_ceiling(seconds: float) -> float:
    """Return the least length of time that people like to read and is not below."""
    found = next((one for one in _LENGTHS if one >= seconds), None)
    if found is None:
        return ceiling(seconds / 86_400) * 86_400
    return float(found) if seconds > 1 else ceiling(seconds)


def stacked(
    slots: Sequence[Slot],
    series: Sequence[Series],
    write: Callable[[float], str],
) -> tuple[tuple[Column, ...], float]:
    """Stack the values of each slice on one another; return columns and their top."""
    top = ceiling(max((_total(slot) for slot in slots), default=0))
    width = WIDTH / max(len(slots), 1)
    columns = []
    for number, slot in enumerate(slots):
        x = number * width
        foot = HEIGHT
        blocks = []
        for one, value in zip(series, slot.values, strict=True):
            if not value:
                continue
            height = max(value / top * HEIGHT, _LEAST_HEIGHT)
            foot = max(foot - height, 0.0)
            blocks.append(
                Block(
                    x=_written(x + width * _GAP / 2),
                    y=_written(foot),
                    width=_written(width * (1 - _GAP)),
                    height=_written(height),
                    tone=one.tone,
                )
            )
        columns.append(
            Column(
                x=_written(x),
                width=_written(width),
                text=_text(slot, series, write),
                blocks=tuple(blocks),
            )
        )
    return tuple(columns), top


def drawn(
    slots: Sequence[Slot],
    series: Sequence[Series],
    write: Callable[[float], str],
) -> tuple[tuple[Line, ...], tuple[Column, ...], float]:
    """Draw lengths of time as lines; return them, what explains them, and the top."""
    values = [value for slot in slots for value in slot.values if value is not None]
    top = time_ceiling(max(values, default=0))
    width = WIDTH / max(len(slots), 1)
    lines = []
    for number, one in enumerate(series):
        points = [
            None
            if slot.values[number] is None
            else ((at + 0.5) * width, HEIGHT * (1 - (slot.values[number] or 0) / top))
            for at, slot in enumerate(slots)
        ]
        lines.append(Line(tone=one.tone, dashed=one.dashed, paths=_paths(points)))
    columns = tuple(
        Column(
            x=_written(number * width),
            width=_written(width),
            text=_text(slot, series, write),
        )
        for number, slot in enumerate(slots)
    )
    return tuple(lines), columns, top


def table_of(
    slots: Sequence[Slot], write: Callable[[float], str]
) -> tuple[Figure, ...]:
    """Write every value as text, the newest slice first."""
    return tuple(
        Figure(
            label=slot.label,
            texts=tuple(
                "—" if value is None else write(value) for value in slot.values
            ),
            note=slot.note,
        )
        for slot in reversed(slots)
    )


def _paths(points: Sequence[tuple[float, float] | None]) -> tuple[str, ...]:
    """Join neighbours; a point without any is drawn as a short line."""
    paths: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            paths.append([])
        else:
            paths[-1].append(point)
    return tuple(_path(path) for path in paths if path)


def _path(points: list[tuple[float, float]]) -> str:
    if len(points) == 1:
        ((x, y),) = points
        points = [(x - 3, y), (x + 3, y)]
    return " ".join(f"{_written(x)},{_written(y)}" for x, y in points)


def _text(slot: Slot, series: Sequence[Series], write: Callable[[float], str]) -> str:
    said = [
        f"{one.title} {write(value)}"
        for one, value in zip(series, slot.values, strict=True)
        if value
    ]
    return " · ".join(
        [slot.label, *(said or ["—"]), *([slot.note] if slot.note else [])]
    )


def _total(slot: Slot) -> float:
    return sum(value or 0 for value in slot.values)


def _written(number: float) -> str:
    # Locale-free: SVG knows no decimal comma.
    return f"{number:.2f}".rstrip("0").rstrip(".")
