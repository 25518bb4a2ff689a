"""The ranges of time that the dashboard looks back over, and how it cuts them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of time that ends now, in equal slices."""

    key: str  # as the query string and the list's filters write it
    title: str | Promise
    slice_seconds: int
    slices: int
    fresh_seconds: float  # how long what was counted is shown without counting again

    def start(self, now: datetime) -> datetime:
        """Return where the first slice begins: slices stay put while time goes on."""
        width = timedelta(seconds=self.slice_seconds)
        current = _EPOCH + (now - _EPOCH) // width * width
        return current - (self.slices - 1) * width


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


def span_of(text: str) -> Span:
    """Return the range of that key; anything else means the usual one."""
    return SPANS.get(text, USUAL)
