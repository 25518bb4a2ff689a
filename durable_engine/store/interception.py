"""Django's connections of this process: their statements, and who is in a block.

The engine's own connections and statements do not pass here: they go below Django's.
"""

import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]
Interceptor = Callable[[Execute, Any, Any, bool, dict[str, Any]], Any]

_lock = threading.Lock()
_known: WeakSet[BaseDatabaseWrapper] = WeakSet()


def intercept(interceptor: Interceptor) -> None:
    """Have every statement of this process's Django connections pass an interceptor.

    Connections get it as they connect; those that this thread has open, at once.
    Calling this again with the same function changes nothing.

    Args:
        interceptor: a wrapper as `connection.execute_wrapper` takes it; called for
            every statement of the project, so it must be quick.
    """

    def attach(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
        # First, not last: `with connection.execute_wrapper(…)` ends by removing the
        # last one, and a connection may be made inside such a block.
        if interceptor not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, interceptor)
        with _lock:
            _known.add(connection)

    connection_created.connect(attach, weak=False, dispatch_uid=interceptor)
    for connection in connections.all(initialized_only=True):
        attach(connection=connection)


def anybody_in_block(alias: str) -> bool:
    """Whether any thread of this process may be inside `atomic()` on an alias.

    A coroutine cannot look at the connection of the thread that runs its synchronous
    code; it asks that thread when this says yes. Its own block is never missed: it
    stays open while it asks.
    """
    with _lock:
        known = list(_known)
    return any(one.alias == alias and one.in_atomic_block for one in known)


def _unlock_after_fork() -> None:
    """A thread that the child does not have may hold the lock."""
    global _lock  # noqa: PLW0603 - one process has one lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_unlock_after_fork)
