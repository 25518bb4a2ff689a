"""Instants are whole microseconds, and follow the database's clock wherever it goes."""

import sys
import time

import pytest

import durable_engine as durable
from durable_engine.clock import DatabaseClock, monotonic, wall_epoch


def test_of_the_database_are_whole_microseconds():
    clock = DatabaseClock()
    clock.observe(1.0, 1.0000001, 1_700_000_000.123456)
    for _ in range(1000):
        moment = clock.now()
        assert moment == round(moment, 6)


@pytest.mark.parametrize("step_seconds", [60.0, -60.0])
def test_of_another_server_are_taken_at_once(step_seconds):
    """After a failover the round trip is longer, and would lose against the best."""
    clock = DatabaseClock()
    clock.observe(monotonic(), monotonic() + 0.0003, wall_epoch())
    asked = monotonic()
    clock.observe(asked, asked + 0.004, wall_epoch() + step_seconds)
    assert clock.now() == pytest.approx(wall_epoch() + step_seconds, abs=1.0)


def test_slow_answer_of_the_same_server_changes_nothing():
    clock = DatabaseClock()
    clock.observe(100.0, 100.0002, 1_700_000_000.0001)
    exact = clock.now() - monotonic()
    clock.observe(105.0, 109.0, 1_700_000_005.0)  # it was long on its way back
    assert clock.now() - monotonic() == pytest.approx(exact, abs=1e-3)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a clock of Linux")
def test_elapsed_time_goes_on_while_the_machine_sleeps(monkeypatch):
    awake, real = monotonic(), time.clock_gettime
    asleep = {time.CLOCK_BOOTTIME: 60.0}
    monkeypatch.setattr(time, "clock_gettime", lambda of: real(of) + asleep.get(of, 0))
    assert 60.0 <= monotonic() - awake < 90.0


def test_replayed_sleep_ends_at_the_same_instant(worker):
    seen = []

    @durable.workflow
    def program():
        moments = []
        for number in range(40):
            durable.sleep(number / 7_000_001)
            moments.append(durable.now())
        seen.append(moments)
        durable.set_event("asleep", True)
        durable.recv()

    with durable.SetWorkflowID("w-1"):
        handle = durable.start_workflow(program)
    assert durable.get_event("w-1", "asleep")
    durable.cancel_workflow("w-1")
    durable.send("w-1", "go on")
    durable.resume_workflow("w-1")
    handle.get_result()
    assert len(seen) == 2
    assert seen[0] == seen[1]
