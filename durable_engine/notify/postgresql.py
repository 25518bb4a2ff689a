"""Hints by LISTEN and NOTIFY, each on a connection of its own."""

import logging
import os
import selectors
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
        self._stop_end, self._stop = os.pipe()  # wakes the listener

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
                if backoff.failures == 0 and not self._stopping.is_set():
                    logger.warning("LISTEN lost, waiters poll meanwhile: %s", error)
                self._stopping.wait(backoff.next_seconds())
            finally:
                if session is not None:
                    session.close()
        os.close(self._stop_end)

    def _deliver(self, session: Session, received: Callable[[str], None]) -> None:
        """Wait on the socket; a ping finds a half-open connection, which says nothing."""
        connection = session.raw.pgconn
        with selectors.DefaultSelector() as selector:
            selector.register(connection.socket, selectors.EVENT_READ)
            selector.register(self._stop_end, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if not selector.select(_PING_SECONDS):
                    session.rows("clock_read", {})
                connection.consume_input()
                while (notice := connection.notifies()) is not None:
                    received(notice.extra.decode())

    def send(self, payload: str) -> None:
        """NOTIFY in a transaction of its own."""
        self._sender.run(
            lambda session: session.rows("notice_send", {"payload": payload})
        )

    def stop(self) -> None:
        """End `listen` at once, and close the sender."""
        if not self._stopping.is_set():
            self._stopping.set()
            os.close(self._stop)
        self._sender.close()
