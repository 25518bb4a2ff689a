"""The database of the testing kit: the engine works on the test's own connection.

What is open when a test begins is the test's; only what it opens itself counts as a
caller's `atomic()`. Every thread of the process shares the test's connections
meanwhile, so that the asynchronous ORM and `asyncio.to_thread` see what the test sees.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace

from django.db import connections

from durable_engine.conf import Settings
from durable_engine.loops import beside_the_loop
from durable_engine.store.dialects import Session
from durable_engine.store.session import Store


class EmbeddedStore(Store):
    """Every session is the same one, on the connection of the test."""

    def __init__(self, settings: Settings, depths: dict[str, int]) -> None:
        """Take the test's connection.

        Args:
            settings: of the engine.
            depths: how many `atomic()` blocks of each alias are the test's own.
        """
        super().__init__(settings)
        self._depths = depths
        self._session: Session | None = None
        self._lock = threading.RLock()

    def alone(self) -> AbstractContextManager[object]:
        """Hold the connection that all threads share, for one `atomic()`.

        Two blocks of two threads would nest, and the outer one would take the inner
        one's rows with it when it is rolled back.
        """
        return self._lock

    def open(self, purpose: str, *, alias: str | None = None) -> Session:
        """Return the test's session, whatever it is wanted for."""
        del purpose, alias
        return self.borrow()

    def borrow(self) -> Session:
        """Return the test's session, connected anew if the test closed it."""
        wrapper = connections[self.alias]
        if self._session is None or self._session.raw is not wrapper.connection:
            with beside_the_loop():
                self._session = self.dialect.embed(wrapper, keep_state=self.keep_state)
        return self._session

    def in_callers_transaction(self, alias: str | None = None) -> bool:
        """Whether the program under test is inside an `atomic()` of its own."""
        alias = alias or self.alias
        return block_depth(alias) > self._depths.get(alias, 0)

    def anybody_in_transaction(self) -> bool:
        """Return False: no other thread has a connection of its own."""
        return False


def block_depth(alias: str) -> int:
    """Return how many `atomic()` blocks of an alias are open."""
    return len(connections[alias].atomic_blocks)


@contextmanager
def shared_connections() -> Iterator[dict[str, int]]:
    """Let every thread use the connections of this one.

    Yields:
        How many `atomic()` blocks are open on each alias.
    """
    own = vars(connections)["_connections"]
    all_of_them = connections.all()  # made, not connected
    for one in all_of_them:
        one.inc_thread_sharing()
    shared = SimpleNamespace(**{one.alias: one for one in all_of_them})
    vars(connections)["_connections"] = shared
    try:
        yield {one.alias: len(one.atomic_blocks) for one in all_of_them}
    finally:
        vars(connections)["_connections"] = own
        for one in all_of_them:
            one.dec_thread_sharing()
