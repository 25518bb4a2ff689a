"""Seconds that users give: waits, delays, time-outs, checked where they enter.

Guarantees: an instant made of now and of what was checked here can be held by the
databases, by datetimes and by the waits of threads.
"""

from math import inf

LONGEST_SECONDS = 100 * 365.25 * 86_400.0
"""A hundred years: threads can wait for 292, and datetimes end with the year 9999."""


def check_seconds(value: object, *, rule: str, zero: bool = True) -> float:
    """Return the number of seconds unchanged if it is one that can pass.

    Args:
        value: what the user gave.
        rule: the beginning of the message: what it is for and what it must be.
        zero: whether 0 is allowed.

    Raises:
        TypeError: not an int or float.
        ValueError: negative, 0 where that is not allowed, NaN, or over 100 years.
    """
    if not isinstance(value, int | float):
        message = f"{rule}: a number, not {type(value).__name__}: {value!r}"
        raise TypeError(message)
    allowed = not isinstance(value, bool) and 0 <= value < inf and (zero or value != 0)
    if not allowed:
        message = f"{rule}, not {value!r}"
        raise ValueError(message)
    if value > LONGEST_SECONDS:
        message = f"{rule}, and at most 100 years, not {value!r}"
        raise ValueError(message)
    return value


def check_patience(value: object, *, what: str) -> float | None:
    """Return how long a wait may last; None for as long as it takes.

    Args:
        value: what the user gave; above 100 years is as long as it takes, and below 0
            is 0.
        what: names it in messages.

    Raises:
        TypeError: not an int, float or None.
        ValueError: NaN.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = (
            f"{what} must be a number of seconds, or None for as long as it takes, "
            f"not {type(value).__name__}: {value!r}"
        )
        raise TypeError(message)
    if value != value:  # noqa: PLR0124 - NaN is what differs from itself
        message = f"{what} must be a number of seconds, not {value!r}"
        raise ValueError(message)
    return None if value > LONGEST_SECONDS else max(0, value)
