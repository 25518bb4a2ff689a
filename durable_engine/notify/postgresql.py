"""Hints by LISTEN and NOTIFY, each on a connection of its own."""

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
        self._lock = threading.Lock()
        self._stop: socket.socket | None = None  # while somebody listens

    def listen(
        self,
        received: Callable[[str], None],
        reconnected: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        """LISTEN until stopped; a lost connection is made again."""
        backoff = Backoff()
        with self._told_to_stop() as told:
            while not self._stopping.is_set():
                session: Session | None = None
                try:
                    session = self._store.open("listen", alias=self._listen_alias)
                    session.raw.execute("LISTEN durable_engine")
                    reconnected()
                    backoff.reset()
                    self._deliver(session, told, received)
                except Exception as error:  # noqa: BLE001 - logged, and tried again
                    lost()
                    if backoff.failures == 0 and not self._stopping.is_set():
                        logger.warning("LISTEN lost, waiters poll meanwhile: %s", error)
                    self._stopping.wait(backoff.next_seconds())
                finally:
                    if session is not None:
                        session.close()

    @contextmanager
    def _told_to_stop(self) -> Iterator[socket.socket]:
        """Give a socket that can be read from once `stop` was called."""
        told, stop = socket.socketpair()
        with told, stop:
            with self._lock:
                self._stop = stop
            try:
                yield told
            finally:
                with self._lock:
                    self._stop = None

    def _deliver(
        self, session: Session, told: socket.socket, received: Callable[[str], None]
    ) -> None:
        """Wait on the socket; a ping finds a half-open connection, which says nothing."""
        connection = session.raw.pgconn
        with selectors.DefaultSelector() as selector:
            selector.register(connection.socket, selectors.EVENT_READ)
            selector.register(told, selectors.EVENT_READ)
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
        self._stopping.set()
        with self._lock:
            if self._stop is not None:
                self._stop.close()
        self._sender.close()
