"""A network that cuts, stalls and loses answers, between the engine and PostgreSQL."""

import threading

import psycopg
import pytest

import durable_engine as durable
from durable_engine.clock import monotonic
from durable_engine.records import Verdict
from durable_engine.runtime.engine import engine, reset
from durable_engine.store.dialects import Fault
from durable_engine.store.patience import Patience
from durable_engine.store.session import KeptSession
from tests.faults.harness.fleet import until
from tests.faults.harness.stage import Stage, step_of
from tests.support.connections import connected_to
from tests.support.databases import on_postgresql
from tests.support.proxy import Proxy

pytestmark = on_postgresql

PATIENCE_SECONDS = 20.0
HASTE_SECONDS = 0.3


@pytest.fixture
def proxy(postgresql_server):
    with Proxy(postgresql_server.port) as proxy:
        yield proxy


@pytest.fixture
def proxied(proxy, database_url, django_db_blocker):
    """Sessions of the engine that go through the proxy."""
    with django_db_blocker.unblock(), connected_to(default=proxy.url(database_url)):
        stage = Stage(database_url)
        yield stage
        proxy.flow()
        stage.close()
        reset()


@pytest.fixture
def hasty(proxied, monkeypatch):
    """Statements of the engine wait for their answer for a moment only."""
    found = Patience(beat_seconds=HASTE_SECONDS, other_seconds=HASTE_SECONDS)
    monkeypatch.setattr(engine().store, "_patience", found)


def test_reset_while_a_statement_runs_is_a_lost_connection(proxied, proxy):
    """The status that libpq gives such a connection may still be good."""
    proxied.running("a")
    late, keeper = proxied.session(), proxied.session()
    keeper.raw.execute("BEGIN")
    keeper.raw.execute("SELECT 1 FROM durable_engine_workflow FOR UPDATE")
    waiting = proxied.begin(lambda: proxied.write(late, step_of("a")))
    proxied.wait_until_blocked(late)
    assert proxy.cut()
    error = waiting.exception(PATIENCE_SECONDS)
    assert proxied.store.classify(error) is Fault.TRANSIENT
    [answer] = proxied.write(proxied.session(), step_of("a"))
    assert answer.verdict is Verdict.ACCEPTED


def test_statement_that_gets_no_answer_ends(hasty, proxy):
    kept = KeptSession(engine().store, "read")
    assert kept.run(lambda session: session.rows("clock_read", {}))
    proxy.stall()
    asked = monotonic()
    with pytest.raises(psycopg.OperationalError):
        kept.run(lambda session: session.rows("clock_read", {}))
    assert HASTE_SECONDS <= monotonic() - asked < PATIENCE_SECONDS
    proxy.flow()
    assert kept.run(lambda session: session.rows("clock_read", {}))
    kept.close()


def test_idle_session_is_left_alone(hasty):
    session = engine().store.open("read")
    with pytest.raises(psycopg.errors.UndefinedTable):
        session.command("SELECT * FROM nothing")
    assert session.asked_at is None
    assert not session.break_off(monotonic())
    assert session.rows("clock_read", {})
    session.close()


gates = {}


@durable.step(name="tests.network_step")
def step(value):
    return value


@durable.workflow(name="tests.network")
def program():
    step(1)
    gates["entered"].set()
    gates["go"].wait(PATIENCE_SECONDS)
    return [step(2), step(3)]


@pytest.mark.parametrize("harm", ["stall", "cut", "lose the answer"])
def test_workflow_survives(hasty, proxy, harm, caplog):
    """A stall is as a firewall that forgot the connection, and acknowledges all."""
    gates.update(entered=threading.Event(), go=threading.Event())
    answers = []
    thread = threading.Thread(target=lambda: answers.append(program()))
    thread.start()
    gates["entered"].wait(PATIENCE_SECONDS)
    match harm:
        case "stall":
            proxy.stall()
        case "cut":
            proxy.cut()
        case _:
            proxy.lose_answer(b"durable_")
    gates["go"].set()
    if harm == "stall":
        until(lambda: "is given up" in caplog.text, "a connection is given up")
        proxy.flow()
    thread.join(PATIENCE_SECONDS)
    assert answers == [[2, 3]]
    [found] = durable.list_workflows()
    assert found.status == "SUCCESS"
    assert [one.position for one in durable.list_workflow_steps(found.id)] == [1, 2, 3]
    assert proxy.losses == (harm == "lose the answer")
