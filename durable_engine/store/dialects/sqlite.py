"""SQLite 3.38 and later: one file, one writer at a time, one machine's clock."""

import os
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, cast

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.store.dialects.base import (
    Dialect,
    Fault,
    Parameters,
    Row,
    Session,
    driver_error,
    fields,
)
from durable_engine.store.dialects.sqlite_values import add_functions, bound_statement

_CONFLICT_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_TRANSIENT_CODES = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
}
_BUSY_MILLISECONDS = 20_000

_PAUSES_SECONDS = (0.001, 0.01, 0.1, 1.0)

_BLOCK = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_NESTED = (
    "SAVEPOINT durable_embedded",
    "RELEASE SAVEPOINT durable_embedded",
    (
        "ROLLBACK TO SAVEPOINT durable_embedded",
        "RELEASE SAVEPOINT durable_embedded",
    ),
)

# Writers of one process take turns here instead of polling the file's lock, whose
# busy handler sleeps up to 100 ms and is unfair. Per alias; re-entrant, because a
# transaction step that starts a workflow already holds it.
_turns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
# A forked child has not the thread that holds a turn: nobody would give it back.
os.register_at_fork(after_in_child=_turns.clear)


def write_ahead(raw: sqlite3.Connection) -> None:
    """Have the file written ahead, as every connection of it then does.

    While another connection makes a new file so, SQLite says at once that it is locked
    and does not wait for the busy time-out.

    Raises:
        sqlite3.Error: it stays locked, or cannot be written.
    """
    for seconds in _PAUSES_SECONDS:
        try:
            raw.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _CONFLICT_CODES:
                raise
            threading.Event().wait(seconds)
        else:
            return
    raw.execute("PRAGMA journal_mode = WAL").fetchone()


class _Moded(Protocol):
    """What Django's SQLite connection has and its stubs do not say."""

    transaction_mode: str | None


class SQLiteSession(Session):
    """A sqlite3 connection in autocommit, or the caller's in its transaction."""

    def array(self, values: Iterable[str]) -> str:
        """Return JSON text, for `json_each`."""
        return orjson.dumps(list(values)).decode()

    def reserve(self) -> None:
        """Wait for the write lock before the first read.

        A block that Django began deferred fails at once, whatever its time-out, when
        another writer commits between its first read and its first write.
        """
        self.rows("write_reserve", {})

    def rows(self, name: str, parameters: Parameters) -> list[Row]:
        """Run the named statement, in one transaction if it has several parts.

        One that returns nothing answers with an empty row for each that it wrote:
        to have rows returned costs as much as to write one.
        """
        statement = bound_statement(self._statements[name])
        parameters = statement.bind(parameters)
        if len(statement.parts) == 1 or self.raw.in_transaction:
            return self._run(statement.parts, parameters)
        with self.transaction():
            return self._run(statement.parts, parameters)

    def _run(self, parts: tuple[str, ...], parameters: Parameters) -> list[Row]:
        rows: list[Row] = []
        for part in parts:
            cursor = self.raw.execute(part, parameters)
            returned = cursor.description is not None
            rows = cursor.fetchall() if returned else [()] * cursor.rowcount
        return rows

    def each(
        self, one: str, many: str, records: Sequence[Any], shared: Parameters
    ) -> list[Row]:
        """Run the statement for one record after the other, in one transaction.

        Taking JSON apart in SQL costs more than calling again.
        """
        del many
        if len(records) == 1:
            return self.rows(one, {**fields(records[0]), "place": 0, **shared})
        rows: list[Row] = []
        with self.transaction():
            for place, record in enumerate(records):
                parameters = {**fields(record), "place": place, **shared}
                rows += self.rows(one, parameters)
        return rows

    def accepts(
        self,
        one: str,
        many: str,
        records: Sequence[Any],
        shared: Parameters,
        *,
        key: Callable[[Any], Row],
    ) -> set[Row]:
        """Run the statement for one record after the other, in one transaction."""
        if len(records) == 1:
            return super().accepts(one, many, records, shared, key=key)
        with self.transaction():
            return {
                key(record)
                for record in records
                if self.rows(one, {**fields(record), **shared})
            }

    @contextmanager
    def _immediate(self) -> Iterator[None]:
        # IMMEDIATE: a read that later writes would fail at once with a busy
        # snapshot, whatever the busy timeout.
        if self.raw.in_transaction:  # the caller's, which decides
            yield
            return
        self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.raw.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already, a failed COMMIT has not: what
            # stayed open here would swallow every later write.
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK")
            raise

    def transaction(self) -> AbstractContextManager[Any]:
        """Return a context manager that begins with the write lock."""
        return self._immediate()


class _EmbeddedSession(SQLiteSession):
    """The connection of a test; its statements ask the process's clock already.

    The driver lets threads take turns; what a block writes is undone by a savepoint.
    """

    @contextmanager
    def _immediate(self) -> Iterator[None]:
        begin, commit, undo = _NESTED if self.raw.in_transaction else _BLOCK
        self.raw.execute(begin)
        try:
            yield
        except BaseException:
            for command in undo:
                self.raw.execute(command)
            raise
        self.raw.execute(commit)

    def close(self) -> None:
        """Leave the connection open: it is the test's."""


class SQLite(Dialect):
    """SQLite: several statements in one immediate transaction."""

    vendor = "sqlite"

    def open(
        self,
        wrapper: BaseDatabaseWrapper,
        *,
        purpose: str,
        keep_state: bool,
        watch: Callable[[Session], None],
    ) -> Session:
        """Connect in autocommit, durably (`synchronous = FULL`), with WAL."""
        del keep_state, watch
        raw = wrapper.get_new_connection(wrapper.get_connection_params())
        raw.isolation_level = None
        write_ahead(raw)
        # A hint may be lost with the power; nothing else may.
        safety = "NORMAL" if purpose == "notify" else "FULL"
        raw.execute(f"PRAGMA synchronous = {safety}")
        raw.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        add_functions(raw)
        return SQLiteSession(raw, self.statements)

    def borrow(self, wrapper: BaseDatabaseWrapper) -> Session:
        """Use the caller's sqlite3 connection, with the engine's functions added."""
        wrapper.ensure_connection()
        add_functions(wrapper.connection)
        return SQLiteSession(wrapper.connection, self.statements)

    def embed(self, wrapper: BaseDatabaseWrapper, *, keep_state: bool) -> Session:
        """Use the test's sqlite3 connection, with the engine's functions added."""
        del keep_state
        wrapper.ensure_connection()
        add_functions(wrapper.connection)
        return _EmbeddedSession(wrapper.connection, self.statements)

    def classify(self, error: BaseException) -> Fault:
        """Decide by the primary result code, the lower eight bits.

        Source: https://www.sqlite.org/rescode.html
        """
        cause = driver_error(error)
        if not isinstance(cause, sqlite3.Error):
            memory = isinstance(cause, MemoryError)
            return Fault.BOUNDED if memory else Fault.PERMANENT
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:  # raised by the module: the connection was closed
            closed = isinstance(cause, sqlite3.ProgrammingError)
            return Fault.TRANSIENT if closed else Fault.PERMANENT
        if code & 0xFF in _CONFLICT_CODES:
            return Fault.CONFLICT
        if code & 0xFF in _TRANSIENT_CODES:
            return Fault.TRANSIENT
        return Fault.PERMANENT

    def is_broken(self, wrapper: BaseDatabaseWrapper, error: BaseException) -> bool:
        """Decide by the result code: the disk is full, or failed, for any file of it."""
        del wrapper
        code = getattr(driver_error(error), "sqlite_errorcode", 0)
        return code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)

    def lacks_tables(self, error: BaseException) -> bool:
        """Decide by the text: the result code says only that the SQL is wrong."""
        cause = driver_error(error)
        said = str(cause)
        return isinstance(cause, sqlite3.OperationalError) and (
            said.startswith("no such column")
            or (said.startswith("no such table") and "durable_engine_" in said)
            or (said.startswith("table durable_engine_") and "no column named" in said)
        )

    def exclusive(self, alias: str) -> AbstractContextManager[object]:
        """Hold this process's turn to write to the alias's file."""
        return _turns[alias]

    @contextmanager
    def writing(self, wrapper: BaseDatabaseWrapper) -> Iterator[None]:
        """Hold the turn, and have `atomic()` begin with the write lock.

        A deferred transaction that reads first and writes later fails at once when
        another connection committed in between.
        """
        wrapper.ensure_connection()  # which sets the mode as the settings say
        with self.exclusive(wrapper.alias):
            connection = cast("_Moded", wrapper)
            before = connection.transaction_mode
            connection.transaction_mode = "IMMEDIATE"
            try:
                yield
            finally:
                connection.transaction_mode = before
