"""What is measured of this engine, through its public doors only."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import perf_counter, sleep

from django.core.management import call_command

import durable_engine as durable
from benchmarks.systems.durable.table import drain_seconds, fill, owned
from benchmarks.systems.durable.workers import options, worker
from benchmarks.systems.durable.workflows import in_coroutine, in_thread
from benchmarks.systems.job import Job, Metrics
from benchmarks.systems.pace import latency_of_calls, rate_in_tasks, rate_in_threads

WAIT_SECONDS = 60
LOOK_SECONDS = 0.005


def direct(job: Job) -> Metrics:
    """Call a workflow in one thread, in a process without a worker."""
    return latency_of_calls(lambda number: in_thread(job.steps, number), job.workflows)


def start(job: Job) -> Metrics:
    """Start workflows inside the process of a worker and wait for their results.

    The worker has the main thread, as its command does; what drives it runs beside.
    """
    metrics: Future[Metrics] = Future()

    def drive() -> None:
        try:
            # The first result comes when the worker is up.
            durable.start_workflow(in_thread, job.steps, 0).get_result()
            metrics.set_result(_drive(job))
        except Exception as error:  # noqa: BLE001 - raised by `result` below
            metrics.set_exception(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=drive).start()
    call_command("durable_worker", *options(job))
    return metrics.result()


def drain(job: Job) -> Metrics:
    """Fill a queue, then let a worker empty it and end."""
    fill(job)
    with worker(job, "--burst") as process:
        if process.wait():
            message = f"the worker ended with {process.returncode}"
            raise RuntimeError(message)
    return {"rate_per_second": job.workflows / drain_seconds(job)}


def take_over(job: Job) -> Metrics:
    """Kill a worker that runs all workflows and watch another one take them over.

    Returns: `detection_seconds` from the kill until the first workflow has left the
        dead worker, `take_over_seconds` from there until the other one has all.
    """
    with worker(job):
        fill(job)
        _wait_until(lambda: owned() == job.workflows)
        (first,) = durable.list_executors()
        with worker(job):
            _wait_until(lambda: sum(e.alive for e in durable.list_executors()) == 2)
            killed = perf_counter()
            os.kill(first.pid, signal.SIGKILL)
            _wait_until(lambda: owned(first.executor_id) < job.workflows)
            detected = perf_counter()
            _wait_until(lambda: owned() - owned(first.executor_id) == job.workflows)
            taken = perf_counter()
    return {
        "detection_seconds": detected - killed,
        "take_over_seconds": taken - detected,
    }


def _drive(job: Job) -> Metrics:
    if job.mode == "coroutines":
        return asyncio.run(_drive_async(job))

    def call(number: int) -> int:
        return durable.start_workflow(in_thread, job.steps, number).get_result()

    return rate_in_threads(call, job.workflows, job.places)


async def _drive_async(job: Job) -> Metrics:
    async def call(number: int) -> int:
        handle = await durable.start_workflow_async(in_coroutine, job.steps, number)
        return await handle.get_result()

    return await rate_in_tasks(call, job.workflows, job.places)


def _wait_until(reached: Callable[[], bool]) -> None:
    began = perf_counter()
    while not reached():
        if perf_counter() - began > WAIT_SECONDS:
            message = f"not reached in {WAIT_SECONDS} s"
            raise TimeoutError(message)
        sleep(LOOK_SECONDS)
