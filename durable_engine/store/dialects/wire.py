"""Statements over libpq, without a cursor.

A cursor's work (adapting by type, two generators and a wait loop) costs as much as
the statement itself. The engine's statements are static and their parameters are
text, numbers, booleans and arrays of text: they are sent as text, prepared under a
name of our own, and answered with the GIL released. Rows are read by psycopg. What
the server prepared it may refuse later, or have lost: it is prepared anew then, by the
caller's next try.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Transformer

Row = tuple[Any, ...]

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_UNPREPARED_STATES = ("26000", "42P05")  # not there; there, but another session's
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class Wire:
    """Sends statements on one psycopg connection; not for two threads at once."""

    def __init__(self, raw: "psycopg.Connection[Any]", *, prepare: bool) -> None:
        self._raw = raw
        self._prepare = prepare
        self._prepared: dict[str, bytes] = {}
        self._numbers = count()  # never used twice: those forgotten may still be there
        self._rows = Transformer(raw)

    def run(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Run a statement with `:name` parameters and return its rows.

        Raises:
            psycopg.Error: as a cursor would raise it.
        """
        sql, names = compiled(statement)
        values = [as_text(parameters[name]) for name in names]
        connection = self._raw.pgconn
        if self._prepare:
            name = self._prepared.get(statement) or self._prepared_now(statement, sql)
            result = connection.exec_prepared(name, values)  # type: ignore[arg-type]  # NULL is None, which its types forget
        else:
            result = connection.exec_params(sql, values)
        self._check(result)
        if not result.ntuples:
            return []
        self._rows.set_pgresult(result)
        return self._rows.load_rows(0, result.ntuples, tuple)

    def command(self, sql: bytes) -> None:
        """Run a command without parameters, such as BEGIN."""
        self._check(self._raw.pgconn.exec_(sql))

    def _prepared_now(self, statement: str, sql: bytes) -> bytes:
        name = b"durable_%d" % next(self._numbers)
        self._check(self._raw.pgconn.prepare(name, sql))
        self._prepared[statement] = name
        return name

    def _check(self, result: Any) -> None:
        if result.status in _GOOD:
            return
        connection = self._raw.pgconn
        # What libpq says itself has no SQLSTATE: the answer never came. The status of
        # a connection that was reset while it was read may still be good.
        told = result.error_field(pq.DiagnosticField.SQLSTATE)
        if connection.status == pq.ConnStatus.BAD or not told:
            raise psycopg.OperationalError(connection.get_error_message())
        error = errors.error_from_result(result, encoding="utf-8")
        if is_unprepared(error):
            self._prepared.clear()
        raise error


def is_unprepared(error: psycopg.Error) -> bool:
    """Whether a statement must be prepared anew: for a changed table, or another session.

    Source: PostgreSQL, `RevalidateCachedQuery` in utils/cache/plancache.c, which says so
    of a changed table, by a code that it shares with what is not supported.
    """
    if isinstance(error, errors.FeatureNotSupported):
        return error.diag.source_function == "RevalidateCachedQuery"
    return error.sqlstate in _UNPREPARED_STATES


@cache
def compiled(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a statement with numbered parameters, and their names in that order."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${names.setdefault(match[1], len(names) + 1)}"

    return _PARAMETER.sub(number, statement).encode(), tuple(names)


def as_text(value: object) -> bytes | None:
    """Return a parameter in the server's text form.

    Raises:
        psycopg.DataError: text that holds a NUL, which the server cannot store.
        UnicodeEncodeError: text that holds half a surrogate pair.
        TypeError: a value of a type that no statement takes.
    """
    # Sixty times a direct call: exact types first, cheapest test first.
    kind = type(value)
    if value is None:
        return None
    if kind is int:
        return str(value).encode()
    if kind is float:
        return repr(value).encode()
    if isinstance(value, str):
        data = value.encode()
        if b"\0" in data:
            message = "PostgreSQL text fields cannot contain NUL (0x00) bytes"
            raise psycopg.DataError(message)
        return data
    if kind is bool:
        return b"t" if value else b"f"
    message = f"no statement takes a {kind.__name__}: {value!r}"
    raise TypeError(message)


def array_literal(values: Iterable[str]) -> str:
    """Return strings as the text form of an array.

    Source: PostgreSQL, 8.15.6 "Array Input and Output Syntax".
    """
    quoted = (
        '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    )
    return "{" + ",".join(quoted) + "}"
