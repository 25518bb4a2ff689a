"""`get`, `steps`, `events`, `messages`, `streams`, `children`: one workflow."""

import pytest

import durable_engine as durable
from durable_engine.models import Executor
from tests.console import rows
from tests.management.conftest import MAIL, checkout, parent, run, tell, waiter

pytestmark = pytest.mark.usefixtures("engine_database")


def test_get_shows_all_of_a_workflow():
    with durable.SetWorkflowAttributes({"customer": 7}):
        run("order é/2", checkout, "x")
    told = tell("workflow", "get", "order é/2", "--json")
    assert told.status == 0
    assert told.json["status"] == "SUCCESS"
    assert told.json["input"] == {"args": ["x"], "kwargs": {}}
    assert told.json["output"] == {"paid": "x"}
    assert told.json["attributes"] == {"customer": 7}
    assert told.json["error"] is None
    told = tell("workflow", "get", "-", stdin="order é/2\n")
    assert told.lines[0] == "order é/2"
    assert "  status             SUCCESS" in told.lines
    assert '    "paid": "x"' in told.lines


def test_an_error_comes_with_its_traceback_and_without_escapes():
    run("a", checkout, "bad")
    error = tell("workflow", "get", "a", "--json").json["error"]
    assert (error["type"], error["message"]) == (
        "ValueError",
        "card \x1b[31mrefused",
    )
    assert "in charge" in error["traceback"]
    out = tell("workflow", "get", "a").out
    assert "  ValueError: card \\x1b[31mrefused\n" in out
    assert "\x1b" not in out
    assert "ValueError: card \\x1b[31mrefused" in tell("workflow", "steps", "a").out


def test_steps_in_order_whatever_their_number(monkeypatch):
    monkeypatch.setattr("durable_engine.management.workflow.rows._BATCH_ROWS", 2)
    run("p", parent)
    run("a", checkout, 5)
    told = tell("workflow", "steps", "a", "--json")
    assert [(one["position"], one["name"]) for one in told.json["items"]] == [
        (1, "durable.set_event"),
        (2, "durable.write_stream"),
        (3, "durable.close_stream"),
        (4, "commands.charge"),
    ]
    assert told.json["items"][3]["output"] == {"paid": 5}
    assert tell("workflow", "steps", "p").lines[1].split()[1:4] == [
        "commands.checkout",
        "SUCCESS",
        "1",
    ]
    (child,) = tell("workflow", "children", "p", "--json").json["items"]
    assert (child["id"], child["parent_workflow_id"]) == ("p-1", "p")


def test_events_messages_and_streams():
    run("a", checkout, "x")
    (event,) = tell("workflow", "events", "a", "--json").json["items"]
    assert (event["key"], event["value"], event["position"]) == ("state", "x", 1)
    assert tell("workflow", "events", "a").lines[1].split()[:2] == ["state", '"x"']
    told = tell("workflow", "streams", "a", "--json")
    assert told.json["items"] == [{"key": "rows", "values": 1, "closed": True}]
    (entry,) = tell("workflow", "streams", "a", "rows", "--json").json["items"]
    assert (entry["offset"], entry["value"]) == (0, ["x", ""])
    assert tell("workflow", "streams", "a").lines[1].split() == ["rows", "1", "yes"]
    assert tell("workflow", "streams", "a", "rows").lines[1].split()[0] == "0"
    with durable.SetWorkflowID("w"):
        MAIL.enqueue(waiter)
    durable.send("w", {"paid": True}, "pay", idempotency_key="k")
    (message,) = tell("workflow", "messages", "w", "--json").json["items"]
    assert (message["topic"], message["message"], message["idempotency_key"]) == (
        "pay",
        {"paid": True},
        "k",
    )
    assert '{"paid": true}' in tell("workflow", "messages", "w").out


def test_unknown_workflow():
    for word in ("get", "steps", "events", "messages", "streams", "children"):
        told = tell("workflow", word, "nobody")
        assert (told.status, told.out) == (1, ""), word
        assert told.err.startswith("CommandError: There is no workflow 'nobody'.")
        told = tell("workflow", word, "-", stdin="a\nb\n")
        assert told.status == 2
        assert "standard input must hold one id, not 2" in told.err


def test_executors_and_versions():
    rows.executor("web:1:aa")
    rows.executor("web:2:bb", alive=False)
    rows.workflow("a", "PENDING", executor_id="web:2:bb", app_version="old")
    told = tell("executor", "list", "--json").json
    assert told["next"] is None
    assert {one["executor_id"]: one["alive"] for one in told["items"]} == {
        "web:1:aa": True,
        "web:2:bb": False,
    }
    (line,) = (one for one in tell("executor", "list").lines if "web:2:bb" in one)
    assert line.split()[:3] == ["web:2:bb", "no", "1"]
    Executor.objects.filter(id="web:2:bb").update(
        threads=32, threads_busy=8, coroutines=1000
    )
    (line,) = (one for one in tell("executor", "list").lines if "web:2:bb" in one)
    assert line.split()[2:5] == ["1", "8/32", "0/1,000"]
    run("b", checkout, 1)
    (item,) = tell("app_version", "list", "--json").json["items"]
    assert (item["name"], item["current"]) == (durable.application_version, True)
    assert tell("app_version", "list").lines[1].split()[:2] == [
        durable.application_version,
        "yes",
    ]
