"""Workflows that sleep until an instant."""

import time

import durable_engine as durable

QUEUE = durable.Queue("sleepers")


@durable.workflow
def in_thread(until: float) -> float:
    """Sleep until this many seconds since the epoch; return when that was over."""
    durable.sleep(until - durable.now().timestamp())
    return time.time()  # durable: ignore


@durable.workflow
async def in_coroutine(until: float) -> float:
    """Sleep until this many seconds since the epoch; return when that was over."""
    await durable.sleep_async(until - durable.now().timestamp())
    return time.time()  # durable: ignore
