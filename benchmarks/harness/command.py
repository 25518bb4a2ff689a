"""The command line of the benchmarks."""

import argparse
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.harness.databases import postgresql_server
from benchmarks.harness.environments import BENCHMARKS, interpreter
from benchmarks.harness.machine import facts
from benchmarks.harness.measure import measure
from benchmarks.harness.records import SYSTEMS, Plan, Sample
from benchmarks.harness.report import write
from benchmarks.harness.workloads import WORKLOADS

FULL_ROUNDS = 5
SCRATCH = BENCHMARKS / ".cache"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Returns: the exit status: 0, or 1 when a measurement failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # Ended from outside, the run still ends its processes and drops its databases.
    signal.signal(signal.SIGTERM, _stop)
    options = _parser().parse_args(arguments)
    plan = _plan(options)
    names = [system.name for system in plan.systems]
    for name in names:
        interpreter(name)
    directory = options.output or _directory(plan)
    samples: list[Sample] = []
    with postgresql_server(options.postgres_url) as server_url:
        found = facts(server_url, names)
        for sample in measure(plan, server_url):
            samples.append(sample)
            write(directory, plan, found, samples)
    logger.info("written to %s", directory)
    return int(any(sample.error for sample in samples))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure this engine, DBOS and SQL.")
    known = ", ".join(workload.name for workload in WORKLOADS)
    parser.add_argument("--only", type=_names, help=f"workloads: {known}")
    parser.add_argument("--systems", type=_names, help="of durable, dbos, bare")
    parser.add_argument("--rounds", type=int, help=f"default {FULL_ROUNDS}, quick 1")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to try the harness"
    )
    parser.add_argument(
        "--postgres-url", help="a running server; default: one is started"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="directory; default: beside run.py, for a quick or partial run .cache",
    )
    return parser


def _names(value: str) -> list[str]:
    return [name for name in value.split(",") if name]


def _plan(options: argparse.Namespace) -> Plan:
    workloads = {workload.name: workload for workload in WORKLOADS}
    systems = {system.name: system for system in SYSTEMS}
    wanted_workloads = options.only or list(workloads)
    wanted_systems = options.systems or list(systems)
    for wanted, known in ((wanted_workloads, workloads), (wanted_systems, systems)):
        if unknown := set(wanted) - known.keys():
            message = (
                f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}"
            )
            raise SystemExit(message)
    rounds = options.rounds or (1 if options.quick else FULL_ROUNDS)
    return Plan(
        workloads=tuple(workloads[name] for name in wanted_workloads),
        systems=tuple(systems[name] for name in wanted_systems),
        rounds=rounds,
        quick=options.quick,
    )


def _directory(plan: Plan) -> Path:
    """Return where to write: only a whole run replaces the published results."""
    whole = (
        not plan.quick
        and len(plan.workloads) == len(WORKLOADS)
        and len(plan.systems) == len(SYSTEMS)
    )
    return BENCHMARKS if whole else SCRATCH


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)
