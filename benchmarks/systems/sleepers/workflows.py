"""Workflows that sleep until an instant.

They ask the machine's clock: `durable.now()` is the time of the last recorded step,
which is seconds ago when 100,000 begin at once.
"""

import time

import durable_engine as durable

QUEUE = durable.Queue("sleepers")


@durable.workflow
def in_thread(until: float) -> float:
    """Sleep until this many seconds since the epoch; return when that was over."""
    durable.sleep(max(0.0, until - time.time()))  # durable: ignore
    return time.time()  # durable: ignore


@durable.workflow
async def in_coroutine(until: float) -> float:
    """Sleep until this many seconds since the epoch; return when that was over."""
    await durable.sleep_async(max(0.0, until - time.time()))  # durable: ignore
    return time.time()  # durable: ignore
