"""The time of a test."""

from collections.abc import Callable
from datetime import datetime, timedelta

from durable_engine import clock


class DurableTime:
    """The engine's clock, Python's and the database's, which only a test moves."""

    def __init__(self, before: Callable[[], None]) -> None:
        """Take what is done before time moves.

        Args:
            before: notes what the test has said until now.
        """
        self._before = before

    def now(self) -> datetime:
        """Return the instant that the engine takes for now, in UTC."""
        return clock.from_epoch(clock.wall_epoch())

    def advance(self, delta: timedelta | None = None, /, **words: float) -> datetime:
        """Let time pass; what comes due runs at the next `drain()`.

        Args:
            delta: how long; or
            **words: the same in words of `timedelta`: `weeks=2`, `hours=1, minutes=30`.

        Returns:
            The new now.

        Raises:
            ValueError: time would go backwards.
            TypeError: neither or both are given, or a word is none of `timedelta`.
        """
        if (delta is None) is not bool(words):
            message = "advance() takes a timedelta, or words of one such as weeks=2"
            raise TypeError(message)
        step = timedelta(**words) if delta is None else delta
        if step < timedelta(0):
            message = f"time only goes forward: advance() got {step!r}"
            raise ValueError(message)
        self._before()
        clock.shift(step.total_seconds())
        return self.now()

    def advance_to(self, instant: datetime) -> datetime:
        """Let time pass until an instant; where it has passed already, nothing happens.

        Args:
            instant: aware.

        Returns:
            The new now.

        Raises:
            ValueError: the instant is naive.
        """
        if instant.tzinfo is None:
            message = f"advance_to() needs an aware datetime, not {instant!r}"
            raise ValueError(message)
        return self.advance(max(instant - self.now(), timedelta(0)))
