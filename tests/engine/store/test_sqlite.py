"""What SQLite gets in its own way: bound instants, counted rows, clustered steps."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

import durable_engine as durable
from durable_engine.clock import wall_epoch
from durable_engine.store.dialects import sqlite
from durable_engine.store.dialects.sqlite import SQLiteSession, write_ahead
from durable_engine.store.dialects.sqlite_values import add_functions, bound_statement
from durable_engine.store.statements import Statement, load
from tests.support.databases import on_sqlite

_AT = datetime(2026, 11, 22, 20, 30, 0, 123456, tzinfo=UTC).timestamp()
_STATEMENTS = {
    name: Statement(name, tuple(parts))
    for name, parts in {
        "write": ["INSERT INTO t SELECT :place, durable_instant(:at), :now"],
        "read": ["SELECT durable_epoch(at), now FROM t ORDER BY place"],
        "change": ["UPDATE t SET at = NULL WHERE place >= :place"],
        "both": ["UPDATE t SET at = ''", "DELETE FROM t WHERE place > :place"],
    }.items()
}


@pytest.fixture
def session():
    raw = sqlite3.connect(":memory:", isolation_level=None)
    add_functions(raw)
    raw.execute("CREATE TABLE t (place PRIMARY KEY, at, now)")
    made = SQLiteSession(raw, _STATEMENTS)
    yield made
    made.close()


def test_an_instant_is_bound_and_not_converted_by_a_call(session):
    bound = bound_statement(_STATEMENTS["write"])
    assert bound.parts == ("INSERT INTO t SELECT :place, :at_text, :now",)
    before = wall_epoch()
    for place, at in enumerate([_AT, None]):
        session.rows("write", {"place": place, "at": at})
    (first, now), (second, later) = session.rows("read", {})
    assert (first, second) == (pytest.approx(_AT, abs=1e-6), None)
    assert len(now) == len("2026-11-22 20:30:00.123456")
    assert now < later
    sent = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    assert before - 1e-5 <= sent <= wall_epoch()


def test_what_returns_nothing_is_counted(session):
    for place in range(3):
        assert session.rows("write", {"place": place, "at": _AT}) == [()]
    assert session.rows("change", {"place": 1}) == [(), ()]
    assert session.rows("change", {"place": 7}) == []
    assert session.rows("both", {"place": 0}) == [(), ()]
    assert not session.raw.in_transaction


def test_no_frequent_statement_calls_back():
    statements = load("sqlite")
    for name in ("step_insert", "finish", "outcome_update"):
        assert "durable_" not in "".join(
            bound_statement(statements[name]).parts
        ).replace("durable_engine_", "")


@on_sqlite
@pytest.mark.usefixtures("engine_database")
def test_steps_are_kept_in_their_key_and_can_be_taken_out_again():
    assert _definition().endswith("WITHOUT ROWID")
    with durable.SetWorkflowID("kept"):
        _kept()
    durable.destroy()
    call_command("migrate", "durable_engine", "0008", verbosity=0)
    assert "ROWID" not in _definition()
    assert [step.name for step in durable.list_workflow_steps("kept")] == ["a", "b"]
    call_command("migrate", "durable_engine", verbosity=0)
    assert _definition().endswith("WITHOUT ROWID")
    assert [step.name for step in durable.list_workflow_steps("kept")] == ["a", "b"]


@durable.workflow()
def _kept() -> None:
    durable.run_step({"name": "a"}, str, 1)
    durable.run_step({"name": "b"}, str, 2)


def _definition() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'durable_engine_step'"
        )
        return cursor.fetchone()[0]


class Locked(sqlite3.Connection):
    """A connection to a file that others hold, for so many tries."""

    tries = 2

    def execute(self, *args):
        if self.tries:
            self.tries -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(*args)


def test_a_file_that_another_connection_makes_ready_is_waited_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sqlite, "_PAUSES_SECONDS", (0.001,) * 3)
    with closing(sqlite3.connect(tmp_path / "new.sqlite3", factory=Locked)) as raw:
        write_ahead(raw)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        raw.tries = 99
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(raw)
