"""What PostgreSQL says when it cannot do something, and what the engine takes it for.

The server itself raises every one, and both ways to it are asked: the engine's own
connections, and Django's, which wraps what it gets.
"""

import psycopg
import pytest
from django.db import Error, connection, transaction

from durable_engine.runtime.engine import engine, reset
from durable_engine.store.dialects import Fault
from tests.support.databases import on_postgresql

SAID = {
    Fault.TRANSIENT: {
        "08000": "connection exception",
        "08006": "connection failure",
        "25006": "read-only: a standby, or a primary of a moment ago",
        "53100": "disk full",
        "53200": "out of memory",
        "53300": "too many connections",
        "57P01": "admin shutdown",
        "57P02": "crash shutdown",
        "57P03": "cannot connect now",
        "58030": "input or output failed",
    },
    Fault.CONFLICT: {
        "40001": "serialization failure",
        "40P01": "deadlock",
        "55P03": "lock not available",
    },
    Fault.BOUNDED: {"57014": "statement time-out, or cancelled"},
    Fault.PERMANENT: {
        "22P02": "no JSON",
        "22P05": "a NUL in JSON",
        "23505": "unique violation",
        "25P02": "the transaction has failed before",
        "42501": "no permission",
        "54000": "a key too long for its index",
        "54001": "a value nested too deep",
    },
}
WANTED = {code: fault for fault, codes in SAID.items() for code in codes}
_RAISE = "DO $$ BEGIN RAISE 'said so' USING ERRCODE = '{}'; END $$"


@pytest.fixture
def found(engine_database):
    yield engine().store
    reset()


@on_postgresql
def test_every_state_is_taken_for_what_it_is(found):
    session = found.open("read")
    ours, users = {}, {}
    for code in WANTED:
        with pytest.raises(psycopg.Error) as caught:
            session.command(_RAISE.format(code))
        ours[code] = found.classify(caught.value)
        with (
            pytest.raises(Error) as wrapped,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(_RAISE.format(code))
        users[code] = found.classify(wrapped.value)
    session.close()
    assert ours == WANTED
    assert users == WANTED


@on_postgresql
@pytest.mark.parametrize("limit", [0, -1])
def test_refused_connection_is_an_outage(found, engine_database, limit):
    """It has no SQLSTATE, whatever the reason: too many already, or nobody there."""
    role = f"crowded_{abs(limit)}"
    parameters = connection.get_connection_params() | {"user": role}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {limit}")
        if limit:
            parameters["port"] = 1
    parameters.pop("cursor_factory")
    parameters.pop("context")
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(**parameters)
    assert caught.value.sqlstate is None
    assert found.classify(caught.value) is Fault.TRANSIENT
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE {role}")


@on_postgresql
def test_answer_of_libpqs_own_is_a_lost_connection(found):
    """It has no SQLSTATE, and the status that libpq gives the connection may be good."""
    session = found.open("read")
    result = session.raw.pgconn.make_empty_result(psycopg.pq.ExecStatus.FATAL_ERROR)
    with pytest.raises(psycopg.OperationalError) as caught:
        session._wire._check(result)
    assert found.classify(caught.value) is Fault.TRANSIENT
    session.close()


@on_postgresql
def test_text_that_no_server_stores_is_a_mistake(found):
    session = found.open("read")
    for text in ("a\0b", "half a pair: \ud800"):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the point is which
            session.rows("start_read", {**dict.fromkeys(_PLACES), "id": text})
        assert found.classify(caught.value) is Fault.PERMANENT
    assert session.rows("clock_read", {})
    session.close()


_PLACES = ("id", "queue_name", "deduplication_id")


def test_want_of_memory_is_bounded(found):
    """Not permanent, for it may pass; not endless, for it may be the row's size."""
    assert found.classify(MemoryError()) is Fault.BOUNDED
