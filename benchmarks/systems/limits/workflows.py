"""A queue of each kind, and a workflow that does nothing."""

import durable_engine as durable

PARTITIONS = 64

# Limits that never bind measure what keeping them costs.
QUEUES = {
    "off": durable.Queue("off"),
    "worker": durable.Queue("worker", worker_concurrency=1_000),
    "rate": durable.Queue("rate", limiter={"limit": 10_000_000, "period": 60.0}),
    "concurrency": durable.Queue("concurrency", concurrency=5_000),
    "concurrency-64": durable.Queue("concurrency-64", concurrency=64),
    "partitions": durable.Queue(
        "partitions", partition_queue=True, partition_concurrency=16
    ),
}


@durable.workflow
async def nothing(number: int) -> int:
    """Do nothing, durably."""
    return number
