"""The values that pass through the harness."""

from dataclasses import dataclass

from benchmarks.harness.workloads import Workload
from benchmarks.systems.job import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A measured system."""

    name: str
    """As in `Workload.workflows` and on the command line."""
    title: str
    module: str
    """Its program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement."""

    workload: str
    system: str
    round: int
    """From 1."""
    workflows: int
    metrics: Metrics
    """Empty when the measurement failed."""
    error: str = ""
    """The end of what the failed program said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run does."""

    workloads: tuple[Workload, ...]
    systems: tuple[System, ...]
    rounds: int
    quick: bool


SYSTEMS = (
    System(
        name="durable",
        title="this engine",
        module="benchmarks.systems.durable.main",
    ),
    System(name="dbos", title="DBOS", module="benchmarks.systems.dbos.main"),
    System(name="bare", title="bare SQL", module="benchmarks.systems.bare.main"),
)
