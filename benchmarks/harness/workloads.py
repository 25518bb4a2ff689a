"""What is measured: each workload, its size for each system, and its goals.

The sizes are chosen so that a rate is taken over several seconds on a machine with
four cores; a rate counts, so the systems need not do equally many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.systems.job import Action, Mode

Database = Literal["postgresql", "sqlite"]

QUICK_DIVISOR = 8
QUICK_LEAST_WORKFLOWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One row of the results."""

    name: str
    title: str
    database: Database = "postgresql"
    action: Action = "drain"
    mode: Mode = "threads"
    steps: int = 1
    places: int = 1
    """Threads or coroutines in one process."""
    processes: int = 1
    workflows: Mapping[str, int]
    """How many, by system; a system that is not here is not measured."""
    metric: str = "rate_per_second"
    """The figure that the table shows."""
    at_least_times_dbos: float | None = None
    """Goal: this engine's speed in multiples of DBOS's."""
    at_most_times_bare: float | None = None
    """Goal: this engine's time in multiples of the hand-written."""
    quick_divisor: int = QUICK_DIVISOR

    def size(self, system: str, *, quick: bool) -> int:
        """Return the number of workflows that this system does."""
        full = self.workflows[system]
        if not quick:
            return full
        return max(full // self.quick_divisor, min(full, QUICK_LEAST_WORKFLOWS))


WORKLOADS = (
    Workload(
        name="direct",
        title="direct call, 5 steps, p50",
        action="direct",
        steps=5,
        workflows={"durable": 300, "dbos": 300, "bare": 300},
        metric="p50_ms",
        at_least_times_dbos=6,
        at_most_times_bare=1.3,
    ),
    Workload(
        name="start-threads",
        title="start + result, 5 steps, 32 threads",
        action="start",
        steps=5,
        places=32,
        workflows={"durable": 8_000, "dbos": 250, "bare": 2_000},
    ),
    Workload(
        name="start-coroutines",
        title="start + result, 5 steps, 200 coroutines",
        action="start",
        mode="coroutines",
        steps=5,
        places=200,
        workflows={"durable": 10_000, "dbos": 400},
    ),
    Workload(
        name="drain-1-threads",
        title="drain a queue, 1 step, 32 threads",
        places=32,
        workflows={"durable": 24_000, "dbos": 1_200, "bare": 6_000},
        at_least_times_dbos=20,
    ),
    Workload(
        name="drain-1-coroutines",
        title="drain a queue, 1 step, 200 coroutines",
        mode="coroutines",
        places=200,
        workflows={"durable": 36_000, "dbos": 1_200},
        at_least_times_dbos=40,
    ),
    Workload(
        name="drain-5-threads",
        title="drain a queue, 5 steps, 32 threads",
        steps=5,
        places=32,
        workflows={"durable": 10_000, "dbos": 300, "bare": 3_000},
    ),
    Workload(
        name="drain-5-coroutines",
        title="drain a queue, 5 steps, 200 coroutines",
        mode="coroutines",
        steps=5,
        places=200,
        workflows={"durable": 16_000, "dbos": 300},
    ),
    Workload(
        name="drain-1-threads-4-workers",
        title="drain a queue, 1 step, 4 workers of 32 threads",
        places=32,
        processes=4,
        workflows={"durable": 100_000, "dbos": 4_000},
        at_least_times_dbos=15,
    ),
    Workload(
        name="drain-1-coroutines-4-workers",
        title="drain a queue, 1 step, 4 workers of 200 coroutines",
        mode="coroutines",
        places=200,
        processes=4,
        workflows={"durable": 160_000, "dbos": 4_000},
        at_least_times_dbos=40,
    ),
    Workload(
        name="take-over",
        title="take over 2,000 workflows of a killed worker",
        action="take_over",
        mode="coroutines",
        places=2_000,
        workflows={"durable": 2_000},
        metric="take_over_seconds",
        quick_divisor=1,
    ),
    Workload(
        name="sqlite-direct",
        title="direct call, 5 steps, p50",
        database="sqlite",
        action="direct",
        steps=5,
        workflows={"durable": 300, "dbos": 300, "bare": 300},
        metric="p50_ms",
        at_least_times_dbos=8,
    ),
    Workload(
        name="sqlite-drain-1-threads",
        title="drain a queue, 1 step, 32 threads",
        database="sqlite",
        places=32,
        workflows={"durable": 16_000, "dbos": 500, "bare": 4_000},
        at_least_times_dbos=20,
    ),
)
