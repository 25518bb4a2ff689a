"""How long a step waits before it is tried again."""

import pytest

from durable_engine.retries import LONGEST_STEP_WAIT_SECONDS, RetryPolicy


@pytest.mark.parametrize(
    ("interval", "rate", "waits"),
    [
        (1.0, 2.0, [1, 2, 4, 8]),
        (0.5, 3.0, [0.5, 1.5, 4.5, 13.5]),
        (5.0, 1.0, [5, 5, 5, 5]),
        (0.0, 2.0, [0, 0, 0, 0]),
        (2000.0, 2.0, [2000, 3600, 3600, 3600]),
    ],
)
def test_interval_times_rate_to_the_power_of_the_attempt(interval, rate, waits):
    policy = RetryPolicy(interval_seconds=interval, backoff_rate=rate)
    assert [policy.wait_seconds(attempt) for attempt in (1, 2, 3, 4)] == waits


def test_never_more_than_an_hour():
    policy = RetryPolicy(interval_seconds=1, backoff_rate=10)
    assert policy.wait_seconds(10_000) == LONGEST_STEP_WAIT_SECONDS == 3600
