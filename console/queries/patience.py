"""A limit on the time of reading: a page that asks for too much says so, in time.

Called by queries whose cost depends on what somebody typed. Nothing is written here.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.models import Workflow

_CANCELLED = "57014"  # PostgreSQL's code for a statement that its limit ended
_STEPS = 20_000  # of SQLite's machine between two looks at the clock: about a ms


class TooSlow(Exception):  # noqa: N818 - a statement about the query
    """The query was given up: it would have taken too long."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Give up what is read from the system tables in the block after a time.

    Each statement has the time for itself on PostgreSQL, the block as a whole on
    SQLite. Inside a transaction of the caller, that goes on.

    Raises:
        TooSlow: the time was over.
    """
    connection = transaction.get_connection(Workflow.objects.all().db)
    limit = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    try:
        with limit(connection, seconds):
            yield
    except OperationalError as error:
        if _is_ours(error.__cause__):
            raise TooSlow from error
        raise


@contextmanager
def _on_postgresql(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    # Local to the transaction, so that no pooler carries it to another session.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = cursor.fetchone()[0]
        _set(cursor, str(max(round(seconds * 1000), 1)))  # 0 would mean no limit
        yield
        _set(cursor, before)


def _set(cursor: object, limit: str) -> None:
    execute = getattr(cursor, "execute")  # noqa: B009 - cursors have no common type
    execute("SELECT set_config('statement_timeout', %s, true)", [limit])


@contextmanager
def _on_sqlite(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    end = monotonic() + seconds
    connection.connection.set_progress_handler(lambda: monotonic() > end, _STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def _is_ours(cause: BaseException | None) -> bool:
    if getattr(cause, "sqlstate", None) == _CANCELLED:
        return True
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


class Rest:
    """Remembers what took too long, so that live pages do not ask again at once."""

    def __init__(self, seconds: float, *, most: int = 256) -> None:
        self._seconds = seconds
        self._most = most
        self._until: dict[str, float] = {}

    def of(self, key: str) -> bool:
        """Tell whether this rests now."""
        return self._until.get(key, 0.0) > monotonic()

    def begin(self, key: str) -> None:
        """Let this rest from now on."""
        if len(self._until) >= self._most:
            self._until.clear()
        self._until[key] = monotonic() + self._seconds
