"""The stored form of a payload: which serializer wrote it, and how large it may be.

The runtime and the client store what `encode` and `encode_inputs` return. JSON is
stored as it is, so that it can be read with any tool; another serializer's text is
stored as ``!name!text``, which no JSON text begins with. An encrypted payload holds
one of these, see `sealing`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from durable_engine.errors import PayloadTooLarge, SerializationError
from durable_engine.serialization.classes import display_name
from durable_engine.serialization.contract import Serializer
from durable_engine.serialization.sealing import is_sealed, opened
from durable_engine.serialization.tagged_json import ROOT, JSONSerializer
from durable_engine.serialization.text import is_unicode, safe_text

_JSON = JSONSerializer()
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def encode(
    serializer: Serializer, value: object, *, what: str, limit_bytes: int
) -> str:
    """Write a value as it is stored.

    Args:
        serializer: The configured one.
        value: Any value.
        what: What it is, for messages, such as ``"the output of shop.checkout"``.
        limit_bytes: The greatest size of the result as UTF-8.

    Returns:
        Text without NUL characters and lone surrogates.

    Raises:
        SerializationError: The value cannot be stored; ``path`` says where in it.
        PayloadTooLarge: The text would be larger than the limit.
    """
    try:
        text = serializer.dumps(value)
    except SerializationError as error:
        reason = f"{error.reason} Nothing was stored of {what}."
        raise SerializationError(error.path, error.type_name, reason) from error
    except Exception as error:
        reason = (
            f"Serializer {serializer.name!r} raised {type(error).__name__}: "
            f"{safe_text(error)}. Nothing was stored of {what}."
        )
        raise SerializationError(ROOT, display_name(type(value)), reason) from error
    text = tagged(serializer, text)
    size_bytes = len(text) if text.isascii() else len(text.encode())
    if size_bytes > limit_bytes:
        raise PayloadTooLarge(what, size_bytes, limit_bytes)
    return text


def decode(serializer: Serializer, stored: str) -> Any:
    """Rebuild a stored value.

    JSON is read whatever serializer is configured, and decrypted if it is encrypted;
    any other payload only by the configured serializer, and only if it has the name
    that the payload was stored with.

    Raises:
        SerializationError: It was written by another serializer, is encrypted under an
            unknown key, or cannot be rebuilt in this process.
    """
    if is_sealed(stored):
        stored = opened(stored)
        serializer = getattr(serializer, "inner", serializer)
    name = serializer_name(stored)
    if name == serializer.name:
        reader = serializer
    elif name == JSONSerializer.name:
        reader = _JSON
    else:
        reason = (
            f"The payload was written by serializer {name!r} and this process is "
            f"configured with {serializer.name!r}, so it was not read. Set "
            "DURABLE_ENGINE['SERIALIZER'] to the serializer of that name."
        )
        raise SerializationError(ROOT, name, reason)
    try:
        return reader.loads(stored if name == _JSON.name else stored[len(name) + 2 :])
    except SerializationError:
        raise
    except Exception as error:
        kind = type(error).__name__
        reason = f"Serializer {name!r} raised {kind}: {safe_text(error)}."
        raise SerializationError(ROOT, name, reason) from error


def encode_inputs(
    serializer: Serializer,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    limit_bytes: int,
    *,
    what: str = "the inputs",
) -> str:
    """Write a call's arguments as they are stored, ``{"args": [...], "kwargs": {...}}``.

    Raises:
        SerializationError: An argument cannot be stored; ``path`` begins with
            ``args[0]`` or ``kwargs["name"]``.
        PayloadTooLarge: The text would be larger than the limit.
    """
    inputs = {"args": [*args], "kwargs": kwargs}
    try:
        return encode(serializer, inputs, what=what, limit_bytes=limit_bytes)
    except SerializationError as error:
        raise _from_inputs(error) from error.__cause__


def decode_inputs(
    serializer: Serializer, stored: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Rebuild a call's arguments.

    Raises:
        SerializationError: As `decode`, or the payload does not hold arguments.
    """
    try:
        inputs = decode(serializer, stored)
    except SerializationError as error:
        raise _from_inputs(error) from error.__cause__
    try:
        return tuple(inputs["args"]), inputs["kwargs"]
    except (KeyError, TypeError, IndexError) as error:
        kind = display_name(type(inputs))
        reason = "The payload does not hold a call's arguments, {args, kwargs}."
        raise SerializationError(ROOT, kind, reason) from error


def serializer_name(stored: str) -> str:
    """Say which serializer wrote a payload, without reading it."""
    if not stored.startswith("!"):
        return JSONSerializer.name
    return stored[1:].partition("!")[0]


def peek(stored: str) -> Any:
    """Return a stored payload as plain JSON data, to be shown and not to be used.

    Tags stay as they are, so nothing is rebuilt and no class is needed.

    Returns:
        ``None`` for a payload that is not JSON.
    """
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return None


def tagged(serializer: Serializer, text: str) -> str:
    """Put its name before the text of a serializer, unless it is JSON.

    Raises:
        SerializationError: No database holds the text.
        ValueError: The serializer's name could not be read back.
    """
    if serializer.name == JSONSerializer.name:
        return text
    if not _NAME.fullmatch(serializer.name):
        message = (
            f"The name {serializer.name!r} of {display_name(type(serializer))} must be "
            "1 to 31 lower-case letters, digits, '_' or '-', a letter first."
        )
        raise ValueError(message)
    if "\x00" in text or not is_unicode(text):
        reason = (
            f"Serializer {serializer.name!r} wrote a NUL character or a lone surrogate, "
            "which a database cannot hold. Let it write base64."
        )
        raise SerializationError(ROOT, serializer.name, reason)
    return f"!{serializer.name}!{text}"


def _from_inputs(error: SerializationError) -> SerializationError:
    """Let the path begin with the argument that it leads to."""
    path = error.path
    for part in ("args", "kwargs"):
        prefix = f'{ROOT}["{part}"]'
        if path.startswith(prefix):
            path = part + path.removeprefix(prefix)
    return SerializationError(path, error.type_name, error.reason)
