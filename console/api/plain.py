"""Values of workflows as plain JSON, for programs in any language.

What JSON does not have is written as text, numbers, lists and objects that say the same
to a reader; the engine's own tags never leave the database.
"""

import base64
import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

_AS_TEXT = (Decimal, UUID, PurePath)


def plain(value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 - one branch a kind of value
    """Write a decoded value with what JSON has."""
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value)
        case str() | int():
            return value
        case float():
            return value if isfinite(value) else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case Mapping():
            return {_key(key): plain(one) for key, one in value.items()}
        case tuple() if hasattr(value, "_fields"):
            return {name: plain(getattr(value, name)) for name in value._fields}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
        case BaseException():
            return {"type": _type_name(value), "message": str(value)}
    return _object(value)


class PlainJSON(BaseRenderer):
    """Renders answers; instants keep their microseconds, integers their digits."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Write an answer."""
        del request, response_status
        try:
            return orjson.dumps(data)
        except TypeError:
            # Integers of more than 64 bits, lone surrogates, more than 254 levels.
            return json.dumps(data, default=plain).encode()


def _object(value: Any) -> Any:
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    return f"<{_type_name(value)}>"


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    found = plain(key)
    return found if isinstance(found, str) else json.dumps(found)


def _type_name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
