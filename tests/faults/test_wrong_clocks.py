"""Hosts whose clocks are two hours off: only the database's clock counts (I4)."""

from durable_engine.clock import monotonic
from tests.faults.harness.fleet import LEASE, WORKFLOWS, Fleet, check, until
from tests.support.databases import on_postgresql

WRONG = """
    import os
    import time

    real = time.time
    off_seconds = float(os.environ.get("CLOCK_OFF_SECONDS", "0"))
    time.time = lambda: real() + off_seconds
"""
SLEEPER = """

    @durable.workflow
    def sleeper():
        durable.sleep(0.3)
        hold()
        durable.sleep(0.3)
        charge()
"""
FAST, SLOW = "7200", "-7200"
SPAN = (
    "SELECT min(created_at) > now() - interval '10 min', "
    "max(completed_at) < now() + interval '1 min' FROM durable_engine_workflow"
)


@on_postgresql
def test_leases_and_sleeps_keep_the_time_of_the_database(project):
    fleet = Fleet(project)
    fleet.project.workflows(WRONG + WORKFLOWS + SLEEPER)
    fleet.enqueue("sleeper", times=4)
    with fleet.project.worker(CLOCK_OFF_SECONDS=FAST) as dying:
        until(lambda: len(fleet.begun()) == 4, "four have slept, and hold")
        dying.kill()
        began = monotonic()
        fleet.open_gate()
        with fleet.project.worker(CLOCK_OFF_SECONDS=SLOW):
            until(lambda: fleet.ended() == 4, "all have ended")
    assert monotonic() - began < 10 * LEASE["LEASE_SECONDS"]
    check(fleet, 4, transactions=1)
    assert fleet.rows(SPAN) == [(True, True)]
