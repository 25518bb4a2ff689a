"""Runs workers as a user does: by `manage.py durable_worker`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.systems.durable.workflows import queue
from benchmarks.systems.job import Job

MANAGE = Path(__file__).with_name("manage.py")


def options(job: Job) -> list[str]:
    """Return the options of `durable_worker` for this job."""
    return [f"--{job.mode}", str(job.places), "--processes", str(job.processes)]


@contextmanager
def worker(job: Job, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker of the queue, and kill it when leaving if it still runs."""
    command = [sys.executable, MANAGE, "durable_worker", "--queues", queue.name]
    process = subprocess.Popen(
        [*command, *options(job), *more], stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
