"""Measures one queue: fills it while it is paused, then lets workers empty it.

Run by `benchmarks/limits.py`, a process for each measurement.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, sleep

ENQUEUED_AT_ONCE = 1_000
WAIT_SECONDS = 300.0


def main() -> None:
    """Print the number of claims per second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("queue")
    parser.add_argument("workers", type=int)
    parser.add_argument("workflows", type=int)
    arguments = parser.parse_args()
    import django  # noqa: PLC0415 - after the arguments are known to be good

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    print(measure(arguments.queue, arguments.workers, arguments.workflows))  # noqa: T201


def measure(name: str, workers: int, workflows: int) -> float:
    """Return claims per second, from the first to the last."""
    import durable_engine as durable  # noqa: PLC0415 - needs the settings

    durable.pause_queue(name)
    processes = [_worker() for _ in range(workers)]
    try:
        _fill(name, workflows)
        _wait_until(lambda: _ready() == workers)
        durable.resume_queue(name)
        _wait_until(lambda: _left(name) == 0)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return workflows / _claim_seconds(name)


def _worker() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "django", "durable_worker", "--coroutines", "1000"]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)


def _fill(name: str, workflows: int) -> None:
    from benchmarks.systems.limits.workflows import (  # noqa: PLC0415
        PARTITIONS,
        QUEUES,
        nothing,
    )
    from durable_engine import Call  # noqa: PLC0415

    keyed = QUEUES[name].partition_queue
    for first in range(0, workflows, ENQUEUED_AT_ONCE):
        QUEUES[name].enqueue_many(
            Call(
                nothing,
                (number,),
                queue_partition_key=str(number % PARTITIONS) if keyed else None,
            )
            for number in range(first, min(first + ENQUEUED_AT_ONCE, workflows))
        )


def _ready() -> int:
    from durable_engine import list_executors  # noqa: PLC0415

    return sum(executor.alive for executor in list_executors())


def _left(name: str) -> int:
    from durable_engine.models import Workflow  # noqa: PLC0415

    rows = Workflow.objects.filter(queue_name=name).exclude(status="SUCCESS")
    return rows.count()


def _claim_seconds(name: str) -> float:
    from django.db.models import Max, Min  # noqa: PLC0415

    from durable_engine.models import Workflow  # noqa: PLC0415

    found = Workflow.objects.filter(queue_name=name).aggregate(
        first=Min("started_at"), last=Max("started_at")
    )
    return float((found["last"] - found["first"]).total_seconds())


def _wait_until(reached: Callable[[], bool]) -> None:
    began = perf_counter()
    while not reached():
        if perf_counter() - began > WAIT_SECONDS:
            message = f"not reached in {WAIT_SECONDS:g} s"
            raise TimeoutError(message)
        sleep(0.05)


if __name__ == "__main__":
    main()
