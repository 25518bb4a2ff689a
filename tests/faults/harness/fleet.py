"""Real worker processes on a project of its own, under load, and what they left.

The workflows write to a ledger outside the database whenever a step begins, and leave
a receipt in the database in every transaction.
"""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from tests.faults.harness.slots import Row, read_rows
from tests.support.programs import Program
from tests.support.project import Project

Found = TypeVar("Found")

PATIENCE_SECONDS = 60.0
LEASE = {"DATABASE": "default", "LEASE_SECONDS": 2, "HEARTBEAT_SECONDS": 0.4}
WORKFLOWS = """
    import asyncio
    import os
    import signal
    import threading
    from pathlib import Path

    import durable_engine as durable
    from shop.models import Note

    HOME = Path(__file__).parent.parent
    GATE = HOME / "gate"
    LEDGER = os.open(HOME / "ledger", os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    QUEUE = durable.Queue("load")
    never = threading.Event()


    def began():
        line = f"{durable.workflow_id}:{durable.step_id}\\n"
        os.write(LEDGER, line.encode())


    @durable.step
    def pack(seconds):
        began()
        never.wait(seconds)


    @durable.step
    async def pack_async(seconds):
        began()
        await asyncio.sleep(seconds)


    @durable.step
    def hold():
        began()
        while not GATE.exists():
            never.wait(0.01)


    @durable.step
    def die():
        began()
        os.kill(os.getpid(), signal.SIGKILL)


    @durable.transaction
    def charge():
        Note.objects.create(text=f"{durable.workflow_id}:{durable.step_id}")


    @durable.workflow
    def order(seconds):
        pack(seconds)
        charge()
        pack(seconds)
        charge()


    @durable.workflow
    async def order_async(seconds):
        await pack_async(seconds)
        await asyncio.to_thread(charge)
        await pack_async(seconds)
        await asyncio.to_thread(charge)


    @durable.workflow
    def held():
        hold()
        charge()
        pack(0)


    @durable.workflow(max_recovery_attempts=2)
    def poison():
        die()
"""
_ENQUEUE = """
    from shop import workflows
    functions = [getattr(workflows, name) for name in {names!r}]
    calls = [(function, {arguments!r}) for function in functions] * {times}
    workflows.QUEUE.enqueue_many(calls)
"""


class Fleet:
    """A project whose workers are harmed, and its database seen from outside."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.workflows(WORKFLOWS)
        project.configure(DURABLE_ENGINE=LEASE)

    def enqueue(self, *names: str, times: int, seconds: float | None = None) -> None:
        """Put work into the queue: each of the workflows so many times."""
        arguments = () if seconds is None else (seconds,)
        self.project.run(_ENQUEUE.format(names=names, arguments=arguments, times=times))

    def worker(self, *options: str) -> Program:
        """Start a worker, without waiting until it is ready; use it with `with`."""
        return self.project._program(["manage.py", "durable_worker", *options], {})

    def open_gate(self) -> None:
        """Let every held step end."""
        (self.project.root / "gate").touch()

    def rows(self, query: str) -> list[Row]:
        """Read the database."""
        return read_rows(self.project.url, query)

    def statuses(self) -> Counter[str]:
        """Count workflows by status."""
        return Counter(
            dict(
                self.rows(
                    "SELECT status, count(*) FROM durable_engine_workflow GROUP BY 1"
                )
            )
        )

    def attempts(self) -> dict[str, int]:
        """Return how often each workflow was begun."""
        return dict(
            self.rows("SELECT id, recovery_attempts FROM durable_engine_workflow")
        )

    def receipts(self) -> Counter[str]:
        """Count the commits of each transaction."""
        return Counter(row[0] for row in self.rows("SELECT text FROM shop_note"))

    def begun(self) -> Counter[str]:
        """Count how often each step began."""
        path = Path(self.project.root / "ledger")
        return Counter(path.read_text().split()) if path.exists() else Counter()

    def busy_pids(self) -> list[int]:
        """Return the processes that own workflows."""
        found = self.rows(
            "SELECT DISTINCT e.pid FROM durable_engine_executor AS e "
            "JOIN durable_engine_workflow AS w ON w.executor_id = e.id "
            "WHERE w.status = 'PENDING'"
        )
        return [row[0] for row in found]

    def ended(self) -> int:
        """Count workflows that have ended well."""
        return self.statuses()["SUCCESS"]


def until(look: Callable[[], Found], what: str) -> Found:
    """Return the first true answer; look often, and not for ever."""
    tick = threading.Event()
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        found = look()
        if found:
            return found
        tick.wait(0.02)
    message = f"never: {what}"
    raise AssertionError(message)


def check(fleet: Fleet, workflows: int, transactions: int) -> None:
    """Check that all is done, each transaction once, and no step too often.

    Args:
        fleet: whose work.
        workflows: how many there are.
        transactions: of each.
    """
    assert fleet.statuses() == {"SUCCESS": workflows}
    receipts = fleet.receipts()
    assert len(receipts) == workflows * transactions
    assert set(receipts.values()) == {1}
    attempts: dict[str, Any] = fleet.attempts()
    too_often = {
        step: times
        for step, times in fleet.begun().items()
        if times > attempts[step.rpartition(":")[0]]
    }
    assert too_often == {}
