"""How often and how long to wait between attempts.

One policy for the steps of users (exact, documented in the contract) and one for
the engine's own loops (capped, with full jitter, so that many processes do not
knock at a returning database in step).
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from durable_engine.seconds import check_seconds

LONGEST_STEP_WAIT_SECONDS = 3600.0
_MAX_EXPONENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a step that raised is called again.

    Attributes:
        max_attempts: calls in all, the first included; at least 1.
        interval_seconds: wait before the second call.
        backoff_rate: factor by which each further wait grows; at least 1.
        should_retry: asked with the exception; false ends the retries at once.
    """

    max_attempts: int = 3
    interval_seconds: float = 1.0
    backoff_rate: float = 2.0
    should_retry: Callable[[Exception], bool | Awaitable[bool]] | None = None

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            message = f"max_attempts must be at least 1, not {self.max_attempts!r}"
            raise ValueError(message)
        check_seconds(self.interval_seconds, rule="interval_seconds must be 0 or more")
        if not 1 <= self.backoff_rate < float("inf"):
            message = f"backoff_rate must be 1 or more, not {self.backoff_rate!r}"
            raise ValueError(message)

    def wait_seconds(self, attempt: int) -> float:
        """Return the wait after the given failed attempt (counted from 1)."""
        exponent = min(attempt - 1, _MAX_EXPONENT)
        wait = self.interval_seconds * self.backoff_rate**exponent
        return min(wait, LONGEST_STEP_WAIT_SECONDS)


class Backoff:
    """Capped exponential backoff with full jitter for the engine's own loops."""

    __slots__ = ("_attempt", "_first_seconds", "_longest_seconds")

    def __init__(
        self, first_seconds: float = 0.05, longest_seconds: float = 2.0
    ) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._attempt = 0

    @property
    def failures(self) -> int:
        """Failures since the last `reset`."""
        return self._attempt

    def reset(self) -> None:
        """Forget earlier failures after a success."""
        self._attempt = 0

    def next_seconds(self) -> float:
        """Return how long to wait now, and count one more failure."""
        exponent = min(self._attempt, _MAX_EXPONENT)
        self._attempt += 1
        ceiling = min(self._first_seconds * 2.0**exponent, self._longest_seconds)
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
