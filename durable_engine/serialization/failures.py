"""Recorded errors: how a workflow's or step's exception is stored and given back.

The runtime stores what `encode_error` returns. Recording an error must never fail, or
the workflow could not end; so whatever cannot be stored is left out, and a record is
always JSON, whatever serializer is configured. `decode_error` gives back the exception
as its own class where that class is imported here and can be rebuilt, and
`WorkflowFailed` otherwise; it imports nothing and runs no constructor of a user's.
"""

import logging
import traceback
from dataclasses import dataclass

import orjson

from durable_engine.errors import SerializationError, WorkflowFailed
from durable_engine.serialization import sealing
from durable_engine.serialization.classes import display_name
from durable_engine.serialization.codec import Node
from durable_engine.serialization.contract import Serializer
from durable_engine.serialization.exceptions import build_exception
from durable_engine.serialization.tagged import Packer, Unpacker
from durable_engine.serialization.text import clean, safe_text

logger = logging.getLogger(__name__)

_CHAIN_ERRORS = 8
_NAME_CHARACTERS = 255
_TRACEBACK_FRAMES = 60
_TRACEBACK_CHARACTERS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedError:
    """What a recorded error says, without its class."""

    type_name: str  # the class, as "module.qualname"
    message: str
    traceback_text: str  # shortened in the middle where it is long; may be empty


def encode_error(
    error: BaseException, *, limit_bytes: int, serializer: Serializer | None = None
) -> str:
    """Write an error as it is stored; this raises no ``Exception``, whatever it meets.

    Args:
        error: Any exception.
        serializer: The configured one; if it encrypts payloads, errors are encrypted.
        limit_bytes: The greatest size of the result as UTF-8. Where everything does not
            fit, arguments, attributes, causes and most of the texts are left out.
    """
    if serializer is not None and serializer.name == sealing.NAME:
        return _sealed(error, limit_bytes)
    short_characters = limit_bytes // 32  # two texts, six bytes a character at worst
    for describe in (_full_record, _short_record):
        try:
            data = orjson.dumps(describe(error, short_characters))
        except Exception:
            name = type(error).__name__
            logger.warning(
                "An error of type %s cannot be stored whole", name, exc_info=True
            )
            continue
        if len(data) <= limit_bytes:
            return data.decode()
    return orjson.dumps({"type": _type_name(error)}).decode()


def decode_error(workflow_id: str, stored: str) -> Exception:
    """Rebuild a recorded error, or stand in for it; this never raises.

    Args:
        workflow_id: The workflow that recorded it, for `WorkflowFailed`.
        stored: What `encode_error` returned.
    """
    try:
        return _rebuild(workflow_id, orjson.loads(sealing.opened(stored)))
    except Exception:  # noqa: BLE001 - the row may hold anything
        recorded = read_error(stored)
        return WorkflowFailed(
            workflow_id, recorded.type_name, recorded.message, recorded.traceback_text
        )


def read_error(stored: str) -> RecordedError:
    """Read what a recorded error says, without its class; this never raises."""
    try:
        stored = sealing.opened(stored)
    except (SerializationError, ImportError) as error:
        message = f"The stored error is not readable: {error}"
        return RecordedError(type_name="unknown", message=message, traceback_text="")
    try:
        record = orjson.loads(stored)
        return RecordedError(
            type_name=str(record["type"]),
            message=str(record.get("message", "")),
            traceback_text=str(record.get("traceback", "")),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message = "The stored error is not readable: " + clean(stored, 200)
        return RecordedError(type_name="unknown", message=message, traceback_text="")


def _sealed(error: BaseException, limit_bytes: int) -> str:
    """Write an error encrypted; if that cannot be done, only that it happened."""
    room_bytes = limit_bytes * 3 // 4 - sealing.sealed_bytes(0)
    try:
        return sealing.sealed(encode_error(error, limit_bytes=room_bytes))
    except (SerializationError, ImportError) as failure:
        logger.warning("an error is recorded without its text: %s", failure)
        return orjson.dumps({"type": _type_name(error)}).decode()


def _full_record(error: BaseException, _characters: int) -> Node:
    return {
        **_chained_record(error, _CHAIN_ERRORS),
        "traceback": _traceback_text(error, _TRACEBACK_CHARACTERS),
    }


def _chained_record(error: BaseException, remaining: int) -> Node:
    record = {
        "type": _type_name(error),
        "message": safe_text(error),
        "error": Packer(lossy=True).pack(error),
    }
    if remaining and error.__cause__ is not None:
        record["cause"] = _chained_record(error.__cause__, remaining - 1)
    elif remaining and error.__context__ is not None and not error.__suppress_context__:
        record["context"] = _chained_record(error.__context__, remaining - 1)
    return record


def _short_record(error: BaseException, characters: int) -> Node:
    return {
        "type": _type_name(error),
        "message": clean(safe_text(error), characters),
        "traceback": _traceback_text(error, characters),
    }


def _type_name(error: BaseException) -> str:
    return clean(display_name(type(error)), _NAME_CHARACTERS)


def _traceback_text(error: BaseException, characters: int) -> str:
    try:
        lines = traceback.format_exception(error, limit=-_TRACEBACK_FRAMES)
    except Exception as failure:  # noqa: BLE001 - it calls what the user overrode
        return f"<formatting it raised {type(failure).__name__}>"
    return clean("".join(lines), characters)


def _rebuild(
    workflow_id: str, record: Node, remaining: int = _CHAIN_ERRORS
) -> Exception:
    try:
        error = build_exception(record["error"], Unpacker(workflow_id=workflow_id))
    except Exception:  # noqa: BLE001 - a constructor in C may raise anything
        error = WorkflowFailed(
            workflow_id,
            str(record["type"]),
            str(record["message"]),
            str(record.get("traceback", "")),
        )
    if remaining and "cause" in record:
        error.__cause__ = _rebuild(workflow_id, record["cause"], remaining - 1)
    elif remaining and "context" in record:
        error.__context__ = _rebuild(workflow_id, record["context"], remaining - 1)
    return error
