"""Instants are whole microseconds, which both databases keep exactly."""

import durable_engine as durable
from durable_engine.clock import DatabaseClock


def test_of_the_database_are_whole_microseconds():
    clock = DatabaseClock()
    clock.observe(1.0, 1.0000001, 1_700_000_000.123456)
    for _ in range(1000):
        moment = clock.now()
        assert moment == round(moment, 6)


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
