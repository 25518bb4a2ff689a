"""Walking through a list in its order, a bounded stretch of the table at a time.

Called by `finding` where no index leads to what a list asks for. A stretch is cut by
places in the index `durable_wf_created`, so that it reads no more rows than it was told,
whatever matches; who walks may stop after any of them, and go on from there later.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db.models import Q, QuerySet

from durable_engine.models import Workflow
from durable_engine.records import Sought

Place = tuple[datetime, str]
"""Where a workflow stands in lists: when it was created, and its id; before all ids
of its instant, or behind them in lists that begin with the newest, where that is empty."""

_MICROSECOND = timedelta(microseconds=1)

_LEAST_ROWS = 5_000
_MOST_ROWS = 200_000
_GROWTH = 4


class Walk:
    """A walk through a list.

    Args:
        rows: the list, with all its filters and in its order.
        sought: its range of time and its order.

    Attributes:
        reached: where it goes on; after a stretch an instant that names no id. None:
            at the beginning.
        ended: whether there is nothing behind it.
    """

    def __init__(self, rows: QuerySet[Any], sought: Sought) -> None:
        self._rows = rows
        self._sought = sought
        at = sought.until if sought.newest_first else sought.since
        self.reached: Place | None = None
        if at is not None and sought.beside is not None:
            self.reached = (at, sought.beside)
        self.ended = False

    def stretch(self, length_rows: int) -> QuerySet[Any]:
        """Go on through so many rows of the table; return those of the list.

        What was created at the same instant as the last of them belongs to them.
        """
        begin, last = self.reached, self._last(length_rows)
        self.ended = last is None
        rows = self._within(self._rows)
        if begin is not None:
            rows = rows.filter(behind(begin, newest_first=self._sought.newest_first))
        if last is None:
            return rows
        if self._sought.newest_first:
            self.reached = (last, "")
            return rows.filter(created_at__gte=last)
        self.reached = (last + _MICROSECOND, "")
        return rows.filter(created_at__lte=last)

    def narrow(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> None:
        """Leave out from here on what was created before, or after, an instant."""
        if since is not None:
            since = max(since, self._sought.since or since)
            self._sought = replace(self._sought, since=since)
        if until is not None:
            until = min(until, self._sought.until or until)
            self._sought = replace(self._sought, until=until)

    def pass_by(self, place: Place) -> None:
        """Go on from a place that is known to lie behind what is not looked at."""
        self.reached = place if self.reached is None else max(place, self.reached)

    def _last(self, length_rows: int) -> datetime | None:
        """Find the last instant of the next stretch; None: it goes to the end."""
        newest_first = self._sought.newest_first
        rows = self._within(Workflow.objects.all())
        if self.reached is not None:
            rows = rows.filter(behind(self.reached, newest_first=newest_first))
        order = "-created_at" if newest_first else "created_at"
        instants = rows.order_by(order).values_list("created_at", flat=True)
        return next(iter(instants[length_rows - 1 : length_rows]), None)

    def _within(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if (since := self._sought.since) is not None:
            rows = rows.filter(created_at__gte=since)
        if (until := self._sought.until) is not None:
            rows = rows.filter(created_at__lte=until)
        return rows


class Pace:
    """How far to go in one stretch, so that a walk ends in time.

    Args:
        seconds: for the walk.
    """

    def __init__(self, seconds: float) -> None:
        self._began = self._begun = monotonic()
        self._seconds = seconds
        self._rows = 0

    def next_rows(self) -> int | None:
        """Return how many rows the next stretch is to have; None: time is over."""
        now = monotonic()
        left = self._seconds - (now - self._began)
        if left <= 0:
            return None
        if not self._rows:
            self._rows = _LEAST_ROWS
        else:
            # What took so long a row will take as long again, or somewhat longer.
            fitting = int(self._rows * left / max(now - self._begun, 1e-6) * 0.7)
            most = min(self._rows * _GROWTH, _MOST_ROWS)
            self._rows = max(_LEAST_ROWS, min(fitting, most))
        self._begun = now
        return self._rows


def behind(place: Place, *, newest_first: bool) -> Q:
    """Return what holds of the rows that follow a place in a list."""
    created_at, workflow_id = place
    side = "lt" if newest_first else "gt"
    # The first condition alone serves the index; the second refines it.
    return Q(**{f"created_at__{side}e": created_at}) & (
        Q(**{f"created_at__{side}": created_at}) | Q(**{f"id__{side}": workflow_id})
    )
