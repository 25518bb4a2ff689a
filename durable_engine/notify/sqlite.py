"""Hints by rows of a small table, noticed through `PRAGMA data_version`.

The pragma changes when another connection commits; reading it touches no page of
the file. Only then is the table of hints read.
"""

import logging
import threading
from collections.abc import Callable

from durable_engine.notify.base import Transport
from durable_engine.retries import Backoff
from durable_engine.store.session import KeptSession, Session, Store

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.01


class SQLiteTransport(Transport):
    """One connection watches the file; another one writes hints."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sender = KeptSession(store, "notify")
        self._stopping = threading.Event()

    def listen(
        self,
        received: Callable[[str], None],
        reconnected: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        """Watch the file until stopped; a lost connection is made again."""
        backoff = Backoff()
        while not self._stopping.is_set():
            session: Session | None = None
            try:
                session = self._store.open("listen")
                last_id = session.rows("notice_last", {})[0][0] or 0
                reconnected()
                backoff.reset()
                self._watch(session, last_id, received)
            except Exception as error:  # noqa: BLE001 - logged, and tried again
                lost()
                if backoff.failures == 0:
                    logger.warning("hints lost, waiters poll meanwhile: %s", error)
                self._stopping.wait(backoff.next_seconds())
            finally:
                if session is not None:
                    session.close()

    def _watch(
        self, session: Session, last_id: int, received: Callable[[str], None]
    ) -> None:
        seen = None
        while not self._stopping.wait(_TICK_SECONDS):
            version = session.raw.execute("PRAGMA data_version").fetchone()
            if version == seen:
                continue
            seen = version
            for number, payload in session.rows("notices_read", {"last_id": last_id}):
                last_id = number
                received(payload)

    def send(self, payload: str) -> None:
        """Insert a row that the watchers of other processes will read."""
        self._sender.run(
            lambda session: session.rows("notice_send", {"payload": payload})
        )

    def stop(self) -> None:
        """End `listen` within a tick, and close the sender."""
        self._stopping.set()
        self._sender.close()
