"""Any value as plain JSON: what `--json` writes, and what tables show of payloads."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import Enum
from typing import Any

from durable_engine.errors import WorkflowFailed

_DEPTH = 100
_SHORT_CHARACTERS = 2000


def as_json(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII, whatever it is."""
    return json.dumps(plain(value), allow_nan=False, indent=indent)


def short(value: object) -> str:
    """Return the beginning of a value as JSON, for one line."""
    text = json.dumps(plain(value), allow_nan=False, ensure_ascii=False)
    if len(text) <= _SHORT_CHARACTERS:
        return text
    return text[: _SHORT_CHARACTERS - 1] + "…"


def shown(value: object) -> str:
    """Return a value for one line; a text, or what becomes one, without quotes."""
    told = plain(value)
    return told if isinstance(told, str) else short(told)


def record(value: Any, **more: object) -> dict[str, Any]:
    """Return a record of the public API by its names, and more in front."""
    return {**more, **{one.name: getattr(value, one.name) for one in fields(value)}}


def plain(value: object, depth: int = 0) -> Any:
    """Return a value made of what JSON has; what it has not is told in words."""
    if depth > _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {_key(key): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one, depth + 1) for one in value]
    if isinstance(value, Enum):
        return plain(value.value, depth + 1)
    if is_dataclass(value) and not isinstance(value, type | BaseException):
        return plain(record(value), depth + 1)
    return _leaf(value)


def _leaf(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, BaseException):
        return error(value)
    for kind, convert in _LEAVES.items():
        if isinstance(value, kind):
            return convert(value)
    return str(value)


def _number(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(value)


_LEAVES: dict[type, Callable[[Any], Any]] = {
    int: int,
    float: _number,
    date: lambda value: value.isoformat(),
    time: time.isoformat,
    timedelta: timedelta.total_seconds,
    bytes: lambda value: base64.b64encode(value).decode(),
}


def error(value: BaseException) -> dict[str, str]:
    """Return an exception as its class and its message."""
    if isinstance(value, WorkflowFailed):
        return {"type": value.type_name, "message": value.error_message}
    kind = type(value)
    return {"type": f"{kind.__module__}.{kind.__qualname__}", "message": str(value)}


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(plain(key))
