"""Statements that the server prepared, and refuses or has lost, are prepared anew."""

import pytest
from django.db import connection

import durable_engine as durable
from durable_engine.runtime.engine import engine
from durable_engine.store import workflows
from durable_engine.store.session import KeptSession
from tests.support.databases import on_postgresql

pytestmark = on_postgresql


@pytest.fixture
def kept(engine_database):
    session = KeptSession(engine().store, "read")
    yield session
    session.close()


def read(session):
    return workflows.statuses(session, ["w"])


def test_of_a_table_that_changed(kept):
    @durable.step(name="tests.prepared_step")
    def step():
        return 1

    @durable.workflow(name="tests.prepared")
    def program():
        return step()

    with durable.SetWorkflowID("w"):
        assert program() == 1
    assert kept.run(read) == {"w": "SUCCESS"}
    with connection.cursor() as cursor:
        for table, column in (
            ("workflow", "id"),
            ("workflow", "status"),
            ("step", "name"),
        ):
            cursor.execute(
                f"ALTER TABLE durable_engine_{table} ALTER COLUMN {column} TYPE text"
            )
    assert kept.run(read) == {"w": "SUCCESS"}
    assert program() == 1


@pytest.mark.parametrize(
    "commands",
    [
        ["DEALLOCATE ALL"],
        [f"PREPARE durable_{number} AS SELECT 1" for number in (1, 2)],
    ],
    ids=["gone", "taken"],
)
def test_by_another_session(kept, commands):
    """As behind a pooler that the settings do not tell of."""
    assert kept.run(read) == {}
    for command in commands:
        kept.run(lambda session, command=command: session.command(command))
    assert kept.run(read) == {}
    assert kept.run(lambda session: workflows.read_outcome(session, "w")) is None
