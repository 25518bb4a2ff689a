"""Which tick a worker waits for, by what it read and what time it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from durable_engine.records import ScheduleRow
from durable_engine.worker.scheduler import plan_of

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC).timestamp()
ROW = ScheduleRow(
    name="s",
    workflow_name="w",
    expression="* * * * *",
    timezone="UTC",
    active_since=NOON - 3600,
)


def seconds_from_noon(plan):
    return plan.tick.timestamp() - NOON


def test_next_tick_is_after_now_whatever_was_missed():
    assert seconds_from_noon(plan_of(ROW, NOON + 30)) == 60
    behind = replace(ROW, last_slot=NOON - 600)
    assert seconds_from_noon(plan_of(behind, NOON + 30)) == 60


def test_next_tick_is_after_the_newest_when_this_clock_is_behind():
    ahead = replace(ROW, last_slot=NOON + 120)
    assert seconds_from_noon(plan_of(ahead, NOON)) == 180


def test_missed_ticks_come_first_when_they_are_made_up_for():
    behind = replace(ROW, last_slot=NOON - 600, automatic_backfill=True)
    assert seconds_from_noon(plan_of(behind, NOON + 30)) == -540
    never = replace(ROW, automatic_backfill=True)
    assert seconds_from_noon(plan_of(never, NOON)) == -3540


def test_pause_is_not_made_up_for():
    resumed = replace(
        ROW, last_slot=NOON - 600, active_since=NOON - 10, automatic_backfill=True
    )
    assert seconds_from_noon(plan_of(resumed, NOON + 30)) == 0


def test_reading_again_does_not_drop_a_tick_that_is_due():
    plan = plan_of(ROW, NOON + 59)
    assert seconds_from_noon(plan_of(ROW, NOON + 60.5, plan)) == 60


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, last_slot=NOON + 60),
        replace(ROW, active_since=NOON + 60.2),
        replace(ROW, expression="*/2 * * * *"),
        replace(ROW, timezone="Europe/Paris"),
    ],
)
def test_reading_again_drops_a_tick_that_is_none_any_more(changed):
    plan = plan_of(ROW, NOON + 59)
    assert seconds_from_noon(plan_of(changed, NOON + 60.5, plan)) == 120


def test_created_while_this_worker_watches_counts_from_its_creation():
    new = replace(ROW, active_since=NOON - 0.1)
    watching, later = NOON - 100, NOON + 0.3
    assert seconds_from_noon(plan_of(new, later, None, watching)) == 0
    assert seconds_from_noon(plan_of(new, later, None, NOON + 0.2)) == 60
    assert seconds_from_noon(plan_of(new, NOON + 600, None, watching)) == 660
