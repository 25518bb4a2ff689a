"""The form that starts a workflow, made of its signature."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from html import unescape
from typing import Any, Literal
from uuid import UUID

import pytest
from django.test import Client

import durable_engine as durable
from console.models import AuditEntry
from console.tables import parameters
from console.tables.refilling import refilled
from durable_engine.client.describing import (
    NOTHING,
    describe_workflow,
    describe_workflows,
)
from durable_engine.errors import UnregisteredWorkflow
from durable_engine.models import Workflow
from tests.console import rows
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

START = "/durable/start/"


class Region(Enum):
    EU = "eu"
    US = "us"


@dataclass
class Address:
    street: str


@durable.workflow(name="tests.starting.everything")
def everything(
    number: int,
    text: str = "none",
    /,
    region: Region = Region.EU,
    *more: float,
    amount: Decimal = Decimal("19.90"),
    when: datetime | None = None,
    speed: Literal["slow", "fast"] = "slow",
    sure: bool = False,
    home: Address | None = None,
    items: list[dict[str, Any]] = [],  # noqa: B006 - a default to be shown
    **options: int,
) -> None:
    """Take one of everything.

    And say so.
    """


@durable.workflow(name="tests.starting.values")
def values(key: UUID, day: date, hour: time, ratio: float) -> None:
    """Take single values."""


def read(**typed: str) -> parameters.Call:
    return parameters.read(
        describe_workflow("tests.starting.everything"),
        {f"p-{name}": text for name, text in typed.items()},
    )


def test_description_says_how_it_is_called() -> None:
    found = describe_workflow("tests.starting.everything")
    assert found.summary == "Take one of everything."
    assert not found.is_coroutine
    kinds = {one.name: (one.kind, one.required) for one in found.parameters}
    assert kinds["number"] == ("positional", True)
    assert kinds["region"] == ("either", False)
    assert kinds["more"] == ("args", False)
    assert kinds["when"] == ("keyword", False)
    assert kinds["options"] == ("kwargs", False)
    first = found.parameters[0]
    assert (first.annotation, first.text, first.default) == (int, "int", NOTHING)
    assert found in describe_workflows()
    with pytest.raises(UnregisteredWorkflow):
        describe_workflow("tests.starting.nothing")


def test_what_was_typed_becomes_values() -> None:
    call = read(
        number="7",
        text="x",
        region="US",
        more="[1.5, 2]",
        amount="3.10",
        when="2026-11-22T12:00",
        speed="fast",
        sure="true",
        home='{"street": "Main"}',
        items='[{"sku": "A"}]',
        options='{"depth": 3}',
    )
    assert call.valid
    assert call.args == (7, "x", Region.US, 1.5, 2)
    assert call.kwargs == {
        "amount": Decimal("3.10"),
        "when": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "speed": "fast",
        "sure": True,
        "home": Address("Main"),
        "items": [{"sku": "A"}],
        "depth": 3,
    }
    # What is left empty keeps its default.
    assert (read(number="7").args, read(number="7").kwargs) == ((7,), {})
    single = parameters.read(
        describe_workflow("tests.starting.values"),
        {
            "p-key": "01234567-89ab-cdef-0123-456789abcdef",
            "p-day": "2026-11-22",
            "p-hour": "12:30",
            "p-ratio": "0.5",
        },
    )
    assert single.args == (
        UUID("01234567-89ab-cdef-0123-456789abcdef"),
        date(2026, 11, 22),
        time(12, 30),
        0.5,
    )


@pytest.mark.parametrize(
    ("name", "typed", "problem"),
    [
        ("number", "", "This must be given."),
        ("number", "seven", "“seven” is no int."),
        ("region", "Mars", "Choose one of: EU, US."),
        ("speed", "medium", "Choose one of: slow, fast."),
        ("amount", "much", "“much” is no Decimal."),
        ("more", "{}", "This must be an array."),
        ("options", "[]", "This must be an object."),
        ("when", "soon", "“soon” is no datetime."),
        ("home", '{"town": "X"}', "unexpected keyword argument"),
        ("items", "[", "This is no JSON"),
        ("text", "a\0b", "At most"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    name: str, typed: str, problem: str
) -> None:
    call = read(**{"number": "7", name: typed})
    assert not call.valid
    problems = {field.label.strip("*"): field.problem for field in call.fields}
    assert problem in problems.pop(name)
    assert not any(problems.values())


def test_defaults_stand_in_the_form() -> None:
    form = parameters.blank(describe_workflow("tests.starting.everything"))
    shown = {field.label: (field.kind, field.text) for field in form.fields}
    assert shown == {
        "number": ("integer", ""),
        "text": ("text", "none"),
        "region": ("choice", "EU"),
        "*more": ("json", ""),
        "amount": ("decimal", "19.90"),
        "when": ("datetime-local", ""),
        "speed": ("choice", "slow"),
        "sure": ("choice", "false"),
        "home": ("json", ""),
        "items": ("json", "[]"),
        "**options": ("json", ""),
    }


def test_a_form_holds_the_arguments_of_an_earlier_call() -> None:
    described = describe_workflow("tests.starting.everything")
    when = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    form = refilled(
        described,
        (7, "ü", Region.US, 1.5),
        {
            "amount": Decimal("5.00"),
            "when": when,
            "sure": True,
            "home": Address("Main St"),
            "items": [{"a": None}],
            "extra": 1,
        },
    )
    shown = {field.label: field.text for field in form.call.fields}
    assert (form.call.valid, form.left) == (True, ())
    call = parameters.read(
        described, {field.name: field.text for field in form.call.fields}
    )
    assert call.args == (7, "ü", Region.US, 1.5)
    assert call.kwargs == {
        "amount": Decimal("5.00"),
        "when": when,
        "speed": "slow",
        "sure": True,
        "home": Address("Main St"),
        "items": [{"a": None}],
        "extra": 1,
    }
    assert shown["speed"] == "slow"  # not given: its default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("items", ({"a": 1},)),  # a tuple would come back as a list
        ("items", [{"a": Decimal(1)}]),
        ("home", {"street": "x"}),  # a dict would come back as an Address
        ("amount", 5),
        ("sure", None),
        ("when", datetime(2026, 11, 22, 12, 0, 0, 7, tzinfo=UTC)),
    ],
)
def test_what_a_form_cannot_hold_is_said_and_left(name: str, value: object) -> None:
    described = describe_workflow("tests.starting.everything")
    form = refilled(described, (7, "a\nb"), {name: value})
    problems = {f.label: (f.text, f.problem) for f in form.call.fields if f.problem}
    assert problems == {
        "text": ("", "'a\\nb' cannot be written here, and was left out."),
        name: ("", f"{value!r} cannot be written here, and was left out."),
    }
    none = describe_workflow("tests.starting.values")
    assert refilled(none, (1, 2, 3, 4, 5), {"gone": 6}).left == ("5", "gone=6")


@pytest.fixture
def starter(engine_database: str) -> Client:
    """A browser of somebody who may start workflows."""
    del engine_database
    client = Client()
    client.force_login(make_user("starter", "view_workflow", "start_workflow"))
    return client


def test_a_workflow_is_started_as_the_form_says(starter: Client) -> None:
    form = {"name": "tests.starting.everything", "p-number": "seven"}
    refused = starter.post(START, form)
    assert refused.status_code == 422
    html = unescape(refused.content.decode())
    assert re.search(r'id="field-p-number-problem">“seven” is no int\.<', html)
    assert 'value="seven"' in html
    assert not Workflow.objects.exists()
    form |= {
        "p-number": "7",
        "p-sure": "true",
        "workflow_id": "mine/1",
        "queue": "mail",
        "priority": "2",
        "delay_seconds": "60",
        "timeout_seconds": "5.5",
        "attributes": '{"customer": 7}',
        "reason": "a test",
    }
    response = starter.post(START, form)
    assert response["Location"] == "/durable/workflows/mine~2F1/"
    row = Workflow.objects.get()
    assert (row.id, row.status, row.queue_name) == ("mine/1", "DELAYED", "mail")
    assert (row.priority, row.timeout_seconds) == (2, 5.5)
    assert row.attributes == {"customer": 7}
    assert '"sure":true' in row.inputs
    entry = AuditEntry.objects.get(outcome="done")
    assert (entry.action, entry.actor) == ("start_workflow", "starter")
    assert (entry.target_id, entry.reason) == ("mine/1", "a test")


@on_sqlite
def test_what_cannot_be_started_is_told(starter: Client, viewer: Client) -> None:
    assert viewer.get(START).status_code == 403
    offer = starter.get(START).content.decode()
    assert "tests.starting.everything" in offer
    assert (
        "tests.starting.values"
        not in starter.get(START, {"search": "everything"}).content.decode()
    )
    assert starter.get(START, {"name": "os.system"}).status_code == 404
    form = {"name": "tests.starting.everything", "p-number": "7"}
    for field, text, said in (
        ("priority", "high", "This is no number."),
        ("attributes", "[]", "This must be a JSON object."),
        ("delay_seconds", "-1", "delay_seconds"),
        ("workflow_id", "x" * 256, "255"),
    ):
        response = starter.post(START, {**form, field: text})
        assert response.status_code == 422, field
        assert said in response.content.decode()
    assert not Workflow.objects.exists()


def test_a_workflow_is_started_again_with_other_inputs(
    starter: Client, viewer: Client
) -> None:
    seer = Client()
    seer.force_login(
        make_user("seer", "view_workflow", "start_workflow", "view_payload")
    )
    more = {"attributes": {"customer": 7}, "priority": 2, "timeout_seconds": 5.5}
    more |= {"queue_name": "mail", "name": "tests.starting.everything"}
    rows.workflow("mine/1", inputs='{"args":[7,"one"],"kwargs":{}}', **more)
    page = "/durable/workflows/mine~2F1/"
    lead = "/durable/start/?from=mine%2F1"
    assert lead in seer.get(page).content.decode()
    for other in (starter, viewer):
        assert lead not in other.get(page).content.decode()
        assert other.get(lead).status_code == 403
    html = unescape(seer.get(lead).content.decode())
    fields = dict(
        re.findall(r'<input id="[^"]*" name="([^"]+)"[^>]* value="([^"]*)', html)
    )
    assert (fields["p-number"], fields["p-text"]) == ("7", "one")
    assert (fields["queue"], fields["priority"]) == ("mail", "2")
    assert (fields["timeout_seconds"], fields["workflow_id"]) == ("5.5", "")
    assert '{"customer": 7}' in html
    assert seer.get("/durable/start/?from=nobody").status_code == 404
    rows.workflow("pickled", name=more["name"], inputs="!pickle!abc")
    told = unescape(seer.get("/durable/start/?from=pickled").content.decode())
    assert "Its inputs cannot be put into a form" in told
    rows.workflow("unknown", name="nobody.knows")
    assert seer.get("/durable/start/?from=unknown").status_code == 404
