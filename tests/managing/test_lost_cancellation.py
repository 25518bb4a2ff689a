"""A cancellation whose answer was lost is told and goes on, as if it had come."""

import sqlite3
from itertools import pairwise

import psycopg
import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.notify.base import CONTROL
from durable_engine.runtime.engine import engine
from durable_engine.signals import workflow_finished
from durable_engine.store import workflows

FAMILY = ("parent", "child", "grandchild")


@pytest.fixture
def family(engine_database):
    """Three generations on a queue that nobody serves, and one cancelled before."""

    @durable.workflow(name="tests.family")
    def program():
        pass

    for workflow_id in (*FAMILY, "earlier"):
        with durable.SetWorkflowID(workflow_id):
            durable.enqueue_workflow("nobody-serves", program)
    for older, younger in pairwise(FAMILY):
        Workflow.objects.filter(pk=younger).update(parent_workflow_id=older)
    durable.cancel_workflow("earlier")


@pytest.fixture
def losing(monkeypatch):
    """Lose the first answer to each cancellation, and to each look for children."""
    lost = []
    error = {
        "sqlite": sqlite3.ProgrammingError("closed"),
        "postgresql": psycopg.OperationalError("lost"),
    }[engine().store.dialect.vendor]

    def once(name):
        statement = getattr(workflows, name)

        def run(session, workflow_ids, *others):
            answer = statement(session, workflow_ids, *others)
            if (name, workflow_ids) not in lost:
                lost.append((name, workflow_ids))
                raise error
            return answer

        monkeypatch.setattr(workflows, name, run)

    once("cancel")
    once("active_children")
    return lost


@pytest.fixture
def finished():
    """The ids of which it was announced that they ended."""
    ids = []

    def receive(workflow_id, **_):
        ids.append(workflow_id)

    workflow_finished.connect(receive)
    yield ids
    workflow_finished.disconnect(receive)


def test_what_was_cancelled_is_told_once(family, losing, finished, monkeypatch):
    monkeypatch.setattr("durable_engine.retries.Backoff.next_seconds", lambda _: 0.0)
    told = []
    monkeypatch.setattr(engine(), "publish", lambda *topics: told.extend(topics))
    result = durable.cancel_workflows(["parent", "earlier"], cancel_children=True)
    assert result.changed == list(FAMILY)
    assert result.unchanged == {"earlier": "it is CANCELLED"}
    assert finished == list(FAMILY)
    assert [one for kind, one in told if kind == CONTROL] == list(FAMILY)
    assert len(losing) == 6
