"""Measures 100,000 sleeping workflows in one worker; writes `sleepers.md`.

    python benchmarks/sleepers.py [--workflows 100000] [--seconds 90]

A queue is filled with workflows that sleep until one instant, a worker with default
settings takes them, and all fall asleep. What counts is the greatest memory of the
worker until then, its threads, and when the last workflow woke and ended after
that instant. On Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.harness.databases import fresh_database, postgresql_server  # noqa: E402
from benchmarks.harness.machine import facts  # noqa: E402


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workflows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--modes", default="coroutines,threads")
    parser.add_argument("--postgres-url")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/sleepers.md")
    arguments = parser.parse_args()
    lines = []
    with postgresql_server(arguments.postgres_url) as server_url:
        about = "".join(
            f"- {name}: {value}\n" for name, value in facts(server_url, []).items()
        )
        for mode in arguments.modes.split(","):
            with fresh_database("postgresql", server_url) as url:
                found = _measure(url, mode, arguments.workflows, arguments.seconds)
            line = (
                f"| {mode} | {found['megabytes']:,.0f} MB | {found['threads']} | "
                f"{found['woken_seconds']:.1f} s | {found['ended_seconds']:.1f} s |\n"
            )
            print(line, end="", flush=True)  # noqa: T201
            lines.append(line)
    arguments.output.write_text(
        "# Sleepers\n\n"
        f"{arguments.workflows:,} workflows that sleep in one worker process with "
        "default settings, on PostgreSQL. Written by `benchmarks/sleepers.py`.\n\n"
        "| run by | memory, at most | threads | the last one woke after "
        "| the last one ended after |\n"
        "|---|---|---|---|---|\n" + "".join(lines) + f"\n{about}"
    )


def _measure(url: str, mode: str, workflows: int, seconds: float) -> dict[str, float]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.systems.sleepers.main",
            mode,
            str(workflows),
            str(seconds),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "BENCHMARK_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.systems.sleepers.settings",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{mode} failed:\n{done.stderr[-3000:]}"
        raise RuntimeError(message)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
