"""What the decorators share: how they are used, and what they cannot decorate."""

import inspect
from collections.abc import Callable
from typing import Any

from durable_engine.runtime.registry import (
    StepRegistration,
    TransactionRegistration,
    WorkflowRegistration,
    registration_of,
)

_UNWRAPPED = (staticmethod, classmethod, property)
_KINDS = {
    "workflow": WorkflowRegistration,
    "step": StepRegistration,
    "transaction": TransactionRegistration,
}


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
        TypeError: no function or method, or one that is a generator, or a step or
            transaction that is something else already.
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
    _check_kind(what, body)


def _check_kind(what: str, body: object) -> None:
    """Refuse a step or transaction above another kind, which it would take apart.

    A transaction within a step is a plain call: its checkpoint would be lost. A
    workflow above a step is a workflow of that one step.
    """
    registered = registration_of(body)
    if what == "workflow" or registered is None:
        return
    if not isinstance(registered, _KINDS[what]):
        kind = next(name for name, one in _KINDS.items() if isinstance(registered, one))
        message = (
            f"@{what} stands above @{kind}: {registered.name} can be one of them only"
        )
        raise TypeError(message)


__all__ = ["check_body", "used_bare"]
