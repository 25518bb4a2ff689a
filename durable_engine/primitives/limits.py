"""The limits of a queue: which there are, and what each may be."""

from typing import Any, TypedDict

from durable_engine.seconds import check_seconds

LIMITS = ("concurrency", "worker_concurrency", "limiter", "partition_concurrency")
"""What a queue may limit, and an operator override."""


class Limiter(TypedDict):
    """At most `limit` starts in any `period` of seconds, over all workers."""

    limit: int
    period: float


def check_limit(what: str, value: Any) -> None:
    """Refuse a limit that is none.

    Raises:
        ValueError: it is below 1, or no limiter.
    """
    if value is None:
        return
    if what == "limiter":
        _check_limiter(value)
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        message = (
            f"{what} must be 1 or more, or None, not {value!r}; to stop a queue, "
            "pause it"
        )
        raise ValueError(message)


def _check_limiter(limiter: Limiter) -> None:
    if set(limiter) != {"limit", "period"}:
        message = f"limiter needs the keys 'limit' and 'period', not {limiter!r}"
        raise ValueError(message)
    check_limit("limiter['limit']", limiter["limit"])
    check_seconds(
        limiter["period"], rule="limiter['period'] must be above 0 s", zero=False
    )
