"""The clock of a test."""

import re
from datetime import UTC, datetime, timedelta

import pytest

import durable_engine as durable
from durable_engine import clock
from durable_engine.models import Workflow
from durable_engine.store.statements import load
from durable_engine.testing import DurableKit
from tests.testing import workflows
from tests.testing.workflows import PLAIN, ran, ticked


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()
    ticked.clear()


def test_sleepers_wake_when_time_has_passed(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.remind, 14)
    durable_kit.drain()
    durable_kit.assert_workflow(handle, status="PENDING")
    durable_kit.durable_time.advance(weeks=2, seconds=-1)
    durable_kit.drain()
    durable_kit.assert_workflow(handle, status="PENDING")
    durable_kit.durable_time.advance(timedelta(seconds=1))
    durable_kit.drain()
    durable_kit.assert_workflow(handle, status="SUCCESS", output="shipped 0")
    durable_kit.assert_steps(handle, ["reserve", "durable.sleep", "ship"])
    assert ran == [("reserve", 0), ("ship", 0)]


def test_python_and_the_database_see_the_same_time(durable_kit: DurableKit) -> None:
    before = durable.now()
    after = durable_kit.durable_time.advance(days=400)
    workflows.checkout(1)
    row = Workflow.objects.get()
    moved = [after, durable.now(), row.created_at, row.started_at, row.completed_at]
    for instant in moved:
        assert abs(instant - before - timedelta(days=400)) < timedelta(seconds=5)


def test_delays_and_timeouts_come_due(durable_kit: DurableKit) -> None:
    with durable.SetEnqueueOptions(delay_seconds=3600):
        delayed = PLAIN.enqueue(workflows.checkout, 1)
    with durable.SetWorkflowTimeout(1800):
        limited = durable.start_workflow(workflows.remind, 1)
    asked = durable.start_workflow(workflows.approve, 3600)
    durable_kit.drain()
    statuses = [one.get_status().status for one in (delayed, limited, asked)]
    assert statuses == ["DELAYED", "PENDING", "PENDING"]
    durable_kit.durable_time.advance(hours=1)
    durable_kit.drain()
    statuses = [one.get_status().status for one in (delayed, limited, asked)]
    assert statuses == ["SUCCESS", "CANCELLED", "SUCCESS"]
    assert asked.get_result() is None


def test_attempts_wait_for_their_time(durable_kit: DurableKit) -> None:
    handle = durable.start_workflow(workflows.retried, 1)
    durable_kit.drain()
    assert ran == ["flaky"]
    durable_kit.durable_time.advance(seconds=10)
    durable_kit.drain()
    assert handle.get_result() == 2
    durable_kit.assert_ran(workflows.flaky, 2, handle)


def test_a_call_lets_time_pass_as_far_as_needed(durable_kit: DurableKit) -> None:
    before = durable_kit.durable_time.now()
    assert workflows.remind(14) == "shipped 0"
    assert workflows.retried(2) == 3
    assert workflows.approve(3600) is None
    passed = durable_kit.durable_time.now() - before
    expected = timedelta(weeks=2, seconds=30, hours=1)
    assert expected <= passed < expected + timedelta(seconds=5)
    unknown = durable.get_event("nobody", "nothing", timeout_seconds=600)
    assert unknown is None


def test_every_tick_that_time_passed_over_runs_once(durable_kit: DurableKit) -> None:
    start = durable_kit.durable_time.now()
    durable_kit.durable_time.advance(days=3)
    durable_kit.drain()
    durable_kit.drain()
    assert len(ticked) == 3
    assert ticked == sorted(ticked)
    assert all(tick.strftime("%H:%M") == "08:00" for tick in ticked)
    assert all(start < tick <= durable_kit.durable_time.now() for tick in ticked)
    ids = {row.workflow_id for row in durable.list_workflows(schedule_name="kit-daily")}
    assert ids == {f"sched-kit-daily-{tick.isoformat()}" for tick in ticked}
    durable.pause_schedule("kit-daily")
    durable_kit.durable_time.advance(days=3)
    durable_kit.drain()
    assert len(ticked) == 3


def test_schedules_made_in_a_test(durable_kit: DurableKit) -> None:
    durable.create_schedule(
        schedule_name="hourly",
        workflow_fn=workflows.daily,
        schedule="0 * * * *",
        context="c",
    )
    durable_kit.durable_time.advance_to(
        durable_kit.durable_time.now() + timedelta(hours=2)
    )
    durable_kit.drain()
    assert len(durable.list_workflows(schedule_name="hourly")) == 2


def test_time_only_goes_forward(durable_kit: DurableKit) -> None:
    durable_time = durable_kit.durable_time
    with pytest.raises(ValueError, match="time only goes forward"):
        durable_time.advance(days=-1)
    with pytest.raises(TypeError, match="words of one such as weeks=2"):
        durable_time.advance()
    with pytest.raises(ValueError, match="needs an aware datetime"):
        durable_time.advance_to(datetime(2030, 1, 1))  # noqa: DTZ001 - the mistake
    now = durable_time.now()
    assert durable_time.advance_to(datetime(2000, 1, 1, tzinfo=UTC)) >= now


def test_a_test_leaves_no_moved_clock(kit_database: str) -> None:
    del kit_database
    with DurableKit() as kit:
        kit.durable_time.advance(weeks=1)
        assert clock.shifted_seconds() == 7 * 86_400
    assert clock.shifted_seconds() == 0


def test_statements_know_one_clock_that_the_kit_can_move() -> None:
    asked = re.compile(
        r"(?<!durable_)\b(now|\w+_timestamp|current_time)\s*\(?", re.IGNORECASE
    )
    for vendor, clock_of in (("postgresql", "clock_timestamp()"), ("sqlite", None)):
        for statement in load(vendor).values():
            for part in statement.parts:
                found = {match[0].lower() for match in asked.finditer(part)}
                calls = {one + ")" for one in found if one.endswith("(")}
                named = found & {"current_timestamp", "localtimestamp", "current_time"}
                assert calls <= {clock_of, "to_timestamp()"}, statement.name
                assert named == set(), statement.name
