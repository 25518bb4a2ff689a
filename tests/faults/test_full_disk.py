"""The disk is full: what runs waits, keeps its results, and goes on when there is room.

SQLite's limit of pages stands for the disk: past it the same code comes.
"""

import sqlite3
import threading

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import engine, reset
from durable_engine.store.dialects import Fault
from durable_engine.store.dialects.sqlite import SQLite
from tests.faults.harness.fleet import until
from tests.support.databases import on_sqlite
from tests.support.shop.models import Note

pytestmark = on_sqlite

PATIENCE_SECONDS = 20.0
LARGE = "x" * 400_000
entered, go = threading.Event(), threading.Event()


@pytest.fixture
def disk(engine_database, monkeypatch):
    found = Disk()
    monkeypatch.setattr(SQLite, "open", found.opening(SQLite.open))
    yield found
    found.has_room()
    reset()


class Disk:
    """What the engine's own connections write to."""

    def __init__(self):
        self._raws = []
        self._full = False

    def opening(self, real):
        def open_session(*args, **kwargs):
            session = real(*args, **kwargs)
            self._raws.append(session.raw)
            self._limit(session.raw)
            return session

        return open_session

    def fill(self):
        self._full = True
        self._limit_all()

    def has_room(self):
        self._full = False
        self._limit_all()

    def _limit_all(self):
        for raw in list(self._raws):
            try:
                self._limit(raw)
            except sqlite3.ProgrammingError:  # closed meanwhile
                self._raws.remove(raw)

    def _limit(self, raw):
        raw.execute(f"PRAGMA max_page_count = {1 if self._full else 1_000_000}")


@durable.step(name="tests.large_step")
def large(number):
    return f"{number} {LARGE}"


@durable.workflow(name="tests.large")
def program():
    entered.set()
    go.wait(PATIENCE_SECONDS)
    return [len(large(1)), len(large(2))]


def test_workflow_waits_for_room_and_keeps_its_results(disk, caplog):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(program()))
    thread.start()
    entered.wait(PATIENCE_SECONDS)
    disk.fill()
    go.set()
    until(lambda: "results wait in memory" in caplog.text, "a write has failed")
    assert not answers
    disk.has_room()
    thread.join(PATIENCE_SECONDS)
    assert answers == [[len(LARGE) + 2] * 2]
    [found] = durable.list_workflows()
    assert found.status == "SUCCESS"
    assert len(durable.list_workflow_steps(found.id)) == 2


@durable.transaction(name="tests.large_transaction")
def write():
    calls.append(1)
    if len(calls) < 3:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error
    Note.objects.create(text="written")


calls = []


@durable.workflow(name="tests.large_transactions")
def transactions():
    write()


def test_transaction_waits_for_room(disk):
    transactions()
    assert len(calls) == 3
    assert Note.objects.count() == 1


@pytest.mark.parametrize("fails", ["INSERT", "COMMIT"])
def test_nothing_stays_open_after_a_failure(disk, fails):
    """What stayed open would take every later write along, and never commit."""
    session = engine().store.open("journal")
    raw = session.raw
    raw.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    raw.execute(
        "CREATE TABLE children (parent INTEGER REFERENCES parents (id) "
        "DEFERRABLE INITIALLY DEFERRED)"
    )

    def work():
        with session.transaction():
            if fails == "COMMIT":  # the foreign key is looked at there
                raw.execute("INSERT INTO children VALUES (1)")
            else:
                disk.fill()
                raw.execute("CREATE TABLE large AS SELECT zeroblob(4000000)")

    with pytest.raises(sqlite3.Error) as caught:
        work()
    wanted = Fault.PERMANENT if fails == "COMMIT" else Fault.TRANSIENT
    assert engine().store.classify(caught.value) is wanted
    assert not raw.in_transaction
    session.close()
