"""Whether a workflow can be called with the arguments that it is started with.

Asked before anything is written, so that a mistake is told where it was made, and not
to a worker. What is trivially right costs two comparisons.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from durable_engine.runtime.registry import WorkflowRegistration, registration_of

_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How a function is called."""

    signature: inspect.Signature
    least: float  # positional arguments that suffice; infinity: names are needed
    most: float


def check_arguments(
    registration: WorkflowRegistration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    item: int | None = None,
) -> None:
    """Refuse arguments that the workflow's function does not take.

    A function that is wrapped by a decorator below ours is called as the wrapper is.

    Args:
        registration: of the workflow.
        args: by position, led by the object of a method.
        kwargs: by name.
        item: which of several that are started together, counted from 0.

    Raises:
        TypeError: they do not fit; names the function and what is wrong.
    """
    shape = _shape_of(registration.function)
    if shape is None or (not kwargs and shape.least <= len(args) <= shape.most):
        return
    try:
        shape.signature.bind(*args, **kwargs)
    except TypeError as error:
        where = "" if item is None else f"item {item}: "
        message = (
            f"{where}{registration.name} cannot be called so: {error}. It takes "
            f"{_shown(shape.signature)}; nothing was started."
        )
        raise TypeError(message) from None


@lru_cache(maxsize=4_096)
def _shape_of(function: Callable[..., Any]) -> _Shape | None:
    """Return how a function is called; None if nobody can say."""
    inner = registration_of(function)  # a step that is started by itself
    called = function if inner is None else inner.function
    try:
        signature = inspect.signature(called, follow_wrapped=False)
    except (TypeError, ValueError):
        return None
    parameters = signature.parameters.values()
    kinds = {parameter.kind for parameter in parameters}
    positional = [one for one in parameters if one.kind in _POSITIONAL]
    needed = [one for one in parameters if one.default is one.empty]
    named = any(one.kind is inspect.Parameter.KEYWORD_ONLY for one in needed)
    anything = inspect.Parameter.VAR_POSITIONAL in kinds
    return _Shape(
        signature=signature,
        least=math.inf if named else sum(one.kind in _POSITIONAL for one in needed),
        most=math.inf if anything else len(positional),
    )


def _shown(signature: inspect.Signature) -> str:
    """Return the parameters as they are declared, without types."""
    empty = inspect.Signature.empty
    bare = [one.replace(annotation=empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=empty))
