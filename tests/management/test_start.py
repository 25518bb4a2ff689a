"""`workflow start`, with and without waiting."""

import pytest
from django.core.management import CommandError, call_command

import durable_engine as durable
from durable_engine.models import Workflow
from tests.console import rows
from tests.management.conftest import tell

pytestmark = pytest.mark.usefixtures("engine_database")


def test_start_writes_the_id_and_says_that_nobody_runs_it():
    told = tell("workflow", "start", "commands.checkout", "--args", "[42]")
    assert told.status == 0
    assert "No worker is running" in told.err
    row = Workflow.objects.get()
    assert told.out == f"{row.id}\n"
    assert (row.status, row.inputs) == ("ENQUEUED", '{"args":[42],"kwargs":{}}')
    assert "@" in row.started_by


def test_every_option_of_a_start():
    rows.executor()
    options = {
        "--id": "order-42",
        "--queue": "commands.mail",
        "--kwargs": '{"note": "é"}',
        "--timeout": "60",
        "--priority": "3",
        "--delay": "3600",
        "--deduplication-id": "d",
        "--attributes": '{"customer": 7}',
    }
    flat = [part for pair in options.items() for part in pair]
    start = ("workflow", "start", "commands.checkout", "--json", *flat)
    told = tell(*start)
    assert (told.status, told.err) == (0, "")
    assert (told.json["id"], told.json["status"]) == ("order-42", "DELAYED")
    row = Workflow.objects.get()
    assert (row.queue_name, row.timeout_seconds, row.priority) == (
        "commands.mail",
        60,
        3,
    )
    assert (row.deduplication_id, row.attributes) == ("d", {"customer": 7})
    assert tell(*start).json["id"] == "order-42"
    assert Workflow.objects.count() == 1


REFUSED = [
    (["nothing"], 2, "No workflow is registered as 'nothing'"),
    (["commands.parent", "--args", "[1]"], 2, "cannot be called so: too many"),
    (["commands.checkout", "--args", "{}"], 2, "give a JSON array such as"),
    (["commands.checkout", "--kwargs", "[]"], 2, "give a JSON object such as"),
    (["commands.checkout", "--args", "[NaN]"], 2, "not JSON"),
    (["commands.checkout", "--id", "x\ny"], 2, "printable characters only"),
    (["commands.checkout", "--timeout", "0"], 2, "must be above 0 seconds"),
    (["commands.checkout", "--id", "x" * 256], 2, "255"),
    (["commands.checkout", "--id", "used"], 1, "'used'"),
]


def test_what_cannot_be_started():
    rows.workflow("used", name="another")
    for arguments, status, message in REFUSED:
        told = tell("workflow", "start", *arguments)
        assert (told.status, told.out) == (status, "")
        assert message in told.err
        assert Workflow.objects.count() == 1


def test_programs_that_call_it_are_told_of_wrong_usage_by_the_same_status():
    with pytest.raises(CommandError, match="argument --args: not JSON") as caught:
        call_command("workflow", "start", "commands.checkout", "--args", "{")
    assert caught.value.returncode == 2


def test_waiting_for_the_end(worker):
    start = ("workflow", "start", "commands.checkout", "--wait", "--args")
    told = tell(*start, "[5]")
    assert (told.status, told.out) == (0, '{\n  "paid": 5\n}\n')
    told = tell(*start, "[6]", "--json")
    assert (told.json["status"], told.json["output"]) == ("SUCCESS", {"paid": 6})
    told = tell(*start, '["bad"]', "--id", "b")
    assert (told.status, told.out) == (1, "")
    assert told.err == (
        "CommandError: b ended as ERROR: ValueError: card \\x1b[31mrefused\n"
    )
    told = tell(*start, '["bad"]', "--id", "b", "--json")
    assert (told.status, told.json["status"]) == (1, "ERROR")
    assert durable.get_workflow_status("b").status == "ERROR"
