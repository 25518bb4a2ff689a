"""Where a chart's axis of time has its marks: at round instants of the reader's zone.

Pure functions of instants; the current time zone decides what is round.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_QUARTER = 15 * _MINUTE  # offsets of time zones are multiples of it
_STEPS = (
    *(10, 30, _MINUTE, 5 * _MINUTE, _QUARTER, 2 * _QUARTER),
    *(_HOUR * number for number in (1, 2, 3, 6, 12)),
    *(_DAY * number for number in (1, 2, 7, 14, 28, 56, 112)),
)
_MOST_MARKS = 6
_EDGE = 0.05  # of the width: what is nearer to an end is written towards the middle
_NOW_NEEDS = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark: how far from the left, and what is written below it."""

    x: str  # percent
    text: str
    anchor: str = "middle"  # of the text, as SVG says it
    line: bool = True  # whether a line stands over it


def marks(start: datetime, seconds: float, *, live: bool) -> tuple[Mark, ...]:
    """Return the marks of an axis, from the left.

    Args:
        start: of the axis, aware.
        seconds: its length.
        live: whether it ends now, and says so.
    """
    step = next((one for one in _STEPS if seconds / one <= _MOST_MARKS), _STEPS[-1])
    found = []
    for at in _rounds(start, seconds, step):
        share = (at - start).total_seconds() / seconds
        if live and share > 1 - _NOW_NEEDS:
            continue
        found.append(
            Mark(x=f"{share * 100:.2f}", text=_text(at), anchor=_anchor(share))
        )
    if live:
        found.append(Mark(x="100", text=_("now"), anchor="end", line=False))
    return tuple(found)


def slot_label(at: datetime, slice_seconds: float, seconds: float) -> str:
    """Name a slice of a chart by its beginning, as exactly as its axis needs it."""
    local = localtime(at)
    if seconds >= _DAY:
        return date_format(local, "j M H:i")
    return date_format(local, "H:i:s" if slice_seconds < _MINUTE else "H:i")


def _rounds(start: datetime, seconds: float, step: int) -> Iterator[datetime]:
    end = start + timedelta(seconds=seconds)
    if step >= _DAY:
        yield from _midnights(start, end, step // _DAY)
        return
    width = min(step, _QUARTER)
    first = -(-int(start.timestamp()) // width) * width
    for epoch in range(first, int(end.timestamp()) + 1, width):
        at = datetime.fromtimestamp(epoch, UTC)
        local = localtime(at)
        passed = local.hour * _HOUR + local.minute * _MINUTE + local.second
        if passed % step == 0:
            yield at


def _midnights(start: datetime, end: datetime, days: int) -> Iterator[datetime]:
    zone = get_current_timezone()
    day = localtime(start).date()
    while True:
        at = datetime.combine(day, time.min, tzinfo=zone)
        if at > end:
            return
        if at >= start and day.toordinal() % days == 0:
            yield at
        day += timedelta(days=1)


def _text(at: datetime) -> str:
    local = localtime(at)
    if local.time() == time.min:
        return date_format(local, "j M")
    return date_format(local, "H:i:s" if local.second else "H:i")


def _anchor(share: float) -> str:
    if share < _EDGE:
        return "start"
    return "end" if share > 1 - _EDGE else "middle"
