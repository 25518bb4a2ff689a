"""Where a text stands in a function, as the guard names it."""

import inspect
from collections.abc import Callable
from typing import Any


def place_of(function: Callable[..., Any], text: str) -> str:
    """Return `path:line` of the only line of a function that holds the text."""
    body = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(body)
    (line,) = (first + number for number, one in enumerate(lines) if text in one)
    return f"{body.__code__.co_filename}:{line}"
