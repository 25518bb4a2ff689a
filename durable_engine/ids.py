"""Workflow ids: making new ones and checking those that users give."""

import os
import socket
import threading
import uuid
from hashlib import blake2b

from durable_engine.clock import wall_epoch

MAX_ID_LENGTH = 255
_KEPT_LENGTH = 200

_lock = threading.Lock()
_last_tick = 0


def new_workflow_id() -> str:
    """Return a new time-ordered UUID (version 7) as text.

    Guarantees: ids made by one process are strictly increasing.
    Source: RFC 9562 section 5.7, method 3 (sub-millisecond precision).
    """
    global _last_tick  # noqa: PLW0603 - the order of ids is per process
    # 12 bits of a millisecond: ticks of about 244 ns.
    tick = int(wall_epoch() * 4096000.0)
    with _lock:
        if tick <= _last_tick:
            tick = _last_tick + 1
        _last_tick = tick
    milliseconds, fraction = divmod(tick, 4096)
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (
        (milliseconds & ((1 << 48) - 1)) << 80
        | 0x7 << 76
        | fraction << 64
        | 0b10 << 62
        | random_bits
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def id_of_child(parent_id: str, position: int) -> str:
    """Return the id of what a workflow starts at a position: `{parent}-{position}`.

    Where that is too long for an id, a hash stands for the end of the parent's.
    """
    plain = f"{parent_id}-{position}"
    if len(plain) <= MAX_ID_LENGTH:
        return plain
    digest = blake2b(parent_id.encode(), digest_size=8).hexdigest()
    return f"{parent_id[:_KEPT_LENGTH]}~{digest}-{position}"


def _unlock_after_fork() -> None:
    """A thread that the child does not have may hold the lock."""
    global _lock  # noqa: PLW0603 - one process has one lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_unlock_after_fork)


def is_key(value: object) -> bool:
    """Whether the tables can hold this id, key or name: else nothing has it.

    Raises:
        TypeError: it is not a string.
    """
    if not isinstance(value, str):
        message = f"an id or name must be a str, not {type(value).__name__}: {value!r}"
        raise TypeError(message)
    return 1 <= len(value) <= MAX_ID_LENGTH and value.isprintable()


def new_executor_id() -> str:
    """Return `host:pid:random`, new at every boot of a process (never reused)."""
    host = socket.gethostname()[:128]
    return f"{host}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def check_workflow_id(workflow_id: str) -> str:
    """Return the id unchanged if it is 1 to 255 printable characters.

    Raises:
        ValueError: it is empty, too long, blank, or holds control characters.
        TypeError: it is not a string.
    """
    return check_key(workflow_id, what="a workflow id")


def check_key(value: object, *, what: str) -> str:
    """Return a user's id, key, topic or name if the tables can hold it.

    Raises:
        ValueError: not 1 to 255 printable characters, or only blanks.
        TypeError: not a string.
    """
    if not isinstance(value, str):
        message = f"{what} must be a str, not {type(value).__name__}: {value!r}"
        raise TypeError(message)
    if not 1 <= len(value) <= MAX_ID_LENGTH or not value.strip():
        shown = value if len(value) <= 40 else f"{value[:40]}…"
        message = (
            f"{what} must have 1 to {MAX_ID_LENGTH} characters that are not all "
            f"blank; {shown!r} has {len(value)}"
        )
        raise ValueError(message)
    if not value.isprintable():
        message = f"{what} must hold printable characters only: {value!r}"
        raise ValueError(message)
    return value
