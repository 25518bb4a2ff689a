"""The driver boundary of a program under test: numbers its durable writes.

Every commit that changes something gets a number: the engine's own statements and
transactions (`Session.rows`, `Session.transaction`), and what Django commits for the
user (`BaseDatabaseWrapper._commit`). Commit `i` has two points, `2i - 1` right before
and `2i` right after it. At the chosen point the process dies (`crash`), loses its
connection (`cut`: before the commit nothing was committed, after it everything, and
nobody was told), or is told to run its transaction again (`conflict`).

A statement that polls counts only when it changed something: it runs in a
transaction here, so that its rows are known before its commit. Hints, beats and
pruning are not counted: they come by the clock and hold nothing of a workflow.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.store.dialects.base import Session
from durable_engine.store.dialects.postgresql import PostgreSQLSession
from durable_engine.store.dialects.sqlite import SQLiteSession
from tests.faults.harness.ledger import Ledger

Record = list[Any]
"""One thing that a commit records: its kind and what identifies it."""

_WRITES = re.compile(r"(INSERT INTO|DELETE FROM|UPDATE) durable_")
_UNCOUNTED = {"notice_send", "executor_beat", "executors_prune"}
_CLAIMS = {"workflow_claim", "queue_claim", "queue_take"}
_JOURNALED = {
    "child_write",
    "event_publish",
    "event_write",
    "executor_register",
    "finish",
    "flush",
    "message_write",
    "outcome_update",
    "outcomes_update",
    "step_commit",
    "step_insert",
    "steps_insert",
    "stream_append",
    "stream_write",
    "workflow_insert",
    "workflows_insert",
    "workflows_release",
}
CRASHED = 137
_LANDING_SECONDS = 0.3  # longer than any commit that no lock holds up


class Boundary:
    """Counts commits, and does harm at one point."""

    def __init__(self, ledger: Ledger, harm: str | None, at: int) -> None:
        self._ledger = ledger
        self._harm = harm
        self._at = at
        self._quiet = threading.Condition()
        self._commits = 0
        self._committing = 0
        self._landing = 0
        self._open: dict[int, list[Record]] = {}  # of transactions, by connection

    def note(self, raw: object, records: list[Record]) -> None:
        """Remember what the open transaction of a connection records."""
        self._open.setdefault(id(raw), []).extend(records)

    def noted(self, raw: object) -> list[Record]:
        """Take what the transaction of a connection recorded."""
        return self._open.pop(id(raw), [])

    @contextmanager
    def commit(self, raw: object, records: list[Record]) -> Iterator[list[Record]]:
        """Surround a commit with its two points; gives the list of its records."""
        with self._quiet:
            self._commits += 1
            self._committing += 1
            number = self._commits
        try:
            self._reach(2 * number - 1, raw)
            with self._landing_one():
                yield records
                self._ledger.write("DURABLE", commit=number, records=records)
            self._reach(2 * number, raw)
        finally:
            with self._quiet:
                self._committing -= 1
                self._quiet.notify_all()

    @contextmanager
    def _landing_one(self) -> Iterator[None]:
        """Surround a commit and its line in the ledger."""
        with self._quiet:
            self._landing += 1
        try:
            yield
        finally:
            with self._quiet:
                self._landing -= 1
                self._quiet.notify_all()

    def _die(self) -> None:
        """Die, once what other threads have committed is in the ledger, too."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._landing, _LANDING_SECONDS)
            os._exit(CRASHED)

    def wait_until_quiet(self) -> None:
        """Wait until no thread is between the two points of a commit."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._committing)

    def _reach(self, point: int, raw: Any) -> None:
        if point != self._at or self._harm is None:
            return
        self._ledger.write("FAULT", point=point, harm=self._harm)
        if self._harm == "crash":
            self._die()
        raise _conflict(raw) if self._harm == "conflict" else _loss(raw)


def _conflict(raw: Any) -> Exception:
    """Return what the loser of two transactions gets, who must run his again."""
    if isinstance(raw, sqlite3.Connection):
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        return error
    return psycopg.errors.SerializationFailure("could not serialize access")


def _loss(raw: Any) -> Exception:
    """Break a connection; return what is said of it."""
    if isinstance(raw, sqlite3.Connection):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        return error
    raw.close()
    return psycopg.OperationalError("the connection was lost")


def install(boundary: Boundary) -> None:
    """Hook the sessions of the engine and the commits of Django."""
    for kind in (PostgreSQLSession, SQLiteSession):
        kind.rows = _rows(kind.rows, boundary)
        kind.transaction = _transaction(kind.transaction, boundary)
    BaseDatabaseWrapper._commit = _commit(BaseDatabaseWrapper._commit, boundary)
    BaseDatabaseWrapper._rollback = _rollback(BaseDatabaseWrapper._rollback, boundary)


def _rows(original: Callable[..., Any], boundary: Boundary) -> Callable[..., Any]:
    def rows(session: Session, name: str, parameters: Any) -> Any:
        parts = session._statements[name].parts
        if name in _UNCOUNTED or not any(map(_WRITES.search, parts)):
            return original(session, name, parameters)
        if not _alone(session.raw):
            found = original(session, name, parameters)
            boundary.note(session.raw, describe(name, parts, parameters, found))
            return found
        if _polls(name, parts) or len(parts) > 1:
            with session.transaction():
                return session.rows(name, parameters)
        with boundary.commit(session.raw, []) as records:
            found = original(session, name, parameters)
            records.extend(describe(name, parts, parameters, found))
            return found

    return rows


def _transaction(
    original: Callable[..., Any], boundary: Boundary
) -> Callable[..., Any]:
    @contextmanager
    def transaction(session: Session) -> Iterator[None]:
        points = None
        try:
            with original(session):
                yield
                records = boundary.noted(session.raw)
                if records:
                    points = boundary.commit(session.raw, records)
                    points.__enter__()
        except BaseException:
            boundary.noted(session.raw)
            raise
        if points is not None:
            points.__exit__(None, None, None)

    return transaction


def _commit(original: Callable[..., Any], boundary: Boundary) -> Callable[..., Any]:
    def commit(wrapper: BaseDatabaseWrapper) -> Any:
        records = [["transaction"], *boundary.noted(wrapper.connection)]
        with (
            wrapper.wrap_database_errors,
            boundary.commit(wrapper.connection, records),
        ):
            return original(wrapper)

    return commit


def _rollback(original: Callable[..., Any], boundary: Boundary) -> Callable[..., Any]:
    def rollback(wrapper: BaseDatabaseWrapper) -> Any:
        boundary.noted(wrapper.connection)
        return original(wrapper)

    return rollback


def _polls(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a statement looks for something to change, and often finds nothing."""
    return name not in _JOURNALED and "RETURNING" in "".join(parts)


def _alone(raw: Any) -> bool:
    """Whether a statement on this connection now commits by itself."""
    if isinstance(raw, sqlite3.Connection):
        return not raw.in_transaction
    idle = raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    return bool(raw.autocommit and idle)


def describe(
    name: str, parts: tuple[str, ...], parameters: Any, found: list[Any]
) -> list[Record]:
    """Return what one statement recorded; nothing for what was refused."""
    if name in _RECORDS:
        return _RECORDS[name](parameters, found)
    if name in _CLAIMS:
        return [["claim", row[0]] for row in found]
    if _polls(name, parts):
        return [[name, row[0]] for row in found]
    return [[name]]


def _sent(parameters: Any, found: list[Any]) -> list[Record]:
    sent = [["message", parameters["destination_id"]]] if found[0][1] else []
    return [_step(parameters), *sent] if parameters["has_step"] else sent


def _accepted(
    make: Callable[[Any], Record],
) -> Callable[[Any, list[Any]], list[Record]]:
    """Return what reads an array of records, of which some were accepted."""

    def records(parameters: Any, found: list[Any]) -> list[Record]:
        accepted = {row[0] for row in found}
        made = [make(row) for row in orjson.loads(parameters["rows"])]
        return [record for record in made if record[1] in accepted]

    return records


def _one(make: Callable[[Any], Record]) -> Callable[[Any, list[Any]], list[Record]]:
    """Return what reads the fields of one record, if it was accepted."""
    return lambda parameters, found: [make(parameters)] if found else []


def _flushed(parameters: Any, found: list[Any]) -> list[Record]:
    batch = _batch(parameters)
    made, *counts = found[0]
    complete = len(made or ()) + sum(counts) == len(batch)
    return batch if complete else [*batch, ["refused in part"]]


def _finished(parameters: Any, found: list[Any]) -> list[Record]:
    return [_step(parameters), _outcome(parameters)] if found else []


def _batch(parameters: Any) -> list[Record]:
    return [
        *map(_start, orjson.loads(parameters["rows"])),
        *map(_step, orjson.loads(parameters["steps"])),
        *map(_outcome, orjson.loads(parameters["outcomes"])),
    ]


def _start(row: Any) -> Record:
    return ["start", row["id"], "owned" if row["executor_id"] else ""]


def _outcome(row: Any) -> Record:
    return ["outcome", row["workflow_id"], row["status"]]


def _step(row: Any) -> Record:
    kind = "begun" if row["completed_at"] is None else "step"
    return [
        kind,
        row["workflow_id"],
        row["position"],
        row["name"],
        row["attempts"],
    ]


_RECORDS: dict[str, Callable[[Any, list[Any]], list[Record]]] = {
    "message_receive": lambda step, found: [_step(step)] if found[0][2] else [],
    "message_write": _sent,
    "step_commit": _one(_step),
    "step_insert": _one(_step),
    "event_write": _one(_step),
    "child_write": _one(_step),
    "outcome_update": _one(_outcome),
    "workflow_insert": _one(_start),
    "steps_insert": _accepted(_step),
    "outcomes_update": _accepted(_outcome),
    "workflows_insert": _accepted(_start),
    "finish": _finished,
    "flush": _flushed,
}
