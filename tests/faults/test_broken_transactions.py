"""The user's own connection breaks inside a transaction: it is run again, or fails."""

import psycopg
import pytest
from django.db import connection, transaction

import durable_engine as durable
from durable_engine.runtime import transactions
from durable_engine.runtime.engine import reset
from tests.support.databases import on_postgresql
from tests.support.shop.models import Note

pytestmark = on_postgresql

calls = []


@pytest.fixture
def url(engine_database):
    calls.clear()
    yield engine_database
    reset()


def lose_connection(url):
    """Have the server end the connection of this thread, and notice it."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    Note.objects.count()


def lose_it_in_a_block(url):
    with transaction.atomic():
        lose_connection(url)


def be_refused(_):
    """As a standby refuses that was the primary a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    Note.objects.create(text="refused")


def idle_too_long(_):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
    backend = connection.connection.info
    while backend.status == psycopg.pq.ConnStatus.OK:
        connection.connection.pgconn.consume_input()
    Note.objects.count()


HARM = {
    "lost": lose_connection,
    "lost in a savepoint": lose_it_in_a_block,
    "read-only": be_refused,
    "idle too long": idle_too_long,
}


@durable.transaction(name="tests.broken_transaction")
def write(url, harm, times):
    calls.append(harm)
    Note.objects.create(text="written")
    if len(calls) <= times:
        HARM[harm](url)
    return len(calls)


@durable.workflow(name="tests.broken_workflow")
def program(url, harm, times):
    return write(url, harm, times)


@pytest.mark.parametrize("harm", HARM)
def test_transaction_that_lost_its_connection_is_run_again(url, harm):
    assert program(url, harm, 2) == 3
    assert Note.objects.count() == 1
    [found] = durable.list_workflows()
    [step] = durable.list_workflow_steps(found.id)
    assert (step.output, step.error, step.attempts) == (3, None, 3)


def test_function_that_always_costs_its_connection_fails(url, monkeypatch):
    monkeypatch.setattr(transactions, "_CONFLICT_TRIES", 3)
    with pytest.raises(psycopg.OperationalError):
        program(url, "idle too long", 100)
    assert len(calls) == 3
    assert durable.list_workflows()[0].status == "ERROR"
    assert Note.objects.count() == 0


def test_error_of_another_connection_is_the_functions_own(url):
    """The function asked a server of its own, which is away: the engine's is well."""

    @durable.transaction
    def ask():
        calls.append("ask")
        message = "some other server"
        raise psycopg.OperationalError(message)

    @durable.workflow
    def asking():
        ask()

    with pytest.raises(psycopg.OperationalError, match="some other server"):
        asking()
    assert calls == ["ask"]
