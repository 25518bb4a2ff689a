"""Hints only shorten waiting (I5): lost, a message still arrives within a poll."""

import threading

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

import durable_engine as durable
from durable_engine.clock import monotonic
from durable_engine.runtime.engine import engine, reset
from tests.faults.harness.fleet import until
from tests.support.connections import connected_to
from tests.support.databases import on_postgresql
from tests.support.proxy import Proxy

pytestmark = on_postgresql

TIMEOUT_SECONDS = 60.0
SEND = """
    import durable_engine as durable
    durable.send("waits", "arrived")
"""
END = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'durable_engine listen'
"""


@durable.workflow(name="tests.lost_hints")
def waits():
    durable.set_event("waits", True)
    return durable.recv(timeout_seconds=TIMEOUT_SECONDS)


@pytest.mark.parametrize("harm", ["ended", "stalled"])
def test_message_arrives(
    database_url, django_db_blocker, postgresql_server, project, harm
):
    own = {**settings.DURABLE_ENGINE, "LISTEN_DATABASE": "listen"}
    answers = []

    def run():
        with durable.SetWorkflowID("waits"):
            answers.append(waits())

    with (
        Proxy(postgresql_server.port) as proxy,
        django_db_blocker.unblock(),
        connected_to(default=database_url, listen=proxy.url(database_url)),
        override_settings(DURABLE_ENGINE=own),
    ):
        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert durable.get_event("waits", "waits", TIMEOUT_SECONDS)
            until(lambda: engine().hub.connected, "hints are heard")
            proxy.stall()
            if harm == "ended":
                with psycopg.connect(database_url, autocommit=True) as admin:
                    assert admin.execute(END).fetchall()
            asked = monotonic()
            project.run(SEND)
            thread.join(TIMEOUT_SECONDS)
            assert answers == ["arrived"]
            assert monotonic() - asked < TIMEOUT_SECONDS / 2
        finally:
            proxy.flow()
            reset()
