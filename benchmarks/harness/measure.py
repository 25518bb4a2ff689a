"""Measures: runs a system's program on a fresh database and reads its figures."""

import json
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness.databases import fresh_database
from benchmarks.harness.environments import interpreter, variables
from benchmarks.harness.records import Plan, Sample, System
from benchmarks.harness.workloads import Workload
from benchmarks.systems.job import Job, Metrics

logger = logging.getLogger(__name__)

TIME_OUT_SECONDS = 300
ERROR_CHARACTERS = 3000


class MeasurementFailedError(Exception):
    """A system's program failed; the message is the end of what it said."""


def measure(plan: Plan, server_url: str) -> Iterator[Sample]:
    """Measure everything in rounds, the systems in turn, and yield as it comes.

    Each round begins with another system, so that none always follows the same one.
    """
    for number in range(1, plan.rounds + 1):
        for workload in plan.workloads:
            measured = [s for s in plan.systems if s.name in workload.workflows]
            shift = (number - 1) % max(len(measured), 1)
            for system in measured[shift:] + measured[:shift]:
                yield _sample(plan, workload, system, number, server_url)


def _sample(
    plan: Plan, workload: Workload, system: System, number: int, server_url: str
) -> Sample:
    workflows = workload.size(system.name, quick=plan.quick)
    metrics: Metrics = {}
    error = ""
    try:
        with fresh_database(workload.database, server_url) as url:
            metrics = _run(system, _job(workload, workflows, url))
    except MeasurementFailedError as failure:
        error = str(failure)
    figures = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
    logger.info(
        "round %s/%s, %s, %s: %s",
        number,
        plan.rounds,
        workload.name,
        system.name,
        figures or f"FAILED: {error.splitlines()[-1:]}",
    )
    return Sample(
        workload=workload.name,
        system=system.name,
        round=number,
        workflows=workflows,
        metrics=metrics,
        error=error,
    )


def _job(workload: Workload, workflows: int, database_url: str) -> Job:
    return Job(
        action=workload.action,
        database_url=database_url,
        mode=workload.mode,
        steps=workload.steps,
        workflows=workflows,
        places=workload.places,
        processes=workload.processes,
    )


def _run(system: System, job: Job) -> Metrics:
    """Run the system's program in a session of its own and end all of it."""
    with TemporaryDirectory(prefix="durable-benchmark-") as directory:
        errors = Path(directory) / "errors"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [interpreter(system.name), "-m", system.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=directory,
                env={**variables(), "BENCHMARK_DATABASE_URL": job.database_url},
                start_new_session=True,
            )
        try:
            output, _ = process.communicate(json.dumps(asdict(job)), TIME_OUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            message = f"no answer in {TIME_OUT_SECONDS} s\n{_end(errors)}"
            raise MeasurementFailedError(message) from error
        finally:
            _end_session(process.pid)
            process.wait()
        if process.returncode:
            raise MeasurementFailedError(_end(errors))
    metrics: Metrics = json.loads(output.splitlines()[-1])
    return metrics


def _end_session(leader: int) -> None:
    """Kill every process that the session's leader started, and it.

    Workers may have process groups of their own, so the group is not enough; where
    the system does not list sessions, it has to do.
    """
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getsid(int(entry.name)) == leader:
                os.kill(int(entry.name), signal.SIGKILL)


def _end(errors: Path) -> str:
    return errors.read_text(errors="replace")[-ERROR_CHARACTERS:].strip()
