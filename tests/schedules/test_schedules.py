"""Schedules as a program makes, changes, triggers and backfills them."""

from datetime import UTC, datetime, timedelta

import pytest

import durable_engine as durable
from durable_engine.records import ScheduleInfo
from tests.engine.histories import history

START = datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC)


@pytest.fixture
def report():
    """A workflow that returns what it was called with."""

    @durable.workflow(name="tests.report")
    def report(scheduled_at, context):
        return scheduled_at, context

    return report


def create(report, name="s", **options):
    values = {"schedule": "0 8 * * *", **options}
    durable.create_schedule(schedule_name=name, workflow_fn=report, **values)


class TestDefinition:
    def test_what_was_created_is_shown(self, engine_database, report):
        create(
            report,
            context={"a": 1},
            automatic_backfill=True,
            cron_timezone="Europe/Paris",
            queue_name="mail",
        )
        found = durable.get_schedule("s")
        assert isinstance(found, ScheduleInfo)
        assert found.name == found.schedule_name == "s"
        assert found.workflow_name == "tests.report"
        assert (found.schedule, found.cron_timezone) == ("0 8 * * *", "Europe/Paris")
        assert (found.context, found.queue_name) == ({"a": 1}, "mail")
        assert (found.automatic_backfill, found.declared_in_code) == (True, False)
        assert (found.status, found.last_fired_at) == ("ACTIVE", None)
        assert found.next_fire_at.hour == 8
        assert found.next_fire_at > found.created_at
        assert durable.list_schedules() == [found]

    def test_same_again_is_no_error_and_another_is(self, engine_database, report):
        create(report)
        create(report)
        with pytest.raises(durable.ConflictingRegistration) as caught:
            create(report, schedule="0 9 * * *")
        assert caught.value.name == "s"
        assert durable.get_schedule("s").schedule == "0 8 * * *"

    def test_apply_replaces_and_keeps_the_pause(self, engine_database, report):
        create(report)
        durable.pause_schedule("s")
        durable.apply_schedules(
            [
                {
                    "schedule_name": "s",
                    "workflow_fn": report,
                    "schedule": "0 9 * * *",
                    "context": None,
                },
                {
                    "schedule_name": "t",
                    "workflow_fn": "elsewhere.workflow",
                    "schedule": "* * * * *",
                },
            ]
        )
        first, second = durable.list_schedules()
        assert (first.schedule, first.status) == ("0 9 * * *", "PAUSED")
        assert (second.name, second.workflow_name) == ("t", "elsewhere.workflow")

    def test_apply_changes_nothing_when_one_is_wrong(self, engine_database, report):
        good = {"schedule_name": "s", "workflow_fn": report, "schedule": "* * * * *"}
        with pytest.raises(ValueError, match="'61 \\* \\* \\* \\*' is not valid"):
            durable.apply_schedules([good, {**good, "schedule": "61 * * * *"}])
        assert durable.list_schedules() == []

    def test_bad_values_are_named(self, engine_database, report):
        with pytest.raises(ValueError, match="'every day' is not valid"):
            create(report, schedule="every day")
        with pytest.raises(ValueError, match="no time zone 'Mars/Base'"):
            create(report, cron_timezone="Mars/Base")
        with pytest.raises(ValueError, match="at most 200"):
            create(report, name="x" * 201)
        with pytest.raises(durable.UnregisteredWorkflow):
            create(print)
        with pytest.raises(durable.SerializationError):
            create(report, context=object())

    def test_pause_resume_delete(self, engine_database, report):
        create(report)
        durable.pause_schedule("s")
        paused = durable.get_schedule("s")
        assert (paused.status, paused.next_fire_at) == ("PAUSED", None)
        durable.resume_schedule("s")
        assert durable.get_schedule("s").status == "ACTIVE"
        durable.delete_schedule("s")
        assert durable.get_schedule("s") is None

    @pytest.mark.parametrize(
        "call",
        [
            durable.pause_schedule,
            durable.resume_schedule,
            durable.delete_schedule,
            durable.trigger_schedule,
            lambda name: durable.backfill_schedule(name, START, START),
        ],
    )
    def test_unknown_name(self, engine_database, call):
        with pytest.raises(durable.NonExistentSchedule) as caught:
            call("nothing")
        assert caught.value.name == "nothing"


class TestByHand:
    def test_trigger_works_while_paused(self, worker, report):
        create(report, context="c", cron_timezone="Europe/Paris")
        durable.pause_schedule("s")
        handle = durable.trigger_schedule("s")
        scheduled_at, context = handle.get_result()
        assert handle.workflow_id == f"sched-s-trigger-{scheduled_at.isoformat()}"
        assert context == "c"
        (found,) = durable.list_workflows(schedule_name="s")
        assert found.workflow_id == handle.workflow_id

    def test_backfill_covers_the_open_interval_once(self, worker, report):
        create(report, schedule="0 * * * *", context=[1])
        durable.pause_schedule("s")
        end = START + timedelta(hours=3)
        handles = durable.backfill_schedule("s", START, end.isoformat())
        ids = [handle.workflow_id for handle in handles]
        assert ids == [
            "sched-s-2026-01-01T01:00:00+00:00",
            "sched-s-2026-01-01T02:00:00+00:00",
        ]
        results = [tuple(handle.get_result()) for handle in handles]
        assert results == [
            (START + timedelta(hours=1), [1]),
            (START + timedelta(hours=2), [1]),
        ]
        again = durable.backfill_schedule("s", START, end + timedelta(hours=1))
        assert [handle.workflow_id for handle in again][:2] == ids
        assert again[2].get_result()[0] == end
        assert len(durable.list_workflows(schedule_name="s")) == 3
        assert durable.get_schedule("s").last_fired_at is None

    def test_backfill_goes_through_the_queue(self, engine_database, report):
        create(report, schedule="0 * * * *", queue_name="mail")
        durable.backfill_schedule("s", START, START + timedelta(hours=2))
        (found,) = durable.list_workflows(queue_name="mail")
        assert found.status == "ENQUEUED"

    def test_backfill_is_bounded(self, engine_database, report):
        create(report, schedule="* * * * *")
        with pytest.raises(ValueError, match="more than 10000 times"):
            durable.backfill_schedule("s", START, START + timedelta(days=30))
        with pytest.raises(ValueError, match="start must be an aware datetime"):
            durable.backfill_schedule("s", "2026-01-01", START)
        for end in (START, START - timedelta(hours=1)):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
                durable.backfill_schedule("s", START, end)
            told = f"{end.isoformat()} is not after {START.isoformat()}"
            assert str(caught.value) == f"end must be after start: {told}"


def test_in_a_workflow_each_takes_one_position(engine_database, report):
    @durable.workflow
    def manager():
        create(report)
        durable.pause_schedule("s")
        durable.resume_schedule("s")
        found = durable.get_schedule("s"), durable.list_schedules()
        durable.delete_schedule("s")
        return found

    with durable.SetWorkflowID("m"):
        manager()
    assert [name for _, name in history("m")] == [
        "durable.create_schedule",
        "durable.pause_schedule",
        "durable.resume_schedule",
        "durable.get_schedule",
        "durable.list_schedules",
        "durable.delete_schedule",
    ]


def test_listed_by_status_workflow_and_name(engine_database, report):
    for name in ("a-1", "a-2", "b-1"):
        create(report, name)
    durable.pause_schedule("a-2")

    def names(**filters):
        of_report = {"workflow_name": "tests.report", **filters}
        found = durable.list_schedules(**of_report)
        return [one.schedule_name for one in found]

    assert names() == ["a-1", "a-2", "b-1"]
    assert names(status="ACTIVE") == ["a-1", "b-1"]
    assert names(status=["PAUSED"], schedule_name_prefix="a-") == ["a-2"]
    assert names(status=("ACTIVE", "PAUSED")) == ["a-1", "a-2", "b-1"]
    assert names(schedule_name_prefix=["a-1", "b-"]) == ["a-1", "b-1"]
    assert names(workflow_name=["tests.report", "other"]) == ["a-1", "a-2", "b-1"]
    assert names(workflow_name="other") == names(status=[]) == []


async def test_twins(engine_database, worker, report):
    await durable.create_schedule_async(
        schedule_name="s", workflow_fn=report, schedule="0 * * * *"
    )
    await durable.apply_schedules_async(
        [{"schedule_name": "s", "workflow_fn": report, "schedule": "30 * * * *"}]
    )
    await durable.pause_schedule_async("s")
    assert (await durable.get_schedule_async("s")).status == "PAUSED"
    await durable.resume_schedule_async("s")
    of_report = await durable.list_schedules_async(workflow_name="tests.report")
    assert [one.schedule_name for one in of_report] == ["s"]
    handle = await durable.trigger_schedule_async("s")
    assert (await handle.get_result())[1] is None
    end = START + timedelta(hours=1)
    (handle,) = await durable.backfill_schedule_async("s", START, end)
    assert (await handle.get_result())[0] == START + timedelta(minutes=30)
    await durable.delete_schedule_async("s")


class TestDeclaring:
    def test_only_a_workflow_can_be_scheduled(self):
        with pytest.raises(durable.UnregisteredWorkflow):
            durable.scheduled("* * * * *")(print)
        with pytest.raises(ValueError, match="is not valid"):
            durable.scheduled("* * *")
        with pytest.raises(ValueError, match="no time zone"):
            durable.scheduled("* * * * *", timezone="Mars/Base")
