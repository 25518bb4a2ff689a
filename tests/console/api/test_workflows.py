"""Workflows by the API: lists, starts, one, waiting; and what payloads need."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

import durable_engine as durable
from console.api import paging, workflows
from console.api.items import WorkflowItem
from console.models import AuditEntry
from console.queries import statuses
from durable_engine import client
from durable_engine.inspection import finding
from durable_engine.models import Workflow
from durable_engine.records import WorkflowStatus
from durable_engine.serialization import encode_error
from durable_engine.store.session import connection_of
from tests.console import rows
from tests.console.api.conftest import ROOT, Program, program

IDS = ["a/b", "..", ".", "50%", "a%2Fb", "ü 日", "a~2Fb", "bulk", "x/steps", "?#&=+"]


@durable.workflow(name="api.greet")
def greet(name: str, *, loud: bool = False) -> str:
    return f"{name} {loud}"


@durable.workflow(name="api.other")
def other(name: str, *, loud: bool) -> None:
    del name, loud


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def write_failed(workflow_id: str = "order-1") -> None:
    text = encode_error(RuntimeError("secret reason"), limit_bytes=10_000)
    rows.workflow(
        workflow_id,
        "ERROR",
        error=text,
        output='{"~decimal":"1.50"}',
        inputs='{"args":["secret card"],"kwargs":{"n":1}}',
        attributes={"customer": "secret name"},
    )


def test_list_pages_through_everything_once(reader: Program) -> None:
    expected = rows.workflows(7)
    first = reader.get("workflows?limit=3")
    assert ids(first) == expected[:3]
    second = reader.get(f"workflows?limit=3&cursor={first['next']}")
    third = reader.get(f"workflows?limit=3&cursor={second['next']}")
    assert ids(first) + ids(second) + ids(third) == expected
    assert third["next"] is None
    oldest = reader.get("workflows?limit=2&sort_desc=false")
    assert ids(oldest) == expected[::-1][:2]


def test_filters_take_a_value_or_several(everything: Program) -> None:
    rows.workflow("a-1", "SUCCESS", queue_name="mail", attributes={"c": 7, "d": 1})
    rows.workflow("a-2", "ERROR", name="shop.workflows.refund", attributes={"c": 8})
    rows.workflow("b-3", "PENDING", created_at=rows.START + timedelta(hours=1))

    def found(query: str) -> list[str]:
        return sorted(ids(everything.get(f"workflows?{query}")))

    assert found("status=ERROR") == ["a-2"]
    assert found("status=ERROR&status=PENDING") == ["a-2", "b-3"]
    assert found("workflow_ids=a-1&workflow_ids=b-3") == ["a-1", "b-3"]
    assert found("workflow_id_prefix=a-") == ["a-1", "a-2"]
    both = "workflow_id_prefix=a-1&workflow_id_prefix=a-2"
    assert found(both) == ["a-1", "a-2"]
    assert found("name=shop.workflows.refund") == ["a-2"]
    assert found("queue_name=mail") == ["a-1"]
    assert found('attributes={"c":7}') == ["a-1"]
    assert found("search=REFUND") == ["a-2"]
    assert found("start_time=2026-11-22T12:30:00%2B00:00") == ["b-3"]
    assert found("start_time=2026-11-22T12:30:00+00:00") == ["b-3"]
    assert found("completed_before=2026-11-22T12:30:00Z") == ["a-1", "a-2"]
    assert found("subject=shop.order:1") == []


WRONG_FILTERS = [
    "limit=0",
    "limit=1001",
    "limit=many",
    "cursor=forged",
    "cursor=é",
    "status=LATE",
    "attributes=7",
    "attributes=%7B",
    "attributes=%7B%22a%22:%22%5Cu0000%22%7D",
    "start_time=yesterday",
    "end_time=2026-13-40T00:00:00Z",
    "start_time=0001-01-01T00:00:00%2B23:59",
    "subject=nothing:1",
    "subject=shop.order:x",
    "statsu=ERROR",
    "name=%00",
    "search=%00",
    "sort_desc=perhaps",
]


def test_wrong_filters_are_refused(everything: Program) -> None:
    rows.workflow("order-1")
    for levels in (300, 900, 2000):
        deep = '{"a":' * levels + "1" + "}" * levels
        everything.get(f"workflows?attributes={deep}", 422)
    for query in WRONG_FILTERS:
        problem = everything.get(f"workflows?{query}", 422)
        assert problem["instance"] == f"{ROOT}workflows"


def test_a_list_that_takes_too_long_is_given_up(
    reader: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search_for_ever(**_: Any) -> None:
        with connection_of("default").cursor() as cursor:
            cursor.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT -i FROM n) "
                "SELECT count(*) FROM n"
            )

    monkeypatch.setattr(statuses, "QUERY_SECONDS", 0.05)
    monkeypatch.setattr(statuses.inspection, "list_workflows", search_for_ever)
    problem = reader.get("workflows?search=nowhere", 503)
    assert problem["type"].endswith("too-slow")
    assert "Add a status, a name, or a span of time." in problem["detail"]
    monkeypatch.undo()
    assert reader.get("workflows")["items"] == []


def test_item_has_the_names_of_the_public_record() -> None:
    assert set(WorkflowStatus.__dataclass_fields__) < set(WorkflowItem.model_fields)


def test_payloads_are_plain_json_for_who_may_see_them(everything: Program) -> None:
    write_failed()
    item = everything.get("workflows/order-1")
    assert item["id"] == item["workflow_id"] == "order-1"
    assert item["created_at"] == "2026-11-22T12:00:00+00:00"
    assert item["input"] == {"args": ["secret card"], "kwargs": {"n": 1}}
    assert item["output"] == "1.50"
    assert item["error"]["type"] == "RuntimeError"
    assert item["error"]["message"] == "secret reason"
    assert "secret reason" in item["error"]["traceback"]
    assert item["payload_hidden"] is False
    (listed,) = everything.get("workflows")["items"]
    assert (listed["input"], listed["output"], listed["error"]) == (None, None, None)
    (loaded,) = everything.get("workflows?load_input=true&load_output=true")["items"]
    assert loaded == item


def test_payloads_are_hidden_from_others(reader: Program) -> None:
    write_failed()
    for path in ("workflows/order-1", "workflows?load_input=1&load_output=1"):
        response = reader.call("get", path)
        assert response.status_code == 200
        assert "secret" not in response.content.decode()
    item = reader.get("workflows/order-1")
    assert item["payload_hidden"] is True
    assert item["error"] == {
        "type": "RuntimeError",
        "message": None,
        "traceback": None,
    }
    assert set(reader.get("workflows")) == {"items", "next"}
    found = {"items": [], "next": None, "search_limited": False}
    assert reader.get("workflows?search=secret") == found
    assert ids(reader.get("workflows?search=CHECKOUT")) == ["order-1"]
    problem = reader.get('workflows?attributes={"customer":7}', 403)
    assert problem["permission"] == "durable_engine.view_payload"


def test_a_page_that_looked_long_enough_says_how_far(
    everything: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.workflows(6)
    monkeypatch.setattr(finding, "_NEAR_ROWS", 4)
    monkeypatch.setattr(statuses, "LOOK_SECONDS", 0.0)
    page = everything.get("workflows?search=rder-1&load_input=1")
    assert (page["items"], page["looked_to"]) == ([], "2026-11-22T12:00:02+00:00")
    rest = everything.get(f"workflows?search=rder-1&load_input=1&cursor={page['next']}")
    assert ids(rest) == ["order-1"]
    assert (rest["next"], "looked_to" in rest) == (None, False)


def test_pages_end_early_where_payloads_are_large(
    everything: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.queries.statuses.API_PAGE_CHARACTERS", 1000)
    rows.workflows(5, output=f'"{"x" * 400}"')
    page = everything.get("workflows?load_output=true")
    assert 0 < len(page["items"]) < 5
    seen = ids(page)
    while page["next"]:
        page = everything.get(f"workflows?load_output=true&cursor={page['next']}")
        seen += ids(page)
    assert seen == [f"order-{number}" for number in reversed(range(5))]


def test_every_id_opens_by_its_links(everything: Program) -> None:
    for workflow_id in IDS:
        rows.workflow(workflow_id)
    items = everything.get("workflows")["items"]
    assert {item["id"] for item in items} == set(IDS)
    for item in items:
        address = item["links"]["self"]
        assert everything.get(address)["id"] == item["id"]
        assert everything.get(f"{address}/steps")["items"] == []
        copy = everything.post(f"{address}/restart", status=201)
        assert copy["forked_from"] == item["id"]
        assert everything.client.get(item["links"]["page"]).status_code == 302


def test_percent_encoded_ids_open_too(reader: Program) -> None:
    for workflow_id in ("a/b", "50%", "ü 日", "a/b/c", "?#&=+"):
        rows.workflow(workflow_id)
        path = f"workflows/{quote(workflow_id, safe='')}"
        assert reader.get(path)["id"] == workflow_id
        assert reader.get(f"{path}/steps")["items"] == []


def test_unknown_ids_are_not_found(reader: Program) -> None:
    for path in ("nobody", "x" * 300, "a~00b", "nobody?wait=5"):
        problem = reader.get(f"workflows/{path}", 404)
        assert problem["type"] == "urn:durable-engine:problem:unknown-workflow"


def test_start_answers_once_201_and_then_200(everything: Program) -> None:
    body = {
        "name": "api.greet",
        "args": ["ada"],
        "kwargs": {"loud": True},
        "workflow_id": "hello/1",
        "attributes": {"customer": 7},
        "reason": "because",
    }
    response = everything.call("post", "workflows", body)
    assert response.status_code == 201
    item = response.json()
    assert response["Location"] == item["links"]["self"]
    assert (item["status"], item["attributes"]) == ("ENQUEUED", {"customer": 7})
    assert item["input"] == {"args": ["ada"], "kwargs": {"loud": True}}
    assert item["started_by"] == "everything"
    assert everything.post("workflows", body)["id"] == "hello/1"
    assert Workflow.objects.count() == 1
    entries = AuditEntry.objects.filter(action="start_workflow", target_id="hello/1")
    assert [(one.via, one.reason) for one in entries] == [("api", "because")] * 2
    conflict = everything.post("workflows", {**body, "name": "api.other"}, 409)
    assert conflict["type"] == "urn:durable-engine:problem:id-in-use"


def test_start_on_a_queue_with_options(everything: Program) -> None:
    body = {
        "name": "api.greet",
        "args": ["ada"],
        "queue": "mail",
        "priority": 2,
        "delay_seconds": 60,
        "timeout_seconds": 5,
        "deduplication_id": "one",
        "queue_partition_key": "k",
    }
    item = everything.post("workflows", body, 201)
    names = ("status", "queue_name", "priority", "deduplication_id")
    assert [item[name] for name in names] == ["DELAYED", "mail", 2, "one"]
    conflict = everything.post("workflows", body, 409)
    assert conflict["type"] == "urn:durable-engine:problem:deduplicated"
    assert conflict["workflow_id"] == item["id"]


WRONG_STARTS: list[dict[str, Any]] = [
    {"name": "api.unknown"},
    {"name": 7},
    {"args": {}},
    {"args": ["a", "b", "c"]},
    {"kwargs": {"quiet": True}},
    {"workflow_id": ""},
    {"workflow_id": "a\0b"},
    {"workflow_id": "x" * 256},
    {"priority": 0},
    {"priority": 10**30},
    {"delay_seconds": -1},
    {"timeout_seconds": 0},
    {"timeout_seconds": 10**400},
    {"deduplication_id": ""},
    {"queue": "q" * 256},
    {"queue": ""},
    {"attributes": [1]},
    {"attributes": {"a": "\0"}},
    {"attributes": {"a": 10**30}},
    {"attributes": {"a": nested(300)}},
    {"attributes": {"a": nested(900)}},
    {"kwargs": {"name": nested(900)}, "args": []},
    {"args": [nested(900)]},
    {"reason": "x" * 2001},
    {"reason": "\0"},
    {"nmae": "api.greet"},
]


def test_wrong_starts_are_refused(everything: Program) -> None:
    for wrong in WRONG_STARTS:
        body = {"name": "api.greet", "args": ["ada"], **wrong}
        everything.post("workflows", body, 422)
    assert not Workflow.objects.exists()


def test_large_integers_and_deep_values_arrive_exactly(everything: Program) -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    body = {"name": "api.greet", "args": [[2**70, deep, "\0 \u20ac", 1e300]]}
    item = everything.post("workflows", body, 201)
    assert item["input"]["args"] == body["args"]
    for _ in range(100):
        deep = {"a": deep}
    problem = everything.post("workflows", {"name": "api.greet", "args": [deep]}, 422)
    assert problem["type"] == "urn:durable-engine:problem:not-storable"


def test_only_what_may_be_known_is_answered_to_who_may_only_start(
    engine_database: str,
) -> None:
    del engine_database
    starter = program("starter", "durable_engine.start_workflow")
    body = {"name": "api.greet", "args": ["ada"], "workflow_id": "w"}
    assert starter.post("workflows", body, 201) == {
        "id": "w",
        "workflow_id": "w",
        "name": "api.greet",
        "status": "ENQUEUED",
        "links": {
            "self": "/durable/api/workflows/w",
            "page": "/durable/workflows/w/",
        },
    }
    starter.get("workflows/w", 403)


def test_waiting_ends_with_the_workflow_or_the_time(everything: Program) -> None:
    rows.workflow("done")
    rows.workflow("going", "PENDING")
    assert everything.get("workflows/done?wait=30")["status"] == "SUCCESS"
    assert everything.get("workflows/going?wait=0.1")["status"] == "PENDING"
    for wrong in ("-1", "61", "nan", "x"):
        everything.get(f"workflows/going?wait={wrong}", 422)


def test_waiters_are_bounded(
    everything: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.workflow("going", "PENDING")
    room = workflows.room
    caller = type("Caller", (), {"ident": "somebody"})()
    with room.place(caller, most=2), room.place(caller, most=2):
        response = everything.call("get", "workflows/going?wait=0.1")
        assert response.status_code == 200  # four may wait
        monkeypatch.setattr("console.api.waiting.API_WAITERS_WSGI", 2)
        response = everything.call("get", "workflows/going?wait=30")
        assert response.status_code == 429
        assert response["Retry-After"] == "1"
    assert not room._taken


def test_engine_is_asked_for_names_that_it_knows() -> None:
    fields = set(workflows.StartBody.model_fields) - {"reason"}
    assert fields == set(client.StartOrder.__dataclass_fields__)


def test_forged_cursors_are_refused(reader: Program) -> None:
    rows.workflow("order-1")
    hostile = ["2026-11-22T12:00:00+00:00", "a\0b"]
    ancient = ["0001-01-01T00:00:00+23:00", "order-1"]
    places: list[Any] = ["x", "é", True, None, [1], 2**60, -5, 1.5, hostile, ancient]
    for place in places:
        cursor = quote(paging.cursor_after(place))
        reader.get(f"workflows/order-1/steps?cursor={cursor}", 422)
        if not isinstance(place, str):
            reader.get(f"queues?cursor={cursor}", 422)
        reader.get(f"workflows?cursor={cursor}", 422)
