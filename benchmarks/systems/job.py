"""The contract between the harness and a system: one job in, some figures out.

A system's `main.py` calls `answer` with what it can do. The job comes as JSON on
standard input, the figures leave as JSON on the last line of standard output.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Literal, NoReturn

Action = Literal["direct", "start", "drain", "take_over", "work"]
Mode = Literal["threads", "coroutines"]
Metrics = dict[str, float]
"""Figures by name; the name ends in the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one measurement does."""

    action: Action
    """`work` is a system's own: what it asks of its worker processes."""
    database_url: str
    """`postgresql://…` or `sqlite:////absolute/path`, empty at the beginning; also in
    the environment as `BENCHMARK_DATABASE_URL`."""
    mode: Mode
    steps: int
    workflows: int
    places: int
    """Threads or coroutines in one process."""
    processes: int


def answer(actions: Mapping[str, Callable[[Job], Metrics]]) -> NoReturn:
    """Read one job, do it, print its figures and end the process.

    Guarantees: the process ends, whatever threads a system leaves behind.
    """
    status = 0
    try:
        job = Job(**json.load(sys.stdin))
        sys.stdout.write("\n" + json.dumps(actions[job.action](job)) + "\n")
    except BaseException:  # noqa: BLE001 - the exit status tells the harness
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def worker_processes(module: str, job: Job) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the job's worker processes; end those that still run when leaving.

    Args:
        module: the system's program.
        job: given to each process as action `work`.
    """
    text = json.dumps(asdict(replace(job, action="work")))
    workers = []
    try:
        for _ in range(job.processes):
            worker = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
            workers.append(worker)
            if worker.stdin:
                worker.stdin.write(text)
                worker.stdin.close()
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
