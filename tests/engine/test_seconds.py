"""Seconds that users give: what can pass is accepted, and what cannot is named."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

import durable_engine as durable
from durable_engine.seconds import LONGEST_SECONDS, check_patience, check_seconds

FOREVER = 1e18


def refused(value, message, error=ValueError, **options):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        check_seconds(value, rule="a wait must be 0 or more", **options)


class TestASpan:
    @pytest.mark.parametrize("value", [0, 0.5, 3600, LONGEST_SECONDS])
    def test_that_can_pass_is_given_back(self, value):
        assert check_seconds(value, rule="a wait") == value

    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True])
    def test_that_cannot_pass_is_refused(self, value):
        refused(value, f"a wait must be 0 or more, not {value!r}")

    def test_of_nothing_is_refused_where_there_must_be_one(self):
        refused(0, "a wait must be 0 or more, not 0", zero=False)

    def test_longer_than_clocks_reach_is_refused(self):
        refused(FOREVER, "a wait must be 0 or more, and at most 100 years, not 1e+18")

    @pytest.mark.parametrize("value", ["5", None, timedelta(1), Decimal(1)])
    def test_that_is_no_number_is_named_with_its_type(self, value):
        kind = type(value).__name__
        message = f"a wait must be 0 or more: a number, not {kind}: {value!r}"
        refused(value, message, TypeError)


class TestPatience:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [(None, None), (float("inf"), None), (FOREVER, None), (2, 2), (-1, 0)],
    )
    def test_has_a_length_or_no_end(self, value, seconds):
        assert check_patience(value, what="timeout_seconds") == seconds

    def test_is_a_number(self):
        message = (
            "timeout_seconds must be a number of seconds, or None for as long as it "
            "takes, not str: '5'"
        )
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            check_patience("5", what="timeout_seconds")

    def test_is_not_nan(self):
        with pytest.raises(ValueError, match="must be a number of seconds, not nan"):
            check_patience(float("nan"), what="timeout_seconds")


@pytest.mark.parametrize(
    "given",
    [
        lambda: durable.SetWorkflowTimeout(FOREVER),
        lambda: durable.SetEnqueueOptions(delay_seconds=FOREVER),
        lambda: durable.set_workflow_delay("some", delay_seconds=FOREVER),
        lambda: durable.Queue("long", limiter={"limit": 1, "period": FOREVER}),
        lambda: durable.step(interval_seconds=FOREVER, retries_allowed=True)(print),
    ],
    ids=["time-out", "delay", "another delay", "limiter", "retries"],
)
def test_every_door_refuses_what_no_clock_reaches(engine_database, given):
    with pytest.raises(ValueError, match=re.escape("at most 100 years, not 1e+18")):
        given()


def test_a_sleep_without_end_is_refused_and_a_wait_without_end_is_one(
    engine_database,
):
    @durable.workflow
    def endless():
        durable.send(durable.workflow_id, "here")
        assert durable.recv(timeout_seconds=float("inf")) == "here"
        durable.sleep(FOREVER)

    refusal = pytest.raises(ValueError, match="at most 100 years")
    with durable.SetWorkflowID("endless"), refusal:
        endless()
    assert durable.get_workflow_status("endless").status == "ERROR"
