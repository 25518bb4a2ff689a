"""Facts about the machine and the versions, for whoever compares figures."""

import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import psycopg

from benchmarks.harness.environments import BENCHMARKS, interpreter, version_of

SHOWN_SETTINGS = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_connections",
)
SYNCS = 100


def facts(server_url: str, systems: list[str]) -> dict[str, str]:
    """Return what the results depend on, by name, in the order to show."""
    own = Path(sys.executable)
    found = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "system": f"{platform.system()} {platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "one fdatasync": f"{_sync_ms():.2f} ms",
        "Python": platform.python_version(),
        "PostgreSQL": _postgresql(server_url),
        "SQLite": sqlite3.sqlite_version,
        "psycopg": f"{psycopg.__version__} ({psycopg.pq.__impl__})",
    }
    if "durable" in systems:
        found["this engine"] = f"commit {_commit()}"
        found["Django"] = version_of(own, "Django")
    if "dbos" in systems:
        python = interpreter("dbos")
        found["DBOS"] = version_of(python, "dbos")
        found["DBOS's psycopg"] = version_of(python, "psycopg")
        found["DBOS's SQLAlchemy"] = version_of(python, "SQLAlchemy")
    return found


def _postgresql(server_url: str) -> str:
    with psycopg.connect(server_url) as connection:
        values = {}
        for name in ("server_version", *SHOWN_SETTINGS):
            (values[name],) = connection.execute(f"SHOW {name}").fetchone() or ("",)
    version = values.pop("server_version")
    return f"{version} ({', '.join(f'{k} {v}' for k, v in values.items())})"


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _sync_ms() -> float:
    """Return the median time to make one small write durable."""
    samples = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            began = perf_counter()
            os.write(file.fileno(), b"x" * 512)
            # macOS has no fdatasync.
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            samples.append((perf_counter() - began) * 1000)
    return statistics.median(samples)


def _commit() -> str:
    git = ["git", "-C", str(BENCHMARKS), "describe", "--always", "--dirty"]
    answer = subprocess.run(git, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
