"""The default serializer: JSON, with tags for what JSON does not have.

Payloads and errors of every workflow pass here, so most calls must cost less than a
microsecond: a value that is plain JSON already goes to orjson as it is, after a walk
that makes sure of it, and text without a tag is returned as orjson reads it.
"""

from math import isfinite
from types import NoneType
from typing import Any

import orjson

from durable_engine.errors import SerializationError
from durable_engine.serialization.classes import display_name
from durable_engine.serialization.refusal import MAX_DEPTH, Refusal, too_deep
from durable_engine.serialization.tagged import Packer, Unpacker
from durable_engine.serialization.text import clean

ROOT = "value"  # what a path begins with
_PATH_CHARACTERS = 400
_ATOMS = frozenset({str, int, bool, NoneType})


def _is_plain(value: Any, levels: int = MAX_DEPTH - 1) -> bool:
    """Say whether orjson writes a value that is no atom so that it reads back.

    Two things remain for the caller: orjson itself refuses large integers and lone
    surrogates, and a key that begins like a tag shows in the text.
    """
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        items = value.values()
    elif kind is list:
        items = value
    else:
        return kind is float and isfinite(value)
    for item in items:
        kind = type(item)
        if kind in _ATOMS or (kind is float and isfinite(item)):
            continue
        if not (levels and _is_plain(item, levels - 1)):
            return False
    return True


def write(node: Any) -> str:
    """Write what `Packer` made.

    Raises:
        SerializationError: It is nested too deeply, or has a name with lone surrogates.
    """
    try:
        return orjson.dumps(node).decode()
    except orjson.JSONEncodeError as error:
        reason = f"JSON cannot hold it: {error}."
        raise SerializationError(ROOT, type(node).__name__, reason) from error


class JSONSerializer:
    """JSON with tags; exact in type and value, and safe to read from any row."""

    name = "json"

    def dumps(self, value: object) -> str:
        """Write a value as one line of JSON.

        Raises:
            SerializationError: Something in it cannot be stored; ``path`` says where.
        """
        if type(value) in _ATOMS or _is_plain(value):
            try:
                text = orjson.dumps(value).decode()
            except orjson.JSONEncodeError:
                pass
            else:
                if '"~' not in text:  # in str, 20 ns; in bytes it would be 130
                    return text
        try:
            node = Packer().pack(value)
        except Refusal as refusal:
            raise _public(refusal) from refusal.__cause__
        except RecursionError as error:
            raise _public(too_deep(display_name(type(value)))) from error
        return write(node)

    def loads(self, text: str) -> object:
        """Rebuild the value.

        Raises:
            SerializationError: The text is not JSON, has an unknown or malformed tag, or
                names a class that this process has not imported.
        """
        try:
            node = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            reason = f"The stored text is not JSON: {error}."
            raise SerializationError(ROOT, self.name, reason) from error
        if '"~' not in text:
            return node
        try:
            return Unpacker().unpack(node)
        except Refusal as refusal:
            raise _public(refusal) from refusal.__cause__
        except RecursionError as error:
            raise _public(too_deep(self.name)) from error


def _public(refusal: Refusal) -> SerializationError:
    path = clean(ROOT + refusal.path, _PATH_CHARACTERS)
    return SerializationError(path, refusal.type_name, refusal.reason)
