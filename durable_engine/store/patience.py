"""Breaks connections whose statement gets no answer, so that its thread goes on.

A thread that waits in the driver cannot be interrupted, and the kernel ends such a wait
only where nothing acknowledges what was sent: behind a firewall, a pooler or a proxy
that lost the other end, or under a server that hangs, it lasts for ever. From another
thread the socket can be shut down. The statement then fails as one whose connection was
lost, which everybody here expects: it is tried again, and its rows are idempotent (I6).

Made by a store, which has every session of the engine's own watched.
"""

import logging
import threading
from weakref import WeakSet

from durable_engine.clock import monotonic
from durable_engine.daemons import started
from durable_engine.store.dialects import Session

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_JOIN_SECONDS = 2.0
_MOST_FACTOR = 16
_CALM_SECONDS = 600.0


class Patience:
    """How long the statements of one process may wait, and who waits.

    A server that is merely slow must be given the time it needs: each time a
    connection was broken, the next statement of its kind may wait twice as long, until
    nothing had to be broken for ten minutes.
    """

    def __init__(self, *, beat_seconds: float, other_seconds: float) -> None:
        """Watch nothing yet.

        Args:
            beat_seconds: how long a heartbeat may wait: a fraction of the lease.
            other_seconds: how long any other statement may.
        """
        self._seconds = {"beat": beat_seconds}
        self._other_seconds = other_seconds
        self._factors: dict[str, int] = {}
        self._broken_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._watched: WeakSet[Session] = WeakSet()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def watch(self, session: Session) -> None:
        """Look after a session until it is gone, or `stop`."""
        with self._lock:
            self._watched.add(session)
            if self._thread is None and not self._stopping.is_set():
                self._start()

    def _start(self) -> None:
        """Start the thread, or leave it to the next session; called under the lock."""
        try:
            self._thread = started(self._loop, "durable-patience")
        except RuntimeError as error:
            logger.warning("nobody looks after statements that hang: %s", error)

    def stop(self) -> None:
        """End the thread; sessions that are still open wait as long as they do."""
        with self._lock:
            self._stopping.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_JOIN_SECONDS)

    def _loop(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with self._lock:
                watched = list(self._watched)
                if not watched:
                    self._thread = None
                    return
            moment = monotonic()
            while watched:  # and nothing is kept from being collected
                try:
                    self._look(watched.pop(), moment)
                except Exception:
                    logger.exception("could not look after a statement")

    def _look(self, session: Session, moment: float) -> None:
        asked_at = session.asked_at
        if asked_at is None:
            return
        purpose = session.purpose
        if moment - self._broken_at.get(purpose, moment) > _CALM_SECONDS:
            self._factors.pop(purpose, None)
        factor = self._factors.get(purpose, 1)
        seconds = self._seconds.get(purpose, self._other_seconds) * factor
        if moment - asked_at < seconds:
            return
        if session.break_off(asked_at):
            self._factors[purpose] = min(factor * 2, _MOST_FACTOR)
            self._broken_at[purpose] = moment
            logger.warning(
                "no answer to a statement (%s) for %.1f s: its connection is given up",
                purpose,
                moment - asked_at,
            )
