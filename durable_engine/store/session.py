"""Connections of the engine: its own, and the caller's within `atomic()`.

The engine's own connections are made from the alias's settings through Django's
connection handler and then used as the driver's (half the cost a statement); each
belongs to one thread at a time. Nothing here keeps a global: whoever opens a
session closes it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from django.db import close_old_connections, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.conf import Settings
from durable_engine.errors import DurableError
from durable_engine.store.dialects import Dialect, Fault, Session, dialect_for
from durable_engine.store.interception import anybody_in_block
from durable_engine.store.patience import Patience

__all__ = [
    "Dialect",
    "Fault",
    "KeptSession",
    "Session",
    "Store",
    "close_connections",
    "connection_of",
    "dialect_for",
    "recycle_connections",
]

Answer = TypeVar("Answer")
_BOUNDED_TRIES = 5
_NOBODY_ELSE = nullcontext()
_LEAST_PATIENCE_SECONDS = 5.0


class Store:
    """The engine's database: how to reach it and what its failures mean."""

    def __init__(self, settings: Settings) -> None:
        self.alias = settings.database
        self.keep_state = settings.session_state_allowed
        self.dialect: Dialect = dialect_for(connections[self.alias].vendor)
        self._patience = Patience(
            beat_seconds=settings.lease_seconds / 3,
            other_seconds=max(settings.lease_seconds / 2, _LEAST_PATIENCE_SECONDS),
        )

    def open(self, purpose: str, *, alias: str | None = None) -> Session:
        """Return a new session of the engine's own; the caller closes it.

        Raises:
            RuntimeError: a test that was given no database may open none (pytest-django;
                Django's own error in its `SimpleTestCase`).
        """
        wrapper = connections.create_connection(alias or self.alias)
        _ask_for_leave(wrapper)
        return self.dialect.open(
            wrapper,
            purpose=purpose,
            keep_state=self.keep_state or alias is not None,
            watch=self._patience.watch,
        )

    def in_callers_transaction(self, alias: str | None = None) -> bool:
        """Whether this thread is inside `atomic()` on an alias, default the engine's."""
        return connections[alias or self.alias].in_atomic_block

    def borrow(self) -> Session:
        """Return a session on the caller's connection, in the caller's transaction."""
        return self.dialect.borrow(connections[self.alias])

    def anybody_in_transaction(self) -> bool:
        """Whether any thread of this process may be inside `atomic()` here."""
        return anybody_in_block(self.alias)

    def savepoint(self) -> AbstractContextManager[object]:
        """Undo at an error what the block wrote to the caller's transaction."""
        return transaction.atomic(using=self.alias)

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Run a callback after the caller's transaction commits.

        Its failure would be logged: the caller's own callbacks come to their turn.
        """
        run = lambda: callback() and None  # noqa: E731 - for Django's types
        transaction.on_commit(run, using=self.alias, robust=True)

    def classify(self, error: BaseException) -> Fault:
        """Say what an exception of a statement means (I6)."""
        return self.dialect.classify(error)

    def explained(self, error: Exception) -> Exception:
        """Return what a first mistake comes to as an error that says the mend."""
        if not self.dialect.lacks_tables(error):
            return error
        said = str(error).strip().partition("\n")[0]
        return DurableError(
            f"The database of the alias {self.alias!r} lacks tables or columns of the "
            f"engine ({said}). Run: manage.py migrate --database {self.alias}"
        )

    def close(self) -> None:
        """End what looks after sessions; who opened one closes it."""
        self._patience.stop()

    def turn(self) -> AbstractContextManager[object]:
        """Hold this process's turn to write, where writers must take turns."""
        return self.dialect.exclusive(self.alias)

    def alone(self) -> AbstractContextManager[object]:
        """Keep other threads off this one's connection: nobody shares it."""
        return _NOBODY_ELSE


class KeptSession:
    """One session that is opened when needed and again after it broke.

    For the engine's background services and for reads: `run` passes faults on to
    its caller, having closed the connection where that is what they mean.
    """

    def __init__(self, store: Store, purpose: str) -> None:
        self._store = store
        self._purpose = purpose
        self._session: Session | None = None

    def run(self, work: Callable[[Session], Answer], *, writes: bool = True) -> Answer:
        """Call `work` with the session; it may be called again after a conflict."""
        tries = 0
        while True:
            try:
                session = self._session  # which `close` of another thread takes away
                if session is None:
                    session = self._session = self._store.open(self._purpose)
                if not writes:
                    return work(session)
                with self._store.turn():
                    return work(session)
            except Exception as error:
                fault = self._store.classify(error)
                if fault is Fault.TRANSIENT:
                    self.close()
                tries += 1
                again = fault in (Fault.CONFLICT, Fault.BOUNDED)
                if not again or tries >= _BOUNDED_TRIES:
                    explained = self._store.explained(error)
                    if explained is error:
                        raise
                    raise explained from error
            except BaseException:
                self.close()  # interrupted, perhaps between two statements of one work
                raise

    def close(self) -> None:
        """Close the connection if there is one."""
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _ask_for_leave(wrapper: BaseDatabaseWrapper) -> None:
    """Raise what Django's own connection would where connections are forbidden.

    Test runners forbid them by another `ensure_connection`: without it a test that was
    given no database would write to that of the project, for its name is still the
    real one. It is called on a wrapper that does not connect: ours goes by the driver.
    """
    wrapper.connect = _stay_away  # type: ignore[method-assign]
    try:
        wrapper.ensure_connection()
    finally:
        del wrapper.connect


def _stay_away() -> None:
    """Connect nowhere."""


def recycle_connections() -> None:
    """Close this thread's Django connections that are broken or too old.

    Called around every workflow, step and wait in threads that the engine owns;
    inside a transaction it does nothing.
    """
    close_old_connections()


def close_connections() -> None:
    """Close this thread's Django connections, whatever their age.

    Called by threads that the engine owns before they wait: waiting workflows are
    many, and each would keep one. One inside a transaction stays.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def connection_of(alias: str) -> BaseDatabaseWrapper:
    """Return this thread's Django connection of an alias: the user's, not ours."""
    return connections[alias]
