"""What belongs to workflows, and queues, schedules, processes, by the API."""

import durable_engine as durable
from console.models import AuditEntry
from durable_engine.models import (
    ApplicationVersion,
    Event,
    Executor,
    Message,
    StreamEntry,
)
from durable_engine.serialization import encode_error
from tests.console import rows
from tests.console.api.conftest import Program, program


@durable.workflow(name="api.tick")
def tick(scheduled_at: object, context: object) -> None:
    del scheduled_at, context


durable.Queue("api-mail", concurrency=5)


def everything_of(caller: Program, path: str) -> list[object]:
    """Read a list to its end, two items at a time."""
    found: list[object] = []
    page = caller.get(f"{path}?limit=2")
    while True:
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next"] is None:
            return found
        page = caller.get(f"{path}?limit=2&cursor={page['next']}")


def write_contents() -> None:
    rows.workflow("order-1", "PENDING")
    for number in range(1, 6):
        rows.step("order-1", number, output='"secret"')
    error = encode_error(ValueError("secret"), limit_bytes=10_000)
    rows.step("order-1", 6, output=None, error=error)
    for number in range(3):
        Event.objects.create(
            workflow_id="order-1",
            key=f"key/{number}",
            value='"secret"',
            position=number,
            updated_at=rows.START,
        )
        Message.objects.create(
            workflow_id="order-1", body='"secret"', created_at=rows.START
        )
        StreamEntry.objects.create(
            workflow_id="order-1",
            key="log/1",
            offset=number,
            value='"secret"',
            position=number,
            created_at=rows.START,
        )
        rows.workflow(f"child-{number}", parent_workflow_id="order-1")


def test_contents_page_to_their_end(everything: Program) -> None:
    write_contents()
    steps = everything_of(everything, "workflows/order-1/steps")
    assert [step["position"] for step in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[0]["output"] == "secret"
    assert steps[5]["error"]["message"] == "secret"
    events = everything_of(everything, "workflows/order-1/events")
    assert [event["key"] for event in events] == ["key/0", "key/1", "key/2"]
    assert events[0]["value"] == "secret"
    messages = everything_of(everything, "workflows/order-1/messages")
    assert [message["message"] for message in messages] == ["secret"] * 3
    children = everything_of(everything, "workflows/order-1/children")
    assert {child["id"] for child in children} == {"child-0", "child-1", "child-2"}
    for name in ("steps", "events", "messages", "children", "streams/log"):
        everything.get(f"workflows/gone/{name}", 404)
        everything.get(f"workflows/order-1/{name}?limit=0", 422)
        everything.get(f"workflows/order-1/{name}?lmit=1", 422)


def test_stream_goes_on_until_it_ends(everything: Program) -> None:
    write_contents()
    path = "workflows/order-1/streams/log~2F1"
    page = everything.get(f"{path}?limit=2")
    assert [item["offset"] for item in page["items"]] == [0, 1]
    page = everything.get(f"{path}?cursor={page['next']}")
    assert [item["offset"] for item in page["items"]] == [2]
    assert (page["ended"], page["next"] is None) == (False, False)
    again = everything.get(f"{path}?after=2&wait=0.1")
    assert (again["items"], again["ended"]) == ([], False)
    StreamEntry.objects.create(
        workflow_id="order-1",
        key="log/1",
        offset=3,
        closes=True,
        position=9,
        created_at=rows.START,
    )
    page = everything.get(f"{path}?cursor={page['next']}&wait=30")
    assert page == {"items": [], "next": None, "ended": True}
    assert everything.get(f"{path}?after=0")["ended"] is True
    rows.workflow("over")
    assert everything.get("workflows/over/streams/log?wait=30")["ended"] is True


def test_contents_need_view_payload(reader: Program) -> None:
    write_contents()
    for name in ("events", "messages", "streams/log~2F1"):
        problem = reader.get(f"workflows/order-1/{name}", 403)
        assert problem["permission"] == "durable_engine.view_payload"
    for name in ("steps", "children"):
        response = reader.call("get", f"workflows/order-1/{name}")
        assert response.status_code == 200
        assert "secret" not in response.content.decode()
    step = reader.get("workflows/order-1/steps")["items"][5]
    assert step["payload_hidden"] is True
    assert step["error"] == {"type": "ValueError", "message": None, "traceback": None}


def test_queues(everything: Program, reader: Program) -> None:
    def mail() -> dict[str, object]:
        items = everything_of(everything, "queues")
        return next(item for item in items if item["name"] == "api-mail")

    assert mail()["declared"] == {"concurrency": 5}
    assert everything.post("queues/api-mail/pause", {"reason": "flood"})["paused"]
    assert mail()["paused"] is True
    assert not everything.post("queues/api-mail/resume")["paused"]
    limits = {"concurrency": 2, "limiter": {"limit": 5, "period": 60.0}}
    response = everything.call("patch", "queues/api-mail", limits)
    assert response.json()["effective"] == limits
    response = everything.call("patch", "queues/api-mail", {"concurrency": None})
    assert response.json()["overridden"] == {"limiter": limits["limiter"]}
    for wrong in (
        {},
        {"reason": "x"},
        {"concurrency": 0},
        {"concurrency": "2"},
        {"limiter": {"limit": 1}},
        {"limiter": {"limit": 1, "period": 0}},
        {"priority": 1},
    ):
        assert everything.call("patch", "queues/api-mail", wrong).status_code == 422
    for name in ("x" * 256, "a~00b", "_durable_internal"):
        response = everything.call("post", f"queues/{name}/pause")
        assert response.status_code in (200, 422)
    assert AuditEntry.objects.filter(reason="flood", target_id="api-mail").exists()
    assert {item["name"] for item in reader.get("queues")["items"]} >= {"api-mail"}
    reader.post("queues/api-mail/pause", status=403)
    assert reader.call("patch", "queues/api-mail", limits).status_code == 403


def test_schedules(everything: Program, reader: Program) -> None:
    durable.create_schedule(
        schedule_name="night/ly",
        workflow_fn=tick,
        schedule="0 8 * * *",
        context={"a": "secret"},
    )
    (item,) = everything.get("schedules")["items"]
    assert (item["name"], item["context"]) == ("night/ly", {"a": "secret"})
    (item,) = reader.get("schedules")["items"]
    assert (item["context"], item["payload_hidden"]) == (None, True)
    path = "schedules/night~2Fly"
    assert everything.post(f"{path}/pause")["status"] == "PAUSED"
    assert everything.post(f"{path}/resume")["status"] == "ACTIVE"
    made = everything.post(f"{path}/trigger", {"reason": "now"}, 201)
    assert made["schedule_name"] == "night/ly"
    interval = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-04T00:00:00Z"}
    page = everything.post(f"{path}/backfill", interval, 201)
    assert page["next"] is None
    assert [item["id"] for item in page["items"]] == [
        f"sched-night/ly-2026-11-0{day}T08:00:00+00:00" for day in (1, 2, 3)
    ]
    for item in page["items"]:
        assert everything.get(item["links"]["self"])["id"] == item["id"]
    for wrong in (
        {},
        {**interval, "end": "then"},
        {**interval, "end": "2026-11-04T00:00:00"},
        {**interval, "end": "2026-13-04T00:00:00Z"},
        {**interval, "start": "1900-01-01T00:00:00Z"},
    ):
        everything.post(f"{path}/backfill", wrong, 422)
    backwards = {"start": interval["end"], "end": interval["start"]}
    problem = everything.post(f"{path}/backfill", backwards, 422)
    assert problem["detail"] == (
        "end must be after start: 2026-11-01T00:00:00+00:00 is not after "
        "2026-11-04T00:00:00+00:00"
    )
    for action in ("pause", "resume", "trigger"):
        reader.post(f"{path}/{action}", status=403)
        everything.post(f"schedules/gone/{action}", status=404)
        everything.post(f"schedules/a~00b/{action}", status=404)
    reader.post(f"{path}/backfill", interval, 403)


def test_processes(reader: Program) -> None:
    rows.executor("host:1:aa")
    rows.executor("host:2:bb", alive=False)
    ApplicationVersion.objects.create(
        name="v1", created_at=rows.START, last_seen_at=rows.START
    )
    found = {item["id"]: item["alive"] for item in reader.get("executors")["items"]}
    assert found == {"host:1:aa": True, "host:2:bb": False}
    Executor.objects.update(threads=32, threads_busy=8, queues=["mail"])
    item = reader.get("executors")["items"][0]
    names = ("kind", "threads", "threads_busy", "coroutines", "queues")
    assert [item[name] for name in names] == ["worker", 32, 8, 0, ["mail"]]
    assert [item["name"] for item in reader.get("versions")["items"]] == ["v1"]


def test_reading_needs_view_workflow(engine_database: str) -> None:
    del engine_database
    rows.workflow("order-1")
    caller = program("stranger", "durable_engine.start_workflow")
    for path in (
        "workflows",
        "workflows/order-1",
        "workflows/order-1/steps",
        "workflows/order-1/events",
        "workflows/order-1/messages",
        "workflows/order-1/streams/log",
        "workflows/order-1/children",
        "queues",
        "schedules",
        "executors",
        "versions",
        "feed",
    ):
        problem = caller.get(path, 403)
        assert problem["permission"] == "durable_engine.view_workflow"
