"""Codecs of the values that hold no other values: times, numbers, bytes, text, paths.

`tagged` picks them by exact type, and for a subclass by its nearest base, so each
packs through the base class's own methods and never through an override.
"""

import base64
import json
import pathlib
import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from durable_engine.serialization.codec import (
    Codec,
    Node,
    PackWalk,
    UnpackWalk,
    leaf,
)

_ZONE_KEY = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*")
_SHORT_INT_BITS = 2048  # 617 digits: below the least limit Python can be set to
_PATHS: dict[str, type[pathlib.PurePath]] = {
    path.__name__: path
    for path in (
        pathlib.PosixPath,
        pathlib.WindowsPath,
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
    )
}


def _clock_parts(node: Node, value: datetime | time) -> Node:
    """Add what is lost in ISO text: a zone's key, odd offsets, the second 2:30."""
    zone = value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        node["zone"] = zone.key
    elif zone is not None:
        offset = value.utcoffset()
        if offset is not None and offset.microseconds:
            # CPython reads an offset of less than a second as UTC.
            node["offset_microseconds"] = offset // timedelta(microseconds=1)
    if value.fold:
        node["fold"] = value.fold
    return node


def _zone(node: Node, written: tzinfo | None) -> tzinfo | None:
    if "offset_microseconds" in node:
        return timezone(timedelta(microseconds=node["offset_microseconds"]))
    if "zone" not in node:
        return written
    if not _ZONE_KEY.fullmatch(node["zone"]):
        message = "the time zone's key has characters that no key has"
        raise ValueError(message)
    return ZoneInfo(node["zone"])


def _pack_datetime(value: datetime, _walk: PackWalk) -> Node:
    node = {"~datetime": datetime.isoformat(value)}
    return _clock_parts(node, value)


def _unpack_datetime(node: Node, _walk: UnpackWalk) -> datetime:
    value = datetime.fromisoformat(node["~datetime"])
    if len(node) == 1:
        return value
    zone = _zone(node, value.tzinfo)
    return value.replace(tzinfo=zone, fold=node.get("fold", 0))


def _pack_time(value: time, _walk: PackWalk) -> Node:
    node = {"~time": time.isoformat(value)}
    return _clock_parts(node, value)


def _unpack_time(node: Node, _walk: UnpackWalk) -> time:
    value = time.fromisoformat(node["~time"])
    if len(node) == 1:
        return value
    zone = _zone(node, value.tzinfo)
    return value.replace(tzinfo=zone, fold=node.get("fold", 0))


def _pack_int(value: int) -> str:
    plain = int.__int__(value)
    return str(plain) if plain.bit_length() <= _SHORT_INT_BITS else hex(plain)


def _unpack_float(text: str) -> float:
    return {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[text]


def _unpack_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _pack_base64(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")


def _unpack_text(text: str) -> str:
    value = json.loads(text)
    if not isinstance(value, str):
        message = "the text is not a JSON string"
        raise TypeError(message)
    return value


def _pack_path(value: pathlib.PurePath, walk: PackWalk) -> Node:
    kind = next(base.__name__ for base in type(value).__mro__ if base in PATH_TYPES)
    return {"~path": walk.child(str(value), ""), "kind": kind}


def _unpack_path(node: Node, walk: UnpackWalk) -> pathlib.PurePath:
    return _PATHS[node["kind"]](walk.child(node["~path"], ""))


def _unpack_timedelta(parts: list[int]) -> timedelta:
    days, seconds, microseconds = parts
    return timedelta(days=days, seconds=seconds, microseconds=microseconds)


PATH_TYPES: frozenset[type] = frozenset(_PATHS.values())
BIG_INT = leaf("~int", _pack_int, lambda text: int(text, 0))
ODD_FLOAT = leaf("~float", float.__repr__, _unpack_float)
ODD_TEXT = leaf("~str", json.dumps, _unpack_text)
PATH = Codec(tag="~path", pack=_pack_path, unpack=_unpack_path)
LEAVES: dict[type[Any], Codec] = {
    datetime: Codec(tag="~datetime", pack=_pack_datetime, unpack=_unpack_datetime),
    date: leaf("~date", date.isoformat, date.fromisoformat),
    time: Codec(tag="~time", pack=_pack_time, unpack=_unpack_time),
    timedelta: leaf(
        "~timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        _unpack_timedelta,
    ),
    Decimal: leaf("~decimal", Decimal.__str__, Decimal),
    UUID: leaf("~uuid", UUID.__str__, UUID),
    bytes: leaf("~bytes", _pack_base64, _unpack_base64),
    bytearray: leaf(
        "~bytearray", _pack_base64, lambda text: bytearray(_unpack_base64(text))
    ),
}
