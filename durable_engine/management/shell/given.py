"""What is given on the command line: ids, JSON, numbers, instants."""

import json
import math
import sys
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from durable_engine.management.shell.faults import UsageError

STANDARD_INPUT = "-"


def add_ids(parser: CommandParser, what: str = "ID") -> None:
    """Let ids or names be given, or `-` for a list of them."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar=what,
        help=f"one {what} or several; - reads them from standard input, one a line",
    )


def add_id(parser: CommandParser, what: str = "ID") -> None:
    """Let one id be given, or `-` for a line of standard input."""
    parser.add_argument(
        "targets",
        nargs=1,
        metavar=what,
        help=f"the {what}; - reads it from standard input",
    )


def read_ids(targets: list[str]) -> list[str]:
    """Return the ids given, each once, in order; `-` stands for standard input.

    A line there may hold any characters that an id may; empty lines are left out.

    Raises:
        UsageError: there are none.
    """
    found: dict[str, None] = {}
    for target in targets:
        if target == STANDARD_INPUT:
            lines = (line.rstrip("\r\n") for line in sys.stdin)
            found |= dict.fromkeys(line for line in lines if line)
        else:
            found[target] = None
    if not found and STANDARD_INPUT not in targets:
        message = "give at least one id"
        raise UsageError(message)
    return list(found)


def read_id(targets: list[str]) -> str:
    """Return the one id given.

    Raises:
        UsageError: standard input holds none, or several.
    """
    found = read_ids(targets)
    if len(found) != 1:
        message = f"standard input must hold one id, not {len(found)}"
        raise UsageError(message)
    return found[0]


def json_value(text: str) -> Any:
    """Read any JSON value."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {text!r} ({error})"
        raise ArgumentTypeError(message) from None


def json_list(text: str) -> list[Any]:
    """Read a JSON array."""
    value: list[Any] = _of_kind(text, list, "a JSON array such as '[42, \"x\"]'")
    return value


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object."""
    value: dict[str, Any] = _of_kind(text, dict, "a JSON object such as '{\"a\": 1}'")
    return value


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        message = f"give a whole number of at least 1, not {text!r}"
        raise ArgumentTypeError(message)
    return value


def amount(text: str) -> float:
    """Read a number of at least 0; fractions count."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        message = f"give a number of at least 0, not {text!r}"
        raise ArgumentTypeError(message)
    return value


def _of_kind(text: str, kind: type, what: str) -> Any:
    value = json_value(text)
    if not isinstance(value, kind):
        message = f"give {what}, not {text!r}"
        raise ArgumentTypeError(message)
    return value


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)
