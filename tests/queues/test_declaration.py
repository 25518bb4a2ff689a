"""What a declaration accepts."""

import pytest

import durable_engine as durable
from durable_engine.errors import ConflictingRegistration
from tests.queues.ledger import JOB


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"concurrency": 0}, "concurrency must be 1 or more, or None, not 0"),
        ({"worker_concurrency": -1}, "worker_concurrency must be 1 or more"),
        ({"partition_concurrency": True}, "partition_concurrency must be 1 or more"),
        ({"limiter": {"limit": 5}}, "limiter needs the keys 'limit' and 'period'"),
        ({"limiter": {"limit": 0, "period": 1}}, r"limiter\['limit'\] must be 1"),
        ({"limiter": {"limit": 1, "period": 0}}, r"limiter\['period'\] must be above"),
        (
            {"concurrency": 2, "worker_concurrency": 3},
            "worker_concurrency must be at most concurrency, 2, not 3",
        ),
        (
            {"concurrency": 2, "partition_concurrency": 3},
            "partition_concurrency must be at most concurrency, 2, not 3",
        ),
    ],
)
def test_impossible_limits_are_refused(limits, message):
    with pytest.raises(ValueError, match=message):
        durable.Queue("impossible", **limits)


def test_registered_as_programs_for_dbos_do():
    queue = durable.register_queue("declared-dbos", global_concurrency=4)
    assert queue == durable.Queue("declared-dbos", concurrency=4)
    with pytest.raises(ConflictingRegistration):
        durable.register_queue("declared-dbos", global_concurrency=5)
    message = "^give concurrency or global_concurrency: they are the same limit$"
    with pytest.raises(ValueError, match=message):
        durable.register_queue("declared-dbos", concurrency=4, global_concurrency=4)


async def test_registered_on_a_loop():
    queue = await durable.register_queue_async("declared-loop", worker_concurrency=2)
    assert queue == durable.Queue("declared-loop", worker_concurrency=2)


def test_a_polling_interval_changes_nothing():
    queue = durable.Queue("declared-polled", polling_interval_sec=0.1)
    assert queue == durable.Queue("declared-polled")
    assert queue.declaration() == {}
    message = "polling_interval_sec must be above 0 seconds or None"
    with pytest.raises(ValueError, match=message):
        durable.Queue("declared-polled", polling_interval_sec=0)


def test_a_partitioned_queue_wants_a_key(engine_database):
    queue = durable.Queue("declared-keyed", partition_queue=True)
    with pytest.raises(ValueError, match="'declared-keyed' is partitioned: give a"):
        queue.enqueue(JOB, 1)
    with durable.SetEnqueueOptions(queue_partition_key="a"):
        assert queue.enqueue(JOB, 1).get_status().queue_partition_key == "a"
