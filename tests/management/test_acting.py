"""`cancel`, `resume`, `restart`, `fork`, `retry`, `delete`, `prune`, `send`."""

import io
import json
import sys
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

import durable_engine as durable
from console.models import AuditEntry
from durable_engine import client
from durable_engine.models import Message, Workflow
from tests.console import rows
from tests.management.conftest import MAIL, Tty, checkout, parent, run, tell

pytestmark = pytest.mark.usefixtures("engine_database")


def statuses() -> dict[str, str]:
    return dict(Workflow.objects.values_list("id", "status"))


def test_each_id_is_told_and_some_that_fail_are_status_1():
    rows.workflow("a", "ENQUEUED")
    rows.workflow("b", "SUCCESS")
    told = tell("workflow", "cancel", "a", "b", "c", "a", "x\ty", "--json")
    assert told.status == 1
    assert told.json == {
        "changed": ["a"],
        "unchanged": {
            "b": "it is SUCCESS",
            "c": "there is no such workflow",
            "x\ty": "an id or a name must hold printable characters only: 'x\\ty'",
        },
    }
    assert told.err == "CommandError: 3 of 4 left alone.\n"
    told = tell("workflow", "resume", "a")
    assert (told.status, told.out, told.err) == (0, "a  resumed\n", "")
    assert statuses() == {"a": "ENQUEUED", "b": "SUCCESS"}


def test_ids_from_standard_input_are_taken_as_they_are():
    strange = [" a", "-b", "c é/..%", "d "]
    for one in strange:
        rows.workflow(one, "ENQUEUED")
    told = tell("workflow", "cancel", "-", stdin="\n".join([*strange, "", " a"]))
    assert (told.status, told.lines) == (0, [f"{one}  cancelled" for one in strange])
    assert set(statuses().values()) == {"CANCELLED"}
    told = tell("workflow", "cancel", "-", "--json")
    assert (told.status, told.json) == (0, {"changed": [], "unchanged": {}})
    assert tell("workflow", "cancel").status == 2


def test_many_are_changed_in_batches(monkeypatch):
    monkeypatch.setattr("durable_engine.management.shell.answers._BATCH_ROWS", 2)
    made = rows.workflows(5, status="ENQUEUED")
    listed = tell("workflow", "list", "--ids", "--all").out
    told = tell("workflow", "cancel", "-", stdin=listed, out=Tty())
    assert told.lines == [f"{one}  cancelled" for one in made]
    assert AuditEntry.objects.filter(action="cancel_workflow").count() == 5


def test_copies_tell_the_new_id():
    run("a", checkout, "bad")
    for word, more in (("restart", []), ("retry", []), ("fork", ["--step", "2"])):
        told = tell("workflow", word, "a", "b", "--json", *more)
        assert told.status == 1
        copy = Workflow.objects.get(id=told.json["made"]["a"])
        assert (copy.status, copy.forked_from) == ("ENQUEUED", "a")
        assert told.json["unchanged"] == {"b": "there is no such workflow"}
    told = tell("workflow", "fork", "a", "--step", "1", "--app-version", "v9")
    assert told.out.startswith("a  forked: ")
    copy = Workflow.objects.get(id=told.out.split()[-1])
    assert copy.app_version == "v9"
    assert (
        "--step: give a whole number"
        in tell("workflow", "fork", "a", "--step", "0").err
    )


def test_children_are_meant_only_when_asked_for():
    run("p", parent)
    with durable.SetWorkflowID("q"):
        MAIL.enqueue(parent)
    rows.workflow("q-1", "ENQUEUED", parent_workflow_id="q")
    assert tell("workflow", "cancel", "q").lines == ["q  cancelled"]
    assert statuses()["q-1"] == "ENQUEUED"
    told = tell("workflow", "cancel", "q", "--children", "--json").json
    assert told["changed"] == ["q-1"]
    assert told["unchanged"] == {"q": "it is CANCELLED"}
    assert statuses()["q-1"] == "CANCELLED"
    assert tell("workflow", "delete", "p", "--yes").lines == ["p  deleted"]
    assert "p-1" in statuses()
    told = tell("workflow", "delete", "q", "--children", "--yes")
    assert told.lines == ["q  deleted", "q-1  deleted"]


def test_deleting_asks_on_a_terminal_and_needs_consent_elsewhere():
    rows.workflow("a")
    told = tell("workflow", "delete", "a")
    assert (told.status, "a" in statuses()) == (2, True)
    assert told.err == "UsageError: Deleting needs --yes where nobody can be asked.\n"
    for answer, status in (("n", 1), ("", 1), ("y", 0)):
        out, err = io.StringIO(), Tty()
        terminal = Tty(answer + "\n")
        with patch.object(sys, "stdin", terminal):
            try:
                call_command("workflow", "delete", "a", stdout=out, stderr=err)
                got = 0
            except CommandError as error:
                got = error.returncode
        assert got == status
        assert err.getvalue().startswith(
            "Delete 'a' and all that belongs to them? [y/N] "
        )
    assert statuses() == {}


def test_pruning_counts_and_leaves_one_entry():
    long_ago = rows.START - timedelta(days=400)
    rows.workflow("old", created_at=long_ago)
    rows.workflow("child", parent_workflow_id="active", created_at=long_ago)
    rows.workflow("active", "PENDING")
    run("new", checkout, 1)
    told = tell("workflow", "prune", "--days", "1", "--json", "--reason", "space")
    assert (told.status, told.json) == (0, {"deleted": 1})
    assert set(statuses()) == {"child", "active", "new"}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome, entry.reason) == (
        "prune_workflows",
        "done",
        "space",
    )
    assert entry.detail == "1 deleted that ended 1 days ago or earlier"
    assert tell("workflow", "prune", "--days", "1").out == "0 deleted\n"
    for days in ("-1", "nan", "x"):
        assert tell("workflow", "prune", f"--days={days}").status == 2


def test_messages_are_sent():
    rows.workflow("a", "PENDING")
    told = tell("workflow", "send", "a", '{"x": 1}', "--topic", "t")
    assert (told.status, told.out) == (0, "a  sent\n")
    for _ in range(2):
        tell("workflow", "send", "a", '"go"', "--idempotency-key", "k")
    assert list(Message.objects.values_list("topic", "body")) == [
        ("t", '{"x":1}'),
        ("", '"go"'),
    ]
    told = tell("workflow", "send", "b", "1", "--json")
    assert told.status == 1
    assert told.json["unchanged"]["b"].startswith("There is no workflow 'b'.")
    assert tell("workflow", "send", "a", "{").status == 2


def test_what_was_done_is_told_when_the_rest_fails(monkeypatch):
    monkeypatch.setattr("durable_engine.management.shell.answers._BATCH_ROWS", 1)
    rows.workflow("a", "ENQUEUED")
    rows.workflow("b", "ENQUEUED")
    original = client.cancel_workflows

    def cancel(ids, **more):
        if ids == ["b"]:
            raise durable.EngineStopped(reason="test")
        return original(ids, **more)

    monkeypatch.setattr(client, "cancel_workflows", cancel)
    told = tell("workflow", "cancel", "a", "b", "--json")
    assert (told.status, told.json["changed"]) == (1, ["a"])
    assert "The engine of this process is stopping (test)." in told.err
    assert json.loads(told.out)["unchanged"] == {}
    outcomes = AuditEntry.objects.order_by("id").values_list("target_id", "outcome")
    assert list(outcomes) == [("a", "done"), ("b", "failed")]
