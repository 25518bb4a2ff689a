"""Loops that keep a system busy and take the time, the same for every system."""

import asyncio
import statistics
import threading
from collections.abc import Awaitable, Callable, Iterator
from time import perf_counter

from benchmarks.systems.job import Metrics

WARM_UP_CALLS = 30


def latency_of_calls(call: Callable[[int], object], calls: int) -> Metrics:
    """Call one after the other and return the median and 95th percentile."""
    for number in range(WARM_UP_CALLS):
        call(number)
    samples_ms = []
    for number in range(calls):
        began = perf_counter()
        call(number)
        samples_ms.append((perf_counter() - began) * 1000)
    percentiles = statistics.quantiles(samples_ms, n=20, method="inclusive")
    return {"p50_ms": percentiles[9], "p95_ms": percentiles[18]}


def rate_in_threads(call: Callable[[int], object], calls: int, threads: int) -> Metrics:
    """Make the calls from this many threads at once and return the rate."""
    _call_in_threads(call, iter(range(threads * 2)), threads)
    began = perf_counter()
    _call_in_threads(call, iter(range(calls)), threads)
    return {"rate_per_second": calls / (perf_counter() - began)}


async def rate_in_tasks(
    call: Callable[[int], Awaitable[object]], calls: int, tasks: int
) -> Metrics:
    """Make the calls from this many tasks of one loop and return the rate."""
    await _call_in_tasks(call, iter(range(tasks)), tasks)
    began = perf_counter()
    await _call_in_tasks(call, iter(range(calls)), tasks)
    return {"rate_per_second": calls / (perf_counter() - began)}


def in_threads(work: Callable[[], object], threads: int) -> None:
    """Do the work in this many threads at once; raise the first thread's failure."""
    failures: list[Exception] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    workers = [threading.Thread(target=guarded) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


def _call_in_threads(
    call: Callable[[int], object], numbers: Iterator[int], threads: int
) -> None:
    def work() -> None:
        # Threads share the iterator: a range hands out each number once.
        for number in numbers:
            call(number)

    in_threads(work, threads)


async def _call_in_tasks(
    call: Callable[[int], Awaitable[object]], numbers: Iterator[int], tasks: int
) -> None:
    async def work() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*(work() for _ in range(tasks)))
