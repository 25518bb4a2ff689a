"""What was read a moment ago, for everybody who asks: one query, however many pages.

Several threads of a process may ask at once; one reads, the others get what it read.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.transaction import get_connection

from durable_engine.clock import monotonic
from durable_engine.conf import settings

T = TypeVar("T")

_MOST_KEYS = 64


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    read_at: float = 0.0
    value: Any = None
    known: bool = False


_entries: dict[Hashable, _Entry] = {}
_guard = threading.Lock()


def recent(key: str, fresh_seconds: float, read: Callable[[], T]) -> T:
    """Return what `read` answered at most so many seconds ago, or answers now.

    Args:
        key: what is read; it must name all that the answer depends on.
        fresh_seconds: how old the answer may be; 0: it is read now, for others too.
        read: asked by one thread at a time; what it raises is raised here.
    """
    entry = _entry((key, _database()))
    with entry.lock:
        if not entry.known or monotonic() - entry.read_at >= fresh_seconds:
            entry.value = read()
            entry.read_at, entry.known = monotonic(), True
        found: T = entry.value
    return found


def _entry(key: Hashable) -> _Entry:
    with _guard:
        if key not in _entries and len(_entries) >= _MOST_KEYS:
            _entries.pop(next(iter(_entries)))
        return _entries.setdefault(key, _Entry())


def _database() -> str:
    """Name the database, so that a process that changes it does not mix two up."""
    alias = settings().database
    return f"{alias} {get_connection(alias).settings_dict['NAME']}"
