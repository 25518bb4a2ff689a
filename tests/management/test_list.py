"""`workflow list`: filters, pages, documents, tables."""

import io
import json
from datetime import timedelta

import pytest

import durable_engine as durable
from durable_engine.inspection import listing as pages
from durable_engine.management.workflow import listing
from tests.console import rows
from tests.management.conftest import MAIL, Tty, checkout, parent, run, tell
from tests.support.shop.models import Order

pytestmark = pytest.mark.usefixtures("engine_database")


def ids(*arguments: str) -> list[str]:
    told = tell("workflow", "list", *arguments, "--ids")
    assert told.status == 0, told.err
    return told.lines


def test_every_filter_of_list_workflows():
    order = Order.objects.create(reference="7")
    with durable.SetWorkflowAttributes({"customer": 7}, subject=order):
        run("a", checkout, "Zürich")
    run("b%", checkout, "bad")
    run("p", parent)
    with durable.SetWorkflowID("q"):
        MAIL.enqueue(checkout)
    with durable.SetWorkflowID("f"):
        durable.fork_workflow("a", 1)
    rows.workflow("s", schedule_name="nightly", created_at=rows.START)
    assert ids() == ["f", "q", "p-1", "p", "b%", "a", "s"]
    assert ids("--oldest-first")[0] == "s"
    assert ids("--id", "a", "--workflow-ids", "q") == ["q", "a"]
    assert ids("--status", "error,enqueued") == ["f", "q", "b%"]
    assert ids("--status", "ERROR", "--status", "ENQUEUED") == ["f", "q", "b%"]
    assert ids("--name", "commands.parent") == ["p"]
    assert ids("--queue", "commands.mail") == ["q"]
    assert len(ids("--app-version", durable.application_version)) == 6
    assert ids("--executor", durable.executor_id, "--executor-id", "x")[-1] == "a"
    assert ids("--parent", "p") == ["p-1"]
    assert ids("--forked-from", "a") == ["f"]
    assert ids("--schedule", "nightly") == ["s"]
    assert ids("--prefix", "b%") == ["b%"]
    assert ids("--attributes", '{"customer": 7}') == ["f", "a"]
    assert ids("--subject", f"shop.Order:{order.pk}") == ["f", "a"]
    assert ids("--search", "üRICH") == ["f", "a"]
    hour = timedelta(hours=1)
    assert ids("--end-time", (rows.START + hour).isoformat()) == ["s"]
    assert "s" not in ids("--start-time", (rows.START + hour).isoformat())
    assert ids("--completed-before", (rows.START + hour).isoformat()) == ["s"]
    assert ids("--completed-after", "2999-01-01T00:00:00Z") == []


REFUSED = [
    (["--status", "DONE"], "UsageError: there is no status 'DONE'; known"),
    (["--start-time", "2026"], "start_time must be an aware datetime or ISO 8601"),
    (["--end-time", "2026-13-01T00:00:00Z"], "month must be in 1..12"),
    (["--cursor", "x"], "the cursor 'x' is none that a list gave out"),
    (["--subject", "shop.Order"], "subject must be APP.MODEL:PK"),
    (["--subject", "shop.Order:x"], "subject must be APP.MODEL:PK"),
    (["--attributes", "[1]"], "give a JSON object such as"),
    (["--attributes", "{"], "not JSON: '{'"),
    (["--limit", "0"], "give a whole number of at least 1, not '0'"),
    (["--colour", "red"], "unrecognized arguments: --colour red"),
]


def test_what_cannot_be_meant_is_usage():
    for arguments, message in REFUSED:
        told = tell("workflow", "list", *arguments)
        assert (told.status, told.out) == (2, "")
        assert message in told.err


def test_pages_of_any_size_are_one_document(monkeypatch):
    made = rows.workflows(9)
    for room in (pages, listing):
        monkeypatch.setattr(room, "MOST_ROWS", 4)
    assert ids("--all") == ids("--limit", "1000000") == made
    told = tell("workflow", "list", "--limit", "6", "--json")
    assert [one["id"] for one in told.json["items"]] == made[:6]
    rest = tell("workflow", "list", "--cursor", told.json["next"], "--json").json
    assert [one["id"] for one in rest["items"]] == made[6:]
    assert rest["next"] is None
    assert told.err == ""
    told = tell("workflow", "list", "--limit", "6")
    assert "There are more: --all, --limit N, or --cursor" in told.err
    assert tell("workflow", "list", "--status", "ERROR", "--json").json == {
        "items": [],
        "next": None,
    }


def test_list_is_written_while_it_is_read(monkeypatch):
    """Of a million rows no more than one page is in memory."""
    rows.workflows(9)
    monkeypatch.setattr(listing, "MOST_ROWS", 3)
    out = io.StringIO()
    written = []
    original = listing.list_workflows

    def read(**filters):
        written.append(out.getvalue().count('"id"'))
        return original(**filters)

    monkeypatch.setattr(listing, "list_workflows", read)
    tell("workflow", "list", "--all", "--json", out=out)
    assert written == [0, 3, 6]
    assert len(json.loads(out.getvalue())["items"]) == 9


def test_item_has_the_names_of_the_contract():
    run("a", checkout, "x")
    told = tell("workflow", "list", "--json", "--load-input", "--load-output")
    (item,) = told.json["items"]
    assert set(durable.WorkflowStatus.__dataclass_fields__) | {"id"} == set(item)
    assert item["id"] == item["workflow_id"] == "a"
    assert item["input"] == {"args": ["x"], "kwargs": {}}
    assert item["output"] == {"paid": "x"}
    assert item["created_at"].endswith("+00:00")
    (item,) = tell("workflow", "list", "--json").json["items"]
    assert (item["input"], item["output"]) == (None, None)


def test_table_fits_the_terminal_and_only_there_it_is_coloured(monkeypatch):
    rows.workflow("日本-" + "x" * 60, "ERROR", queue_name="mail")
    rows.workflow("b", name="shop.workflows." + "y" * 40, queue_name="durable.internal")
    told = tell("workflow", "list")
    assert told.lines[0].split() == ["ID", "STATUS", "NAME", "QUEUE", "CREATED"]
    assert "x" * 60 in told.out
    assert "\x1b" not in told.out
    monkeypatch.setenv("COLUMNS", "100")
    told = tell("workflow", "list")
    assert max(len(line.replace("日本", "....")) for line in told.lines) <= 100
    assert "日本-" in told.out
    assert "…" in told.out
    for width in ("80", "40", "12"):
        monkeypatch.setenv("COLUMNS", width)
        told = tell("workflow", "list")
        wide = max(len(line.replace("日本", "....")) for line in told.lines)
        assert wide <= int(width)
        assert told.lines[0].split()[0] == "ID"
    monkeypatch.setenv("COLUMNS", "100")
    coloured = tell("workflow", "list", "--force-color", out=Tty()).out
    assert "\x1b[31;1mERROR" in coloured
    assert "\x1b" not in tell("workflow", "list", "--no-color", out=Tty()).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in tell("workflow", "list", "--force-color", out=Tty()).out
