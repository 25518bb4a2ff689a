"""Harm real workers at random for minutes, and judge by a ledger what is left.

`python tests/faults/soak.py --minutes 15 --seed 7 --database postgresql` starts workers
on a fresh database, gives them random workflows, kills, freezes, stops and cuts off
workers, restarts the database, cancels and forks; then it heals everything, waits
until all has ended, and prints every promise that was broken. It is not collected by
pytest. The seed repeats what is done, not when threads take their turns.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 3
SETTINGS = {
    "DATABASE": "default",
    "LEASE_SECONDS": LEASE_SECONDS,
    "HEARTBEAT_SECONDS": 0.5,
    "RESIDENT_WAITERS": 8,
}
HEALING_SECONDS = 90.0
_SESSIONS = (
    "SELECT pid, pg_blocking_pids(pid), application_name, client_port, state, "
    "wait_event_type, wait_event, xact_start, left(query, 80) FROM pg_stat_activity "
    "WHERE datname = current_database()"
)
_OPEN = (
    "SELECT id, status FROM durable_engine_workflow "
    "WHERE status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')"
)


def main() -> int:
    """Soak as the command line says; 0 if no promise was broken."""
    options = _options()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    print(json.dumps({**vars(options), "commit": _commit()}), flush=True)  # noqa: T201
    with ExitStack() as stack:
        report = _soak(options, stack)
    print(json.dumps(report, indent=1, default=str))  # noqa: T201
    return 1 if report["broken"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=60)
    parser.add_argument("--calm", action="store_true", help="do no harm")
    parser.add_argument("--mutant", help="break the engine: the soak must notice")
    return parser.parse_args()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


def _soak(options: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    import psycopg  # noqa: PLC0415

    from tests.support.databases import sqlite_url  # noqa: PLC0415 - the path is set
    from tests.support.postgresql import provide_server  # noqa: PLC0415
    from tests.support.project import Project  # noqa: PLC0415

    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
    server, url = None, sqlite_url(home / "soak.sqlite3")
    if options.database == "postgresql":
        server = stack.enter_context(closing(provide_server()))
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE soak")
        url = server.database_url("soak")
    project = Project(home / "project", url)
    project.workflows("from tests.faults.harness.load import *  # noqa")
    project.configure(DURABLE_ENGINE=SETTINGS)
    ledger = home / "ledger"
    project.environment.update(
        {"DURABLE_SOAK_LEDGER": str(ledger), "DURABLE_APP_VERSION": "soak"}
    )
    if options.mutant:
        project.environment["DURABLE_SOAK_MUTANT"] = options.mutant
    migrated = project.manage("migrate", "--verbosity=0")
    if migrated.returncode:
        raise SystemExit(migrated.stderr)
    _be_a_site(project)
    return _run(options, stack, project, server, ledger)


def _be_a_site(project: Any) -> None:
    """Make this process one of the site's, as a web process is."""
    os.environ.update(project._environment({}))
    sys.path.insert(0, str(project.root))
    import django  # noqa: PLC0415

    django.setup()
    from shop.models import Order  # noqa: PLC0415

    from tests.faults.harness.load import ACCOUNTS  # noqa: PLC0415

    for reference in ACCOUNTS:
        Order.objects.create(reference=reference, amount=100)


def _run(
    options: argparse.Namespace,
    stack: ExitStack,
    project: Any,
    server: Any,
    path: Path,
) -> dict[str, Any]:
    import durable_engine as durable  # noqa: PLC0415 - after Django's setup
    from tests.faults.harness.crew import Hand, Nemesis, stop_in_order  # noqa: PLC0415
    from tests.faults.harness.driver import Driver  # noqa: PLC0415
    from tests.faults.harness.ledger import Ledger, read  # noqa: PLC0415
    from tests.faults.harness.slots import read_rows  # noqa: PLC0415
    from tests.faults.harness.verdict import judge  # noqa: PLC0415

    port = server.port if server is not None else None
    driver = Driver(options.seed, Ledger(str(path)), options.backlog)
    driver.prepare()
    hands = [Hand(project, number, port) for number in range(options.workers)]
    for hand in hands:
        stack.callback(hand.close)
    nemesis = Nemesis(hands, project.url, server, options.seed, LEASE_SECONDS)
    seconds = options.minutes * 60
    thread = threading.Thread(target=driver.run, args=(seconds,))
    thread.start()
    if not options.calm:
        nemesis.run(seconds)
    thread.join()
    for hand in hands:
        if hand.program.returncode is not None:
            hand.replace()
    driver.finish()
    healing = monotonic()
    left = _wait_for_the_end(lambda: read_rows(project.url, _OPEN))
    healed_seconds = monotonic() - healing
    broken = [f"{row[0]} is still {row[1]}" for row in left[:20]]
    if left:
        _examine(hands, server, project)
    durable.destroy()
    broken += stop_in_order(hands)
    lines = read(path)
    broken += driver.broken[:20]
    broken += judge(driver.jobs, lines, lambda query: read_rows(project.url, query))
    counts = read_rows(
        project.url, "SELECT status, count(*) FROM durable_engine_workflow GROUP BY 1"
    )
    if broken:
        _keep(project, path, lambda query: read_rows(project.url, query))
    return {
        "seed": options.seed,
        "workflows": dict(counts),
        "bodies begun": sum(line["kind"] == "BEGIN" for line in lines),
        "acts": driver.acts,
        "faults": dict(nemesis.done),
        "answers lost": sum(hand.proxy.losses for hand in hands if hand.proxy),
        "healed after seconds": round(healed_seconds, 1),
        "said by workers": dict(_complaints(hands).most_common(25)),
        "broken": broken,
    }


def _wait_for_the_end(look: Any) -> Any:
    tick = threading.Event()
    deadline = monotonic() + HEALING_SECONDS
    while True:
        left = look()
        if not left or monotonic() > deadline:
            return left
        tick.wait(0.2)


def _examine(hands: Any, server: Any, project: Any) -> None:
    """Have every worker and the server say what they wait for, in the logs."""
    for hand in hands:
        hand.program.signal(signal.SIGUSR1)
    if server is not None:
        from tests.faults.harness.slots import read_rows  # noqa: PLC0415

        for row in read_rows(project.url, _SESSIONS):
            print(*row, flush=True)  # noqa: T201


def _keep(project: Any, ledger: Path, read: Any) -> None:
    """Keep what tells why: the ledger, the logs of the workers, and the tables."""
    kept = Path(tempfile.mkdtemp(prefix="soak-kept-"))
    for path in (ledger, *project.root.glob("*.log")):
        (kept / path.name).write_bytes(path.read_bytes())
    for table in ("workflow", "step", "executor", "queue"):
        rows = read(f"SELECT * FROM durable_engine_{table}")  # noqa: S608 - our own
        lines = [json.dumps(row, default=str) for row in rows]
        (kept / table).write_text("\n".join(lines))
    print(f"the ledger, the logs and the tables are in {kept}", flush=True)  # noqa: T201


def _complaints(hands: Any) -> Counter[str]:
    """Count what the workers logged, without what differs each time."""
    said: Counter[str] = Counter()
    for hand in hands:
        for program in (*hand.ended, hand.program):
            for line in program.output.splitlines():
                if line[:1].strip() and not line.startswith("Traceback"):
                    text = re.sub(r"s\d+-[\w-]+|[0-9a-f]{8,}|\d+(\.\d+)?", "…", line)
                    said[text[:160]] += 1
    return said


if __name__ == "__main__":
    sys.exit(main())
