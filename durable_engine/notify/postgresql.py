"""Hints by LISTEN and NOTIFY, each on a connection of its own."""

import logging
import threading
from collections.abc import Callable

import psycopg

from durable_engine.notify.base import Transport
from durable_engine.retries import Backoff
from durable_engine.store.session import KeptSession, Session, Store

logger = logging.getLogger(__name__)

_PING_SECONDS = 5.0


class PostgreSQLTransport(Transport):
    """LISTEN on `listen_alias`; NOTIFY on the engine's alias.

    NOTIFY never runs in a hot or user transaction: it serialises commits over the
    whole cluster.
    """

    def __init__(self, store: Store, listen_alias: str) -> None:
        self._store = store
        self._listen_alias = listen_alias
        self._sender = KeptSession(store, "notify")
        self._stopping = threading.Event()

    def listen(
        self, received: Callable[[str], None], reconnected: Callable[[], None]
    ) -> None:
        """LISTEN until stopped; a lost connection is made again."""
        backoff = Backoff()
        while not self._stopping.is_set():
            session: Session | None = None
            try:
                session = self._store.open("listen", alias=self._listen_alias)
                session.raw.execute("LISTEN durable_engine")
                reconnected()
                backoff.reset()
                self._deliver(session, received)
            except psycopg.Error as error:
                if backoff.failures == 0:
                    logger.warning("LISTEN lost, waiters poll meanwhile: %s", error)
                self._stopping.wait(backoff.next_seconds())
            finally:
                if session is not None:
                    session.close()

    def _deliver(self, session: Session, received: Callable[[str], None]) -> None:
        waited = 0.0
        while not self._stopping.is_set():
            heard = False
            for notice in session.raw.notifies(timeout=0.5, stop_after=1):
                received(notice.payload)
                heard = True
            waited = 0.0 if heard else waited + 0.5
            if waited >= _PING_SECONDS:
                # A half-open connection says nothing for ever; a ping finds out.
                session.raw.execute("SELECT 1")
                waited = 0.0

    def send(self, payload: str) -> None:
        """NOTIFY in a transaction of its own."""
        self._sender.run(
            lambda session: session.rows("notice_send", {"payload": payload})
        )

    def stop(self) -> None:
        """End `listen` within half a second, and close the sender."""
        self._stopping.set()
        self._sender.close()
