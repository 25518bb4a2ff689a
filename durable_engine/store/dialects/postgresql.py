"""PostgreSQL 14 and later, through psycopg 3."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

from durable_engine.clock import monotonic, shifted_seconds
from durable_engine.store.dialects.base import (
    Dialect,
    Fault,
    Parameters,
    Row,
    Session,
    driver_error,
)
from durable_engine.store.dialects.wire import Wire, array_literal, is_unprepared

_TRANSIENT_CLASSES = ("08", "53")
_TRANSIENT_STATES = {"57P01", "57P02", "57P03", "25006", "25P03", "58030", "57P05"}
_BROKEN = (
    pq.TransactionStatus.INERROR,
    pq.TransactionStatus.ACTIVE,
    pq.TransactionStatus.UNKNOWN,
)
_UNIQUE_VIOLATION = "23505"
_CONFLICT_STATES = {"40001", "40P01", "55P03"}
_BOUNDED_STATES = {"57014"}
_LOCK_NOT_AVAILABLE = "55P03"

# Below the shortest sensible trust window, so that a frozen process cannot block
# a take-over: the server ends its transaction, the kernel its connection.
_IDLE_IN_TRANSACTION_MS = 5_000
_TCP_TIMEOUT_MS = 8_000

_BLOCK = (b"BEGIN", b"COMMIT", (b"ROLLBACK",))
_NESTED = (
    b"SAVEPOINT durable_embedded",
    b"RELEASE SAVEPOINT durable_embedded",
    (
        b"ROLLBACK TO SAVEPOINT durable_embedded",
        b"RELEASE SAVEPOINT durable_embedded",
    ),
)

_KEPT = "durable_embedded_session"

_SHIFTED_CLOCK = "(clock_timestamp() + :clock_shift::float8 * interval '1 second')"

# Prepared while the tables were empty, a join would keep its sequential scan.
_SESSION_SETTINGS = f"""
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET enable_seqscan = off;
    SET jit = off;
    SET default_transaction_isolation = "read committed";
    SET idle_in_transaction_session_timeout = {_IDLE_IN_TRANSACTION_MS}
"""

# Below the server's deadlock_timeout (1 s by default): where a statement of a service
# and one that locks all tables, such as a migration or the flush at the end of a
# test, wait for each other, it is the service that gives way, and tries again.
_GIVES_WAY = "SET lock_timeout = 800"
_SERVICES = (
    *("adoption", "alerts", "beat", "claim"),
    *("janitor", "recovery", "reporter", "scheduler"),
)
_SETTINGS_FOR = {
    **dict.fromkeys(_SERVICES, _GIVES_WAY),
    "notify": "SET synchronous_commit = off",  # a hint may be lost
    # For how long one row may keep the others of its batch, or of its queue, waiting.
    "journal": "SET lock_timeout = 200",
    "aside": "SET lock_timeout = 20",
}


class PostgreSQLSession(Session):
    """A psycopg connection in autocommit, or the caller's in its transaction."""

    def __init__(self, raw: Any, statements: Any, *, prepare: bool) -> None:
        super().__init__(raw, statements)
        self._wire = Wire(raw, prepare=prepare)

    def array(self, values: Iterable[str]) -> str:
        """Return the text form of an array."""
        return array_literal(values)

    def _run(self, parts: tuple[str, ...], parameters: Parameters) -> list[Row]:
        rows: list[Row] = []
        try:
            for part in parts:
                self.asked_at = monotonic()
                rows = self._wire.run(part, parameters)
        finally:
            self.asked_at = None
        return rows

    def command(self, sql: str) -> None:
        """Run commands without parameters, and without an answer."""
        self.asked_at = monotonic()
        try:
            self._wire.command(sql.encode())
        finally:
            self.asked_at = None

    def break_off(self, asked_at: float) -> bool:
        """Shut the socket down, so that libpq returns; its owner closes it."""
        try:
            descriptor = os.dup(self.raw.pgconn.socket)
        except (OSError, psycopg.Error):
            return False  # lost already
        with socket.socket(fileno=descriptor) as copy:
            # Still the same: the descriptor is not one of another connection's.
            if self.asked_at != asked_at:
                return False
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)
        return True

    def transaction(self) -> AbstractContextManager[Any]:
        """Begin, and commit at the end or roll back at an error."""
        return self._block()

    @contextmanager
    def _block(self) -> Iterator[None]:
        self.command("BEGIN")
        try:
            yield
        except BaseException:
            # The server rolls back by itself where the connection is gone.
            with suppress(psycopg.Error):
                self.command("ROLLBACK")
            raise
        self.command("COMMIT")


class _BorrowedSession(PostgreSQLSession):
    """The caller's connection, in a transaction that may not have begun yet.

    psycopg sends BEGIN with the first statement of a cursor; below the cursor that
    statement would commit by itself, whatever becomes of the caller's `atomic()`.
    """

    def _run(self, parts: tuple[str, ...], parameters: Parameters) -> list[Row]:
        raw: psycopg.Connection[Any] = self.raw
        idle = raw.info.transaction_status == pq.TransactionStatus.IDLE
        if idle and not raw.autocommit:
            raw.execute("SELECT", prepare=False)
        return super()._run(parts, parameters)

    @contextmanager
    def _block(self) -> Iterator[None]:
        yield  # the caller's transaction decides; a COMMIT here would end it


class _EmbeddedSession(PostgreSQLSession):
    """The connection of a test, whose clock the testing kit moves.

    Below the cursor psycopg's lock is ours to take: the asynchronous ORM uses the
    connection from another thread.
    """

    def _run(self, parts: tuple[str, ...], parameters: Parameters) -> list[Row]:
        self._begin()
        with self.raw.lock:
            shifted = tuple(_on_shifted_clock(part) for part in parts)
            moved = {**parameters, "clock_shift": shifted_seconds()}
            return super()._run(shifted, moved)

    @contextmanager
    def _block(self) -> Iterator[None]:
        begin, commit, undo = _BLOCK if self._begin() else _NESTED
        self._command(begin)
        try:
            yield
        except BaseException:
            for command in undo:
                self._command(command)
            raise
        self._command(commit)

    def _begin(self) -> bool:
        """Begin the transaction of an `atomic()`; True when there is none."""
        raw: psycopg.Connection[Any] = self.raw
        idle = raw.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if idle and not raw.autocommit:
            raw.execute("SELECT", prepare=False)
        return idle and bool(raw.autocommit)

    def _command(self, sql: bytes) -> None:
        with self.raw.lock:
            self._wire.command(sql)

    def close(self) -> None:
        """Leave the connection open: it is the test's."""


@cache
def _on_shifted_clock(statement: str) -> str:
    """Return a statement whose clock is moved by the parameter `clock_shift`."""
    return statement.replace("clock_timestamp()", _SHIFTED_CLOCK)


def _took_a_number(error: psycopg.Error) -> bool:
    """Whether somebody else wrote to a stream meanwhile, under the next number."""
    taken = error.sqlstate == _UNIQUE_VIOLATION
    return taken and error.diag.table_name == "durable_engine_streamentry"


class PostgreSQL(Dialect):
    """PostgreSQL: data-modifying CTEs, SKIP LOCKED, NOTIFY."""

    vendor = "postgresql"
    combines_writes = True

    def open(
        self,
        wrapper: BaseDatabaseWrapper,
        *,
        purpose: str,
        keep_state: bool,
        watch: Callable[[Session], None],
    ) -> Session:
        """Connect with autocommit; behind a pooler nothing is prepared or set."""
        parameters = wrapper.get_connection_params()
        role = wrapper.settings_dict["OPTIONS"].get("assume_role")
        if keep_state:
            parameters.setdefault("application_name", f"durable_engine {purpose}")
            parameters.setdefault("tcp_user_timeout", _TCP_TIMEOUT_MS)
        parameters.setdefault("connect_timeout", 5)
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        parameters.pop("prepare_threshold", None)
        try:
            raw: psycopg.Connection[Any] = psycopg.connect(
                **parameters, autocommit=True
            )
        except OSError as error:  # such as no more files, for psycopg's own selector
            raise psycopg.OperationalError(str(error)) from error
        raw.prepare_threshold = 0 if keep_state else None
        session = PostgreSQLSession(raw, self.statements, prepare=keep_state)
        session.purpose = purpose
        watch(session)
        try:
            if keep_state:
                session.command(_SESSION_SETTINGS)
            if keep_state and role:  # as Django does; else a check says what to do
                session.command(f"SET ROLE {psycopg.sql.Literal(role).as_string(raw)}")
            if keep_state and purpose in _SETTINGS_FOR:
                session.command(_SETTINGS_FOR[purpose])
        except BaseException:
            session.close()
            raise
        return session

    def borrow(self, wrapper: BaseDatabaseWrapper) -> Session:
        """Use the caller's psycopg connection; prepare nothing on it."""
        wrapper.ensure_connection()
        return _BorrowedSession(wrapper.connection, self.statements, prepare=False)

    def embed(self, wrapper: BaseDatabaseWrapper, *, keep_state: bool) -> Session:
        """Use the test's psycopg connection; what is prepared there serves all tests."""
        wrapper.ensure_connection()
        kept = vars(wrapper)
        found: _EmbeddedSession | None = kept.get(_KEPT)
        if found is None or found.raw is not wrapper.connection:
            raw = wrapper.connection
            found = _EmbeddedSession(raw, self.statements, prepare=keep_state)
            kept[_KEPT] = found
        return found

    def characterise(
        self,
        wrapper: BaseDatabaseWrapper,
        *,
        isolation_level: str | None,
        read_only: bool,
    ) -> None:
        """Set both as the first statements of the transaction."""
        with wrapper.cursor() as cursor:
            if isolation_level is not None:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation_level}")
            if read_only:
                cursor.execute("SET TRANSACTION READ ONLY")

    def classify(self, error: BaseException) -> Fault:
        """Decide by SQLSTATE; without one, the connection itself was lost.

        Source: PostgreSQL, appendix A "Error Codes".
        """
        cause = driver_error(error)
        if not isinstance(cause, psycopg.Error):
            memory = isinstance(cause, MemoryError)
            return Fault.BOUNDED if memory else Fault.PERMANENT
        state = cause.sqlstate
        if state is None:
            lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
            return Fault.TRANSIENT if lost else Fault.PERMANENT
        if state in _CONFLICT_STATES or _took_a_number(cause) or is_unprepared(cause):
            return Fault.CONFLICT
        if state in _BOUNDED_STATES:
            return Fault.BOUNDED
        if state in _TRANSIENT_STATES or state[:2] in _TRANSIENT_CLASSES:
            return Fault.TRANSIENT
        return Fault.PERMANENT

    def gave_up_waiting(self, error: BaseException) -> bool:
        """Decide by SQLSTATE: `lock_timeout`, which the journal's sessions have."""
        cause = driver_error(error)
        return (
            isinstance(cause, psycopg.Error) and cause.sqlstate == _LOCK_NOT_AVAILABLE
        )

    def is_broken(self, wrapper: BaseDatabaseWrapper, error: BaseException) -> bool:
        """Decide by what libpq knows of the transaction: failed, or lost."""
        del error
        raw = wrapper.connection
        return raw is None or raw.info.transaction_status in _BROKEN

    def lacks_tables(self, error: BaseException) -> bool:
        """Decide by SQLSTATE: an undefined table or column."""
        cause = driver_error(error)
        missing = psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn
        return isinstance(cause, missing)
