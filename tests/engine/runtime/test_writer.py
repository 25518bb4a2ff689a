"""How long a batch is tried, whatever happens to it on the way."""

import sqlite3

import pytest

import durable_engine as durable
from durable_engine.clock import monotonic
from durable_engine.records import Answer, Verdict
from durable_engine.runtime import operations
from durable_engine.runtime.engine import engine
from durable_engine.runtime.entries import Entry
from durable_engine.store import batches
from durable_engine.store.session import Fault

WAIT_SECONDS = 0.05
AWAY_SECONDS = 10.0


@durable.workflow
def started():
    """Ends at once."""


@pytest.fixture
def said(engine_database, monkeypatch):
    """A list of what the database says to one batch after the other; then it is away.

    What is in it: a fault to be raised, or the verdict on each row. It is back, and all
    is accepted, when a test that waits on has failed.
    """
    back_at = monotonic() + AWAY_SECONDS
    said: list[Fault | Verdict] = []
    errors = {fault: sqlite3.OperationalError(fault.value) for fault in Fault}
    faults = {error: fault for fault, error in errors.items()}

    def write(session, rows, executor_id, *, combine):
        away = Fault.TRANSIENT if monotonic() < back_at else Verdict.ACCEPTED
        answer = said.pop(0) if said else away
        if isinstance(answer, Fault):
            raise errors[answer]
        return [Answer(verdict=answer)] * len(rows)

    monkeypatch.setattr(batches, "write", write)
    monkeypatch.setattr(type(engine().store), "classify", lambda _, e: faults[e])
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", WAIT_SECONDS)
    return said


def test_divided_batch_is_tried_no_longer_than_a_whole_one(said):
    said[:] = [Fault.PERMANENT]
    batch = [Entry(None, None), Entry(None, None)]
    engine().journal._writer.write(batch, until=monotonic() + WAIT_SECONDS)
    assert not any(entry.done for entry in batch)


def test_start_whose_id_was_freed_meanwhile_waits_no_longer_than_others(said):
    said[:] = [Verdict.MISSING]
    with pytest.raises(durable.errors.DatabaseUnavailable):
        durable.start_workflow(started)
