"""Starts that wait for somebody's transaction, written apart from the journal.

Another transaction has inserted the same id, or the same deduplication id, and not
ended yet: a start joined to a slow `atomic()`. In the journal every row of the process
would wait with it.

Called by the journal. Its thread lives while something waits, tries one after the other
again and again, and none of them for long, so that none waits for another one's
transaction.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from durable_engine.clock import monotonic
from durable_engine.daemons import started
from durable_engine.errors import EngineStopped
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.writer import Writer

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.05
_JOIN_SECONDS = 2.0
_STOPPED = "another transaction holds the id of a start"


class Aside:
    """The starts of one process that wait, and the thread that tries them."""

    def __init__(
        self,
        writer: Writer,
        *,
        stopping: threading.Event,
        wake: Callable[[Sequence[Entry]], object],
    ) -> None:
        """Wait for nothing yet.

        Args:
            writer: of its own, which sets nothing aside.
            stopping: set when the process stops: what waits then fails.
            wake: wakes who waits for those of the entries that are done.
        """
        self._writer = writer
        self._stopping = stopping
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []
        self._thread: threading.Thread | None = None

    def add(self, entries: Sequence[Entry]) -> bool:
        """Take entries over; False when no thread is to be had for them just now."""
        with self._lock:
            if self._thread is None:
                try:
                    self._thread = started(self._serve, "durable-aside")
                except RuntimeError as error:
                    logger.warning("starts hold up the journal: %s", error)
                    return False
            self._waiting.extend(entries)
        return True

    def _serve(self) -> None:
        while entries := self._left():
            for entry in entries:
                self._try(entry)
                if self._stopping.is_set() and not entry.done:
                    entry.failure = EngineStopped(reason=_STOPPED)
                if entry.done:
                    self._wake([entry])
            self._stopping.wait(_PAUSE_SECONDS)

    def _left(self) -> list[Entry]:
        """Return what still waits; forget thread and session when nothing does."""
        with self._lock:
            self._waiting = [entry for entry in self._waiting if not entry.done]
            if not self._waiting:
                self._writer.drop_session()  # before another thread may use the writer
                self._thread = None
            return list(self._waiting)

    def _try(self, entry: Entry) -> None:
        """Write an entry if it need not wait; one that was withdrawn is left."""
        if entry.done:
            return
        try:
            self._writer.write([entry], until=monotonic())
        except Exception as error:
            logger.exception("a start could not be written")
            entry.failure = error

    def stop(self) -> None:
        """End the thread; what waits fails."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(_JOIN_SECONDS)
