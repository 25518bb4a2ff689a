"""Calls the receivers of signals where they can do no harm.

Receivers are the project's code: they may be slow, query the database, start
workflows. They are never called by who flushes the journal, and never stand in a
workflow's body: a durable call of theirs takes no position there.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from django.dispatch import Signal

from durable_engine.daemons import started
from durable_engine.runtime.context import outside_workflow
from durable_engine.store.session import recycle_connections

logger = logging.getLogger(__name__)

_STOP_SECONDS = 5.0
_MOST_WAITING = 10_000


class Announcement:
    """A signal to be sent; an instruction that waits until every receiver returned."""

    __slots__ = ("arguments", "sender", "signal")

    def __init__(self, signal: Signal, sender: type, arguments: dict[str, Any]) -> None:
        self.signal = signal
        self.sender = sender
        self.arguments = arguments

    def block(self) -> None:
        """Call the receivers on this thread; coroutines on a loop of their own."""
        with outside_workflow():
            self.signal.send_robust(self.sender, **self.arguments)

    async def resolve(self) -> None:
        """Await the receivers; synchronous ones run beside the loop."""
        with outside_workflow():
            await self.signal.asend_robust(self.sender, **self.arguments)


class Announcer:
    """One thread that sends, in order, what must not be sent where it happened.

    Started by the first announcement. What waits for slow receivers is bounded (I7):
    what comes while too much waits is dropped, counted and logged. A stop in order
    loses none of the rest, but those that come after a receiver which takes longer
    than a few seconds.
    """

    def __init__(self, *, most_waiting: int = _MOST_WAITING) -> None:
        """Start nothing yet.

        Args:
            most_waiting: how many announcements wait before one is dropped.
        """
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._dropped = 0  # since the queue was last short
        self.dropped = 0

    def submit(self, send: Callable[[], None]) -> None:
        """Have something sent soon; returns at once, and raises nothing."""
        with self._lock:
            if self._queue.qsize() >= self._most_waiting:
                self._drop()
            else:
                self._queue.put(send)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        """Start the thread; called under the lock."""
        try:
            self._thread = started(self._serve, "durable-signals")
        except RuntimeError as error:
            logger.warning("signals wait for a thread to send them: %s", error)

    def _drop(self) -> None:
        """Count an announcement that nobody will hear; called under the lock."""
        self.dropped += 1
        self._dropped += 1
        if self._dropped == 1:
            logger.warning(
                "%d signals wait for slow receivers: those that come are dropped",
                self._most_waiting,
            )

    def _serve(self) -> None:
        while (send := self._queue.get()) is not None:
            try:
                recycle_connections()
                send()
            except BaseException:  # SystemExit of a receiver must not end the thread
                logger.exception("a receiver broke out of its signal")
            finally:
                recycle_connections()
            if self._dropped and self._queue.qsize() <= self._most_waiting // 2:
                self._catch_up()

    def _catch_up(self) -> None:
        """Say how many were dropped, now that others are heard again."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        logger.warning("%d signals were dropped: their receivers are slow", dropped)

    def stop(self) -> None:
        """Send what is left, for a while, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._queue.put(None)
        if thread is not threading.current_thread():
            thread.join(_STOP_SECONDS)
