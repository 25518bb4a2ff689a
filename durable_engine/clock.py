"""The only place that reads a clock.

Leases, deadlines and orders are decided by the database's clock (I4). A process
measures elapsed time with the monotonic clock and keeps an estimate of the
database's clock relative to it, so that a wall clock that is hours off does no
harm. On Linux it is the one that goes on while the machine is suspended: a lease ends
meanwhile. The testing kit moves time by `shift`.
"""

import sys
import threading
import time
from datetime import UTC, datetime

_shift_seconds = 0.0


if sys.platform == "linux":

    def monotonic() -> float:
        """Return seconds of the monotonic clock, moved by the testing kit if in use."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) + _shift_seconds

else:

    def monotonic() -> float:
        """Return seconds of the monotonic clock, moved by the testing kit if in use."""
        return time.monotonic() + _shift_seconds


def wall_epoch() -> float:
    """Return this machine's wall clock as seconds since 1970-01-01 UTC."""
    return time.time() + _shift_seconds


def shift(seconds: float) -> None:
    """Move every clock of this process forward; used by the testing kit only."""
    global _shift_seconds  # noqa: PLW0603 - one process has one clock
    _shift_seconds += seconds


def shifted_seconds() -> float:
    """Return how far the clocks of this process are moved."""
    return _shift_seconds


def unshift() -> None:
    """Take back every earlier `shift`."""
    global _shift_seconds  # noqa: PLW0603 - one process has one clock
    _shift_seconds = 0.0


def from_epoch(seconds: float) -> datetime:
    """Return an aware UTC datetime for seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


class DatabaseClock:
    """Estimate of the database's clock, in seconds since the epoch.

    `observe` is given what the database answered together with the monotonic
    instants around the question; of the recent samples the one with the shortest
    round trip wins. One that no round trip explains is of another clock, as after a
    failover, and wins whatever its own. Threads may share one instance.
    """

    __slots__ = ("_lock", "_offset_seconds", "_round_trip_seconds")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset_seconds: float | None = None
        self._round_trip_seconds = 0.0

    @property
    def known(self) -> bool:
        """Whether the database has been asked at least once."""
        return self._offset_seconds is not None

    def observe(self, asked: float, answered: float, epoch_seconds: float) -> None:
        """Take in one answer.

        Args:
            asked: `monotonic()` before the question was sent.
            answered: `monotonic()` after the answer came.
            epoch_seconds: the database's clock in the answer.
        """
        round_trip = answered - asked
        offset = epoch_seconds - (asked + answered) / 2
        with self._lock:
            # An old good sample loses weight, so that drift is followed.
            self._round_trip_seconds *= 1.5
            known = self._offset_seconds
            # Each is wrong by half its round trip at most; the new one's is the longer.
            if (
                known is None
                or round_trip <= self._round_trip_seconds
                or abs(offset - known) > round_trip
            ):
                self._offset_seconds = offset
                self._round_trip_seconds = max(round_trip, 1e-6)

    def now(self) -> float:
        """Return the estimated database time; the wall clock until it is known.

        In whole microseconds, as the database keeps it: what is recorded is then what
        a replay reads, whichever way the database rounds.
        """
        offset = self._offset_seconds
        return round(wall_epoch() if offset is None else monotonic() + offset, 6)
