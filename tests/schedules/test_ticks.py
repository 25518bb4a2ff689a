"""When a schedule is due: pure functions, with the hours that are skipped or repeated."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from durable_engine import cron
from durable_engine.cron import (
    check_schedule,
    next_tick,
    ticks_between,
)


def at(text):
    return datetime.fromisoformat(text)


def ticks(expression, zone, start, end):
    found = ticks_between(expression, zone, at(start), at(end), 1000)
    return [tick.isoformat() for tick in found]


class TestInterval:
    def test_is_open_at_both_ends(self):
        start, end = "2026-01-01T00:00:00+00:00", "2026-01-01T00:03:00+00:00"
        assert ticks("* * * * *", "UTC", start, end) == [
            "2026-01-01T00:01:00+00:00",
            "2026-01-01T00:02:00+00:00",
        ]

    def test_a_moment_after_the_tick_is_after_it(self):
        after = at("2026-01-01T00:01:00.000001+00:00")
        assert next_tick("* * * * *", "UTC", after) == at("2026-01-01T00:02:00+00:00")

    def test_instants_of_any_offset(self):
        tokyo = timezone(timedelta(hours=9))
        after = datetime(2026, 1, 1, 9, 0, 30, tzinfo=tokyo)
        assert next_tick("* * * * *", "UTC", after) == at("2026-01-01T00:01:00+00:00")

    def test_seconds_come_first(self):
        start, end = "2026-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00"
        assert ticks("*/20 * * * * *", "UTC", start, end) == [
            "2026-01-01T00:00:20+00:00",
            "2026-01-01T00:00:40+00:00",
        ]

    def test_bounded(self):
        start, end = at("2026-01-01T00:00:00+00:00"), at("2026-01-02T00:00:00+00:00")
        with pytest.raises(ValueError, match="is due more than 5 times between"):
            ticks_between("* * * * *", "UTC", start, end, 5)

    def test_leap_day(self):
        after = at("2026-03-01T00:00:00+00:00")
        assert next_tick("0 0 29 2 *", "UTC", after) == at("2028-02-29T00:00:00+00:00")

    def test_end_of_time(self):
        assert next_tick("* * * * *", "UTC", datetime.max.replace(tzinfo=UTC)) is None


class TestSummerTime:
    def test_a_named_hour_that_is_skipped_runs_right_after(self):
        start, end = "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00"
        assert ticks("30 2 * * *", "Europe/Paris", start, end) == [
            "2026-03-29T03:00:00+02:00",
            "2026-03-30T02:30:00+02:00",
        ]

    def test_a_named_hour_that_is_repeated_runs_once(self):
        start, end = "2026-10-24T12:00:00+02:00", "2026-10-26T12:00:00+01:00"
        assert ticks("30 2 * * *", "Europe/Paris", start, end) == [
            "2026-10-25T02:30:00+02:00",
            "2026-10-26T02:30:00+01:00",
        ]

    def test_asked_in_the_second_pass_nothing_of_the_first_comes_back(self):
        second_pass = at("2026-10-25T02:10:00+01:00")
        tick = next_tick("30 2 * * *", "Europe/Paris", second_pass)
        assert tick.isoformat() == "2026-10-26T02:30:00+01:00"

    def test_every_half_hour_goes_through_the_repeated_hour(self):
        start, end = "2026-10-25T01:45:00+02:00", "2026-10-25T03:15:00+01:00"
        assert ticks("*/30 * * * *", "Europe/Paris", start, end) == [
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ]

    def test_every_half_hour_leaves_out_the_skipped_hour(self):
        start, end = "2026-03-29T01:15:00+01:00", "2026-03-29T03:45:00+02:00"
        assert ticks("*/30 * * * *", "Europe/Paris", start, end) == [
            "2026-03-29T01:30:00+01:00",
            "2026-03-29T03:00:00+02:00",
            "2026-03-29T03:30:00+02:00",
        ]

    def test_every_tick_is_later_than_the_one_before_in_a_whole_year(self):
        for zone in ("Europe/Paris", "America/New_York", "Australia/Lord_Howe"):
            moment = at("2026-01-01T00:00:00+00:00")
            for _ in range(24 * 366):
                tick = next_tick("17 * * * *", zone, moment).astimezone(UTC)
                assert timedelta(0) < tick - moment <= timedelta(hours=2)
                moment = tick


class TestCheck:
    @pytest.mark.parametrize(
        "expression",
        ["", "* * * *", "60 * * * *", "* * * * * * *", "0 0 30 2 *", "x * * * *"],
    )
    def test_bad_expression_is_named(self, expression):
        with pytest.raises(ValueError, match=r"the schedule .* is not valid") as caught:
            check_schedule(expression, "UTC")
        assert repr(expression) in str(caught.value)

    @pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "/etc"])
    def test_bad_zone_is_named(self, zone):
        with pytest.raises(ValueError, match="there is no time zone") as caught:
            check_schedule("* * * * *", zone)
        assert repr(zone) in str(caught.value)

    def test_length_is_capped(self):
        with pytest.raises(ValueError, match="at most 200 characters"):
            check_schedule("0," * 200 + "0 * * * *", "UTC")


@pytest.mark.parametrize(
    ("expression", "zone", "until"),
    [
        ("0 8 * * *", "Europe/Paris", "2026-03-31T06:00:00+00:00"),
        ("30 2 * * *", "Europe/Paris", "2026-03-30T06:00:00+00:00"),
        ("30 2 * * *", "Europe/Paris", "2026-10-26T06:00:00+00:00"),
        ("*/30 * * * *", "Europe/Paris", "2026-10-25T02:00:00+00:00"),
        ("*/10 * * * * *", "UTC", "2026-03-31T06:00:10+00:00"),
    ],
)
def test_ticks_are_the_same_backwards(expression: str, zone: str, until: str) -> None:
    end = datetime.fromisoformat(until)
    before = list(islice(cron.ticks_before(expression, zone, end), 6))
    start = before[-1] - timedelta(seconds=1)
    after = list(islice(cron.ticks_after(expression, zone, start), 6))
    # Text, as ids hold it: the hour that is repeated has two offsets.
    assert [one.isoformat() for one in reversed(before)] == [
        one.isoformat() for one in after
    ]


def test_explanation_is_in_words() -> None:
    assert cron.explained("0 8 * * 1-5") == "At 08:00 on Monday through Friday"
    with pytest.raises(ValueError, match="the schedule 'x' is not valid"):
        cron.explained("x")
    with pytest.raises(ValueError, match="there is no time zone 'Mars'"):
        next(cron.ticks_before("0 8 * * *", "Mars", datetime(2026, 1, 1, tzinfo=UTC)))


def test_what_other_hands_wrote_is_no_crash_of_its_own_kind() -> None:
    """A row that is no cron expression costs its own schedule, not all of them."""
    with pytest.raises(ValueError, match="'now and then' is not valid"):
        next_tick("now and then", "UTC", at("2026-01-01T00:00:00+00:00"))
