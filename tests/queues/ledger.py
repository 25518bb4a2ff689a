"""When jobs ran, as they wrote it down, and what that says about limits."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable_engine.models import Workflow
from tests.support.programs import Program

PATIENCE_ROUNDS = 3_000
SOURCE = """
import os
import threading
import time

import durable_engine as durable

one = durable.Queue("one", concurrency=1)
four = durable.Queue("four", concurrency=4)
pair = durable.Queue("pair", worker_concurrency=2)
rated = durable.Queue("rated", limiter={"limit": 5, "period": 1.0})
keyed = durable.Queue("keyed", partition_queue=True, partition_concurrency=1)
both = durable.Queue(
    "both", partition_queue=True, partition_concurrency=2, concurrency=3
)
polite = durable.Queue("polite", concurrency=1, release_while_waiting=True)
free = durable.Queue("free")


def note(kind, key):
    line = f"{kind} {key} {os.getpid()} {time.time()!r}"
    with open(os.environ["LEDGER"], "a") as file:
        file.write(line + "\\n")
    os.write(1, (line + "\\n").encode())


@durable.step
def work(key, seconds):
    note("begin", key)
    threading.Event().wait(seconds)
    note("end", key)


@durable.workflow
def job(key, seconds=0.05):
    work(key, seconds)


@durable.step
async def work_async(key):
    note("begin", key)
    note("end", key)


@durable.workflow
async def job_async(key):
    await work_async(key)


@durable.workflow
def waiter(key):
    work(key, 0)
    durable.recv("go", timeout_seconds=60)
    work(key, 0.05)


@durable.workflow
def stuck(key):
    work(key, 3600)
"""

JOB = "shop.workflows.job"
JOB_ASYNC = "shop.workflows.job_async"
WAITER = "shop.workflows.waiter"
STUCK = "shop.workflows.stuck"


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One execution of a step."""

    key: str
    pid: int
    begin: float
    end: float


class Ledger:
    """The file that the steps of all workers append to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def intervals(self, killed: dict[int, float] | None = None) -> list[Interval]:
        """Return every execution in order of its begin.

        Args:
            killed: when each killed process was, by pid: ends what it was doing.
        """
        open_: dict[tuple[str, int], float] = {}
        found = []
        for line in self.path.read_text().splitlines():
            kind, key, pid, moment = line.split()
            place = (key, int(pid))
            if kind == "begin":
                open_[place] = float(moment)
            else:
                found.append(
                    Interval(
                        key=key,
                        pid=int(pid),
                        begin=open_.pop(place),
                        end=float(moment),
                    )
                )
        for (key, pid), begin in open_.items():
            end = (killed or {}).get(pid)
            if end is not None:
                found.append(Interval(key=key, pid=pid, begin=begin, end=end))
        return sorted(found, key=lambda interval: interval.begin)

    def latest(self, workers: list[Program]) -> Program:
        """Return the one of these that wrote last."""
        pids = [int(line.split()[2]) for line in self.path.read_text().splitlines()]
        living = {one.pid: one for one in workers}
        return next(living[pid] for pid in reversed(pids) if pid in living)

    def begun(self) -> list[str]:
        """Return what began, in that order."""
        return [interval.key for interval in self.intervals()]


def peak(intervals: list[Interval]) -> int:
    """Return how many ran at once at most."""
    moments = [(one.begin, 1) for one in intervals] + [
        (one.end, -1) for one in intervals
    ]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


def starts(queue: str) -> list[float]:
    """Return when the workflows of a queue were claimed, on the database's clock."""
    rows = Workflow.objects.filter(queue_name=queue, started_at__isnull=False)
    instants = rows.order_by("started_at").values_list("started_at", flat=True)
    return [instant.timestamp() for instant in instants]


def most_in_window(moments: list[float], seconds: float) -> int:
    """Return the largest number of moments in any window, its end excluded."""
    return max(
        sum(begin <= moment < begin + seconds for moment in moments)
        for begin in moments
    )


def wait_until_due(workflow_id: str) -> None:
    """Wait until an unloaded workflow has been woken, or runs again."""
    pause = threading.Event()
    for _ in range(PATIENCE_ROUNDS):
        row = Workflow.objects.get(pk=workflow_id)
        if row.waiting_on is None:
            return
        pause.wait(0.01)
    message = f"{workflow_id} still waits for {row.waiting_on}"
    raise AssertionError(message)


def finish(handles: list[Any]) -> None:
    """Wait until each workflow has ended well."""
    for handle in handles:
        handle.get_result()
