"""A limit holds also in the moment in which nobody has a lease."""

import pytest

from durable_engine.records import Claimant
from durable_engine.store import executors, queues
from tests.faults.harness.stage import NAME, NEW, OLD, QUEUE, VERSION

LIMIT = 3
LIMITS = {
    "concurrency": {"concurrency": LIMIT},
    "partition": {"partition_queue": True, "partition_concurrency": LIMIT},
}


@pytest.mark.parametrize("kind", LIMITS)
def test_claim_after_the_end_of_every_lease_keeps_the_limit(stage, kind):
    """The claimer waited for its turn for longer than its own lease was."""
    queues.declare(stage.here, {QUEUE: LIMITS[kind]})
    limits = queues.effective(LIMITS[kind], {}, paused=False)

    def claim(executor_id):
        claimant = Claimant(executor_id=executor_id, app_version=VERSION, names=[NAME])
        found = queues.claim(stage.here, QUEUE, limits, claimant, limit=10)
        return sorted(row.id for row in found.rows)

    stage.register(OLD)
    stage.queued(*(f"w{number}" for number in range(8)), partition="p")
    assert claim(OLD) == ["w0", "w1", "w2"]
    stage.bury(OLD)
    assert len(executors.take_over(stage.here, 10)) == LIMIT
    assert claim(NEW) == ["w0", "w1", "w2"]
