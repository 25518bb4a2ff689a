"""The ranges of time that the dashboard looks back over, and how it cuts them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_SLICES = 48
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WIDTHS = (
    *(2, 5, 10, 15, 30),
    *(_MINUTE * number for number in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * number for number in (1, 2, 3, 4, 6, 8, 12)),
    *(_DAY * number for number in (1, 2, 4, 8)),
)
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=366)
_WRITTEN = "%Y%m%dT%H%M%SZ"
_SEPARATOR = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of time in equal slices; it ends now, or where somebody chose."""

    key: str  # as the query string and the keys of live pieces write it
    title: str | Promise
    slice_seconds: int
    slices: int
    fresh_seconds: float  # how long what was counted is shown without counting again
    since: datetime | None = None  # None: as far back as the slices reach from now

    @property
    def seconds(self) -> int:
        """The length of all slices."""
        return self.slice_seconds * self.slices

    def start(self, now: datetime) -> datetime:
        """Return where the first slice begins: slices stay put while time goes on."""
        if self.since is not None:
            return self.since
        width = timedelta(seconds=self.slice_seconds)
        current = _EPOCH + (now - _EPOCH) // width * width
        return current - (self.slices - 1) * width

    @property
    def until(self) -> datetime | None:
        """Where the last slice ends; None: it goes on."""
        if self.since is None:
            return None
        return self.since + timedelta(seconds=self.seconds)

    def pairs(self, what: str) -> list[tuple[str, str]]:
        """Return what the query string of the list says for this range.

        Args:
            what: `created` or `completed`.
        """
        if self.since is None or self.until is None:
            return [(what, self.key)]
        created = ("start_time", "end_time")
        names = (
            created if what == "created" else ("completed_after", "completed_before")
        )
        return [(names[0], self.since.isoformat()), (names[1], self.until.isoformat())]


SPANS: dict[str, Span] = {
    span.key: span
    for span in (
        Span(
            key="15m",
            title=_("15 minutes"),
            slice_seconds=30,
            slices=30,
            fresh_seconds=1.0,
        ),
        Span(
            key="1h",
            title=_("1 hour"),
            slice_seconds=120,
            slices=30,
            fresh_seconds=2.0,
        ),
        Span(
            key="24h",
            title=_("24 hours"),
            slice_seconds=1800,
            slices=48,
            fresh_seconds=10.0,
        ),
        Span(
            key="7d",
            title=_("7 days"),
            slice_seconds=14_400,
            slices=42,
            fresh_seconds=30.0,
        ),
    )
}
"""By how the query string writes them."""

USUAL = SPANS["1h"]
"""Shown where none is asked for."""

CHOSEN_FRESH_SECONDS = 30.0


def span_of(text: str) -> Span:
    """Return the range of that key; anything else means the usual one."""
    return found_span(text) or USUAL


def found_span(text: str) -> Span | None:
    """Return the range of that key, one that somebody chose among them."""
    if text in SPANS:
        return SPANS[text]
    start, separator, end = text.partition(_SEPARATOR)
    try:
        first = datetime.strptime(start, _WRITTEN).replace(tzinfo=UTC)
        last = datetime.strptime(end, _WRITTEN).replace(tzinfo=UTC)
        return between(first, last) if separator else None
    except (ValueError, OverflowError):
        return None


def between(start: datetime, end: datetime) -> Span:
    """Return the range from one instant to another, in at most 48 round slices.

    It may end later than asked for, by less than a slice.

    Args:
        start: aware; whole seconds count.
        end: the same.

    Raises:
        ValueError: it is shorter than a minute or longer than a year.
    """
    length = end - start
    if not _SHORTEST <= length <= _LONGEST:
        raise ValueError(length)
    seconds = ceil(length.total_seconds())
    width = next(one for one in _WIDTHS if one * _MOST_SLICES >= seconds)
    first = start.astimezone(UTC).replace(microsecond=0)
    last = (first + timedelta(seconds=seconds)).strftime(_WRITTEN)
    return Span(
        key=f"{first.strftime(_WRITTEN)}{_SEPARATOR}{last}",
        title=_("the chosen time"),
        slice_seconds=width,
        slices=ceil(seconds / width),
        fresh_seconds=CHOSEN_FRESH_SECONDS,
        since=first,
    )
