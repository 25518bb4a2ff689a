"""Requests that wait: how many at once, and with what they give back meanwhile.

A waiting request holds a coroutine and its connection to the client (ASGI), or one of
the few threads of the server (WSGI); their number is bounded, per process and per
caller. Who finds no place is told to come back (429): nothing is queued.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.sync import SyncToAsync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import (
    close_old_connections,
    connections,  # noqa: TID251 - they are closed, nothing is asked
)
from django.http import HttpRequest

from console.api.callers import Caller
from console.api.problems import Problem
from console.conf import API_WAITERS, API_WAITERS_EACH, API_WAITERS_WSGI


class WaitingRoom:
    """The places of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(
        self, caller: Caller, *, most: int, each: int = API_WAITERS_EACH
    ) -> Iterator[None]:
        """Hold a place in the block.

        Args:
            caller: who waits.
            most: places of this kind in the process.
            each: places of one caller.

        Raises:
            Problem: 429, all places are taken.
        """
        with self._lock:
            if self._taken.total() >= most or self._taken[caller.ident] >= each:
                raise Problem(
                    429,
                    "Too many requests wait already; ask again in a moment.",
                    kind="too-many-waiters",
                    headers={"Retry-After": "1"},
                )
            self._taken[caller.ident] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[caller.ident] -= 1
                self._taken += Counter()  # forget who has none


room = WaitingRoom()
"""The waiting room of this process."""


def places(request: HttpRequest) -> int:
    """Return how many requests of this kind of server may wait at once."""
    return API_WAITERS if isinstance(request, ASGIRequest) else API_WAITERS_WSGI


async def give_back_thread() -> None:
    """Let go of this request's thread and its connections while it waits.

    Django's ASGI handler gives each request a thread of its own for synchronous code.
    It ends here, with its connections; what follows gets a new one. Where requests
    share a thread (WSGI, tests), only connections that Django would close at the end
    of a request are closed.
    """
    own = SyncToAsync.thread_sensitive_context.get(None)
    if own is None:
        await sync_to_async(close_old_connections)()
        return
    await sync_to_async(connections.close_all)()
    # The thread ends when nobody refers to its executor any more.
    SyncToAsync.context_to_thread_executor.pop(own, None)
