"""What the decorators share: how they are used, and what they cannot decorate."""

import inspect
from collections.abc import Callable
from typing import Any

_UNWRAPPED = (staticmethod, classmethod, property)


def used_bare(
    given: Callable[..., Any] | str | None, name: str | None
) -> tuple[Callable[..., Any] | None, str | None]:
    """Return the function of a bare decorator, and the name that was given.

    Args:
        given: the positional argument of a decorator: its function, or a name.
        name: the argument of that name.

    Raises:
        TypeError: two names were given.
    """
    if not isinstance(given, str):
        return given, name
    if name is not None:
        message = f"two names were given: {given!r} and name={name!r}"
        raise TypeError(message)
    return None, given


def check_body(what: str, body: object) -> None:
    """Refuse what would not run durably if it were decorated.

    Args:
        what: the decorator, such as `workflow`.
        body: what it stands above.

    Raises:
        TypeError: no function or method, or one that is a generator.
    """
    if isinstance(body, _UNWRAPPED):
        kind = type(body).__name__
        message = f"@{what} stands above @{kind}: put @{kind} above it"
        raise TypeError(message)
    if not callable(body) or not hasattr(body, "__qualname__"):
        message = f"@{what} decorates a function, not {type(body).__name__}: {body!r}"
        raise TypeError(message)
    if inspect.isgeneratorfunction(body) or inspect.isasyncgenfunction(body):
        message = (
            f"{body.__module__}.{body.__qualname__} is a generator: its body would run "
            f"where its values are taken, outside the {what}. Return a list, or hand "
            "values out as they come with write_stream()"
        )
        raise TypeError(message)


__all__ = ["check_body", "used_bare"]
