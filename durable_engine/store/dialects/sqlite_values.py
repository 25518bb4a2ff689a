"""Instants and JSON as SQLite keeps them, and the functions its statements call.

A function called from SQL has to take the interpreter's lock back, twice a call. What
a statement only converts, `durable_instant(:started_at)`, is therefore converted
before it is sent, and the statement takes text.
"""

import math
import re
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import orjson

from durable_engine.clock import from_epoch, wall_epoch
from durable_engine.store.dialects.base import Parameters
from durable_engine.store.statements import Statement

_CONVERTED = re.compile(r"durable_instant\(:(\w+)\)")
_NOW = re.compile(r":now\b")


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """A statement whose instants are bound as text."""

    parts: tuple[str, ...]
    instants: tuple[str, ...]
    """Parameters in epoch seconds, each to be bound as `<name>_text` too."""
    timed: bool
    """Whether it takes `now` and `now_epoch`, when it was sent."""

    def bind(self, parameters: Parameters) -> Parameters:
        """Return the parameters with what this statement takes besides."""
        if not self.instants and not self.timed:
            return parameters
        bound = dict(parameters)
        for name in self.instants:
            bound[f"{name}_text"] = instant(parameters[name])
        if self.timed:
            now = wall_epoch() + parameters.get("place", 0) * 1e-6
            bound["now"] = instant(now)
            bound["now_epoch"] = now
        return bound


@cache
def bound_statement(statement: Statement) -> BoundStatement:
    """Return a statement that converts none of its parameters itself."""
    text = "\n".join(statement.parts)
    return BoundStatement(
        parts=tuple(_CONVERTED.sub(r":\1_text", part) for part in statement.parts),
        instants=tuple(dict.fromkeys(_CONVERTED.findall(text))),
        timed=_NOW.search(text) is not None,
    )


def add_functions(raw: sqlite3.Connection) -> None:
    """Give a connection the engine's clock and its conversions of instants."""
    raw.create_function("durable_now", 0, _now)
    raw.create_function("durable_instant", 1, instant, deterministic=True)
    raw.create_function("durable_epoch", 1, _epoch, deterministic=True)
    raw.create_function("durable_contains", 2, _contains, deterministic=True)


def _contains(whole: str | None, part: str) -> bool:
    """Whether JSON contains JSON, as `@>` of PostgreSQL has it."""
    return whole is not None and _holds(orjson.loads(whole), orjson.loads(part))


def _holds(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and _holds(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(
            any(_holds(one, value) for one in whole) for value in part
        )
    return isinstance(whole, bool) is isinstance(part, bool) and bool(whole == part)


def _now() -> str:
    return instant(wall_epoch()) or ""


def instant(epoch_seconds: float | None) -> str | None:
    """Return seconds since the epoch as Django stores a datetime on SQLite."""
    if epoch_seconds is None:
        return None
    second = math.floor(epoch_seconds)
    microsecond = round((epoch_seconds - second) * 1_000_000)
    if microsecond == 1_000_000:
        second, microsecond = second + 1, 0
    return f"{_second(second)}.{microsecond:06d}"


@lru_cache(maxsize=16)
def _second(second: int) -> str:
    """Return a whole second likewise; a workflow asks for one some twenty times."""
    return from_epoch(second).replace(tzinfo=None).isoformat(" ", timespec="seconds")


def _epoch(text: str | None) -> float | None:
    if text is None:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
