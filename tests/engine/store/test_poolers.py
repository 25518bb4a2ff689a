"""Behind a pooler nothing is prepared and no session keeps any state."""

from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

import durable_engine as durable
from durable_engine.conf import settings as engine_settings
from durable_engine.runtime.engine import engine, reset
from durable_engine.store.dialects.postgresql import PostgreSQLSession
from tests.support.connections import connected_to
from tests.support.pooler import running_pgbouncer
from tests.support.shop.models import Order

queue = durable.Queue("pooled", concurrency=2)


@durable.transaction(name="tests.pooled_order")
def order():
    durable.write_stream("s", 1)
    return Order.objects.create(reference="pooled").pk


@durable.step(name="tests.pooled_step")
def plain():
    return durable.get_event(durable.workflow_id, "ready", timeout_seconds=5)


@durable.workflow(name="tests.pooled_child")
def child():
    durable.set_event("ready", True)
    return durable.recv("go", timeout_seconds=30)


@durable.workflow(name="tests.pooled")
def program():
    order()
    durable.set_event("ready", True)
    handle = durable.start_workflow(child)
    durable.send(handle.workflow_id, "on", "go")
    durable.sleep(0.01)
    plain()
    return [handle.get_result(), durable.recv("end", timeout_seconds=30)]


STATE = """
    SELECT 'prepared', statement FROM pg_prepared_statements
    UNION ALL SELECT 'setting', name || '=' || setting FROM pg_settings
    WHERE source = 'session' AND name NOT IN ('client_encoding', 'TimeZone')
    UNION ALL SELECT 'listens', pg_listening_channels()
    UNION ALL SELECT 'lock', objid::text FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()
"""


@pytest.fixture
def kept(monkeypatch):
    """What the engine's sessions had in them when they were closed, by alias."""
    found = []
    close = PostgreSQLSession.close

    def look_and_close(session):
        if not session.raw.closed:
            found.append(session.raw.execute(STATE, prepare=False).fetchall())
        close(session)

    monkeypatch.setattr(PostgreSQLSession, "close", look_and_close)
    return found


@contextmanager
def pooled(url, *, flag, **keys):
    with connected_to(default=url, direct=url):
        if flag:
            settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
            connections.settings["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
        with override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE, **keys}):
            yield


def run_everything():
    durable.launch(threads=4, coroutines=4)
    with durable.SetWorkflowID("w"):
        handle = queue.enqueue(program)
    assert durable.get_event("w", "ready", 20)
    durable.send("w", "well", "end")
    assert handle.get_result() == ["on", "well"]
    assert list(durable.read_stream("w", "s")) == [1]
    durable.restart_workflow("w")
    durable.list_queues()


CASES = {
    "poll only": {"flag": False, "LISTEN_DATABASE": None},
    "the alias says so": {"flag": True},
    "listens directly": {"flag": False, "LISTEN_DATABASE": "direct"},
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_kept(make_database, django_db_blocker, kept, case):
    with (
        django_db_blocker.unblock(),
        pooled(make_database("postgresql"), **CASES[case]),
    ):
        try:
            run_everything()
            listens = engine().hub.connected
        finally:
            durable.destroy(workflow_completion_timeout_sec=5)
            reset()
    direct = case == "listens directly"
    assert listens is direct
    listening = [state for state in kept if ("listens", "durable_engine") in state]
    assert len(listening) == direct
    others = [state for state in kept if state not in listening]
    assert len(others) >= 3
    assert [state for state in others if state] == []


def test_without_a_pooler_statements_are_prepared(
    make_database, django_db_blocker, kept
):
    with django_db_blocker.unblock(), pooled(make_database("postgresql"), flag=False):
        try:
            durable.launch(threads=1, coroutines=1)
            durable.start_workflow(child)
        finally:
            durable.destroy(workflow_completion_timeout_sec=5)
            reset()
    assert any(kind == "prepared" for state in kept for kind, _ in state)


@pytest.mark.parametrize(
    ("keys", "flag", "alias"),
    [
        ({}, False, "default"),
        ({}, True, None),
        ({"LISTEN_DATABASE": "direct"}, True, "direct"),
    ],
)
def test_where_it_listens(make_database, django_db_blocker, keys, flag, alias):
    with (
        django_db_blocker.unblock(),
        pooled(make_database("sqlite"), flag=flag, **keys),
    ):
        assert engine_settings().listen_alias == alias


@pytest.mark.parametrize("listens", [None, "direct"])
def test_through_a_pooler(make_database, django_db_blocker, tmp_path, listens):
    url = make_database("postgresql")
    with (
        django_db_blocker.unblock(),
        running_pgbouncer(url, tmp_path) as pooled_url,
        connected_to(default=pooled_url, direct=url),
        override_settings(
            DURABLE_ENGINE={**settings.DURABLE_ENGINE, "LISTEN_DATABASE": listens}
        ),
    ):
        settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
        try:
            run_everything()
        finally:
            durable.destroy(workflow_completion_timeout_sec=5)
            reset()
