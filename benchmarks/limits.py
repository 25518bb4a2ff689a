"""Measures claims per second with limits on against off; writes `limits.md`.

    python benchmarks/limits.py [--workflows 20000] [--workers 1,2,4] [--rounds 3]

Each measurement is a process on a fresh database: a queue is filled while it is
paused, the workers start, and it is resumed. What counts is the time from the first
to the last claim, by the database's clock. The workflows do nothing; except for
`concurrency-64` the limits never bind, so that only their keeping is measured.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.harness.databases import fresh_database, postgresql_server  # noqa: E402
from benchmarks.harness.machine import facts  # noqa: E402

QUEUES = ("off", "worker", "rate", "concurrency", "concurrency-64", "partitions")
MEANINGS = {
    "off": "no limit",
    "worker": "`worker_concurrency`",
    "rate": "`limiter`",
    "concurrency": "`concurrency`",
    "concurrency-64": "`concurrency=64`, which binds",
    "partitions": "`partition_concurrency=16`, 64 keys, which binds",
}


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workflows", type=int, default=20_000)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--postgres-url")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/limits.md")
    arguments = parser.parse_args()
    workers = [int(number) for number in arguments.workers.split(",")]
    sections = []
    with postgresql_server(arguments.postgres_url) as server_url:
        about = "".join(
            f"- {name}: {value}\n" for name, value in facts(server_url, []).items()
        )
        for kind in arguments.databases.split(","):
            rates: dict[tuple[str, int], list[float]] = {}
            for _ in range(arguments.rounds):
                for number in workers:
                    for queue in QUEUES:
                        with fresh_database(kind, server_url) as url:
                            rate = _measure(url, queue, number, arguments.workflows)
                        rates.setdefault((queue, number), []).append(rate)
                        print(f"{kind} {queue} {number}: {rate:,.0f}/s", flush=True)  # noqa: T201
            sections.append(_section(kind, workers, rates))
    heading = (
        "# Claims under limits\n\n"
        f"Claims per second of {arguments.workflows:,} workflows that do nothing, by "
        f"worker processes with 1,000 coroutines each (rounds: {arguments.rounds}, the "
        "median), and the part of the rate without limits. "
        "Written by `benchmarks/limits.py`.\n\n"
        f"{about}"
    )
    arguments.output.write_text(heading + "".join(sections))


def _measure(url: str, queue: str, workers: int, workflows: int) -> float:
    environment = {
        **os.environ,
        "BENCHMARK_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "benchmarks.systems.limits.settings",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.systems.limits.main",
            queue,
            str(workers),
            str(workflows),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{queue} with {workers} workers failed:\n{done.stderr[-3000:]}"
        raise RuntimeError(message)
    return float(done.stdout.split()[-1])


def _section(
    kind: str, workers: list[int], rates: dict[tuple[str, int], list[float]]
) -> str:
    lines = [f"\n## {kind}\n\n", "| queue |"]
    lines += [f" {number} worker{'s' * (number > 1)} |" for number in workers]
    lines += ["\n|---|", *("---|" for _ in workers), "\n"]
    for queue in QUEUES:
        lines.append(f"| {MEANINGS[queue]} |")
        for number in workers:
            rate = statistics.median(rates[queue, number])
            part = rate / statistics.median(rates["off", number])
            share = "" if queue == "off" else f" ({part:.0%})"
            lines.append(f" {rate:,.0f}{share} |")
        lines.append("\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
