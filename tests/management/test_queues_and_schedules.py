"""`queue` and `schedule`."""

import pytest

import durable_engine as durable
from durable_engine import client
from durable_engine.models import Workflow
from tests.management.conftest import tell

pytestmark = pytest.mark.usefixtures("engine_database")


@durable.workflow(name="commands.tick")
def tick(scheduled_at, context):
    return context


def queue(name: str) -> durable.QueueInfo:
    return {one.name: one for one in client.list_queues()}[name]


def test_queues_are_paused_limited_and_reset():
    told = tell("queue", "pause", "commands.mail", "other", "x" * 300, "--json")
    assert told.status == 1
    assert told.json["changed"] == ["commands.mail", "other"]
    assert queue("other").paused
    limits = ("--concurrency", "9", "--limiter", "50/60", "--partition-concurrency=2")
    assert tell("queue", "set", "commands.mail", *limits).out == "commands.mail  set\n"
    assert queue("commands.mail").overridden == {
        "concurrency": 9,
        "limiter": {"limit": 50, "period": 60.0},
        "partition_concurrency": 2,
    }
    items = {one["name"]: one for one in tell("queue", "list", "--json").json["items"]}
    assert items["commands.mail"]["effective"]["concurrency"] == 9
    (line,) = (one for one in tell("queue", "list").lines if "commands.mail" in one)
    assert line.split() == [
        "commands.mail",
        *"000",
        "yes",
        "concurrency=9*",
        "limiter=50/60s*",
        "partition_concurrency=2*",
    ]
    reset = ("--concurrency", "none", "--limiter", "none")
    assert tell("queue", "set", "commands.mail", *reset).status == 0
    assert queue("commands.mail").overridden == {"partition_concurrency": 2}
    assert tell("queue", "resume", "-", stdin="other\ncommands.mail\n").status == 0
    assert not queue("commands.mail").paused


REFUSED = [
    (["set", "q"], 2, "give at least one limit: --concurrency, --worker-concurr"),
    (["set", "q", "--concurrency", "0"], 2, "give a whole number of at least 1"),
    (["set", "q", "--limiter", "50"], 2, "give N/SECONDS such as 50/60"),
    (["set", "q", "--limiter", "0/5"], 2, "give N/SECONDS such as 50/60"),
    (["set", "q", "--limiter", '{"limit": 0}'], 2, "limit"),
    (["pause", "durable.internal"], 1, "1 of 1 left alone."),
    (["pause"], 2, "the following arguments are required: QUEUE"),
]


def test_what_a_queue_cannot_be_told():
    for arguments, status, message in REFUSED:
        told = tell("queue", *arguments)
        assert told.status == status
        assert message in told.err


def test_schedules():
    client.create_schedule(
        schedule_name="nightly",
        workflow_fn=tick,
        schedule="0 3 * * *",
        context={"secret": 1},
    )
    (item,) = tell("schedule", "list", "--json").json["items"]
    assert (item["name"], item["schedule"], item["context"]) == (
        "nightly",
        "0 3 * * *",
        {"secret": 1},
    )
    assert tell("schedule", "list").lines[1].split()[:2] == ["nightly", "ACTIVE"]
    assert tell("schedule", "pause", "nightly").out == "nightly  paused\n"
    got = tell("schedule", "get", "nightly", "--json").json
    assert (got["status"], got["next_fire_at"]) == ("PAUSED", None)
    assert "status              PAUSED" in tell("schedule", "get", "nightly").out
    told = tell("schedule", "trigger", "nightly", "nobody", "--json")
    assert told.status == 1
    triggered = told.json["made"]["nightly"]
    assert triggered.startswith("sched-nightly-trigger-")
    assert told.json["unchanged"]["nobody"].startswith("There is no schedule 'nobody'.")
    span = ("--start", "2026-11-01T00:00:00Z", "--end", "2026-11-03T12:00:00Z")
    told = tell("schedule", "backfill", "nightly", *span)
    assert told.lines[0] == "nightly  backfilled: 3"
    assert told.lines[1] == "  sched-nightly-2026-11-01T03:00:00+00:00"
    backwards = ("--start", span[3], "--end", span[1])
    told = tell("schedule", "backfill", "nightly", *backwards)
    assert told.status == 2
    assert "end must be after start: 2026-11-01T00:00:00+00:00" in told.err
    history = tell("schedule", "history", "nightly", "--json").json["items"]
    assert {one["id"] for one in history} == set(
        Workflow.objects.values_list("id", flat=True)
    )
    assert tell("schedule", "resume", "nightly").status == 0
    assert tell("schedule", "delete", "nightly").out == "nightly  deleted\n"
    assert tell("schedule", "get", "nightly").status == 1
    assert len(tell("schedule", "history", "nightly").lines) == 5
    assert tell("schedule", "history", "nobody").status == 1
    told = tell("schedule", "backfill", "x", "--start", "1", "--end", "2")
    assert told.status == 2
    assert "start must be an aware datetime or ISO 8601" in told.err
