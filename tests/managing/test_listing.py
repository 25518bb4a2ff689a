"""Every filter of `list_workflows`, and pages that stay put."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from tests.support.shop.models import Order


@pytest.fixture
def program(engine_database):
    @durable.workflow(name="tests.listed")
    def listed(value=None):
        if value == "bad":
            raise ValueError(value)
        return value

    return listed


def run(program, workflow_id, value=None, **attributes):
    with (
        durable.SetWorkflowID(workflow_id),
        durable.SetWorkflowAttributes(attributes or None),
    ):
        if value == "bad":
            with pytest.raises(ValueError, match="bad"):
                program(value)
        else:
            program(value)


def ids(**filters):
    return [one.id for one in durable.list_workflows(**filters)]


class TestFilters:
    def test_a_value_or_several(self, program):
        for workflow_id in ("a", "b", "c"):
            run(program, workflow_id)
        run(program, "d", "bad")
        with durable.SetWorkflowID("e"):
            durable.enqueue_workflow("mail", program)
        assert ids() == ["e", "d", "c", "b", "a"]
        assert ids(workflow_ids="a") == ["a"]
        assert ids(workflow_ids=["a", "c", "nobody"]) == ["c", "a"]
        assert ids(workflow_ids=[]) == []
        assert ids(status="ERROR") == ["d"]
        assert ids(status=["ERROR", "ENQUEUED"]) == ["e", "d"]
        assert ids(name="tests.listed", queue_name="mail") == ["e"]
        assert ids(name=["tests.listed", "x"], sort_desc=False)[0] == "a"
        assert ids(name="tests.other") == []
        version = durable.application_version
        assert len(ids(app_version=[version])) == 5
        assert len(ids(executor_id=durable.executor_id)) == 4
        with pytest.raises(ValueError, match="there is no status 'DONE'"):
            ids(status="DONE")

    def test_relatives(self, program):
        @durable.workflow
        def parent():
            program()

        with durable.SetWorkflowID("p"):
            parent()
        with durable.SetWorkflowID("f"):
            durable.fork_workflow("p", 1)
        assert ids(parent_workflow_id="p") == ["p-1"]
        assert ids(forked_from=["p"]) == ["f"]

    def test_prefix_minds_case_and_takes_everything_literally(self, program):
        for workflow_id in ("a%b", "a%", "a_c", "A%b", "aéz", "b"):
            run(program, workflow_id)
        assert sorted(ids(workflow_id_prefix="a%")) == ["a%", "a%b"]
        assert sorted(ids(workflow_id_prefix="a")) == ["a%", "a%b", "a_c", "aéz"]
        assert ids(workflow_id_prefix="aé") == ["aéz"]
        assert sorted(ids(workflow_id_prefix=["a%b", "aé"])) == ["a%b", "aéz"]
        assert ids(workflow_id_prefix=[]) == []

    def test_times_are_inclusive(self, program):
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        for hours, workflow_id in enumerate(("a", "b", "c")):
            run(program, workflow_id)
            at = noon + timedelta(hours=hours)
            Workflow.objects.filter(pk=workflow_id).update(
                created_at=at, completed_at=at + timedelta(minutes=30)
            )
        assert ids(start_time=noon + timedelta(hours=1)) == ["c", "b"]
        assert ids(end_time="2026-01-01T13:00:00+00:00") == ["b", "a"]
        assert ids(completed_after="2026-01-01T15:30:00+02:00") == ["c", "b"]
        assert ids(completed_before=noon + timedelta(minutes=30)) == ["a"]
        with pytest.raises(ValueError, match="start_time must be an aware datetime"):
            ids(start_time="2026-01-01T12:00:00")

    def test_cancelled_has_an_end(self, program):
        with durable.SetWorkflowID("w"):
            durable.enqueue_workflow("mail", program)
        assert ids(completed_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
        durable.cancel_workflow("w")
        assert ids(completed_after=datetime(2020, 1, 1, tzinfo=UTC)) == ["w"]

    def test_attributes_are_contained(self, program):
        run(program, "a", customer=7, tags=["x", "y"], deep={"k": {"n": 1, "m": None}})
        run(program, "b", customer=8, flag=True)
        run(program, "c", **{"7": "seven", "with__under": 1, "a b": [1]})
        assert ids(attributes={"customer": 7}) == ["a"]
        assert ids(attributes={"tags": ["y"]}) == ["a"]
        assert ids(attributes={"deep": {"k": {"n": 1}}}) == ["a"]
        assert ids(attributes={"deep": {"k": {"m": None}}}) == ["a"]
        assert ids(attributes={"7": "seven"}) == ["c"]
        assert ids(attributes={"with__under": 1, "a b": [1]}) == ["c"]
        assert ids(attributes={"flag": 1}) == []
        assert ids(attributes={"customer": "7"}) == []
        assert ids(attributes={}) == ["c", "b", "a"]

    def test_subject(self, program):
        order = Order.objects.create(reference="A-1")
        with durable.SetWorkflowID("w"), durable.SetWorkflowAttributes(subject=order):
            program()
        run(program, "x")
        assert ids(subject=order) == ["w"]
        assert [one.id for one in durable.workflows_for(order)] == ["w"]

    def test_search_in_id_name_and_inputs(self, program):
        run(program, "Invoice-1", "anything")
        run(program, "w", {"to": 'Ann "the" Boss', "where": "Zürich"})
        assert ids(search="inVoice") == ["Invoice-1"]
        assert ids(search="TESTS.LIST") == ["w", "Invoice-1"]
        assert ids(search="ann") == ["w"]
        assert ids(search='"the"') == ["w"]
        assert ids(search="Zürich") == ["w"]
        assert ids(search="100%") == []
        assert durable.list_workflows(search="x").search_limited is False

    def test_search_in_inputs_is_bounded_and_says_so(self, program, monkeypatch):
        run(program, "old", "needle")
        run(program, "needle-2", "hay")
        run(program, "new", "needle")
        monkeypatch.setattr("durable_engine.inspection.conditions.SEARCHED_ROWS", 2)
        found = durable.list_workflows(search="needle")
        assert [one.id for one in found] == ["new", "needle-2"]
        assert found.search_limited is True

    @pytest.mark.parametrize(
        ("filters", "error", "message"),
        [
            ({"name": 5}, TypeError, "name must be one text or several, not 5"),
            ({"name": ["a", 5]}, TypeError, "name must be a str, not int: 5"),
            ({"search": 5}, TypeError, "search must be a str, not int: 5"),
            (
                {"workflow_id_prefix": 5},
                TypeError,
                "workflow_id_prefix must be one text or several, not 5",
            ),
            (
                {"start_time": date(2026, 1, 1)},
                ValueError,
                (
                    "start_time must be an aware datetime or ISO 8601 text with an "
                    "offset, not datetime.date(2026, 1, 1)"
                ),
            ),
            ({"limit": "x"}, ValueError, "limit must be 1 to 1000, not 'x'"),
            (
                {"subject": Order},
                ValueError,
                f"subject must be a saved model instance, not {Order!r}",
            ),
        ],
    )
    def test_what_is_no_filter_is_named(self, engine_database, filters, error, message):
        with pytest.raises(error, match=f"^{re.escape(message)}$"):
            durable.list_workflows(**filters)


@pytest.mark.parametrize(
    "ask",
    [
        durable.get_workflow_status,
        durable.list_workflow_steps,
        durable.get_schedule,
        durable.cancel_workflow,
    ],
    ids=lambda ask: ask.__name__,
)
def test_an_id_is_a_text(engine_database, ask):
    with pytest.raises(TypeError, match=r" must be a str, not list: \['a'\]$"):
        ask(["a"])


class TestPages:
    def test_stable_under_inserts(self, program):
        for number in range(7):
            run(program, f"w{number}")
        # Some of one instant: the id decides.
        Workflow.objects.filter(pk__in=["w2", "w3", "w4"]).update(
            created_at=Workflow.objects.get(pk="w3").created_at
        )
        for descending in (True, False):
            found, cursor = [], None
            while True:
                page = durable.list_workflows(
                    limit=2, cursor=cursor, sort_desc=descending, search="w"
                )
                found += [one.id for one in page if one.id.startswith("w")]
                cursor = page.next_cursor
                if cursor is None:
                    break
                run(program, f"new-{descending}-{len(found)}")
            expected = [f"w{number}" for number in range(7)]
            assert found[:7] == (expected[::-1] if descending else expected)

    @pytest.mark.parametrize("limit", [0, 1001, True, -1])
    def test_limit(self, engine_database, limit):
        with pytest.raises(ValueError, match="limit must be 1 to 1000"):
            durable.list_workflows(limit=limit)

    @pytest.mark.parametrize("cursor", ["", "x", "bm9uZQ", "[]"])
    def test_bad_cursor(self, engine_database, cursor):
        with pytest.raises(ValueError, match="is none that a list gave out"):
            durable.list_workflows(cursor=cursor)


def test_payloads_only_when_asked_for(program):
    run(program, "w", "in")
    run(program, "x", "bad")
    light, heavy = (
        durable.list_workflows()[0],
        durable.list_workflows(load_input=True, load_output=True),
    )
    assert (light.input, light.output, light.error) == (None, None, None)
    assert heavy[1].input == {"args": ["in"], "kwargs": {}}
    assert (heavy[1].output, repr(heavy[0].error)) == ("in", "ValueError('bad')")
    assert durable.get_workflow_status("w").output == "in"
