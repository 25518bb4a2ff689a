"""Two or more real connections of this process, stepped one after the other.

A race has two outcomes, one per order; a test plays each order: the first actor holds
its transaction open, the second begins on a thread of its own, and the first goes on
when the server says that the second waits for a lock. Nobody sleeps.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from durable_engine import conf
from durable_engine.records import (
    Answer,
    Capacity,
    ExecutorRow,
    JournalRow,
    NewWorkflow,
    OutcomeRow,
    StepRow,
)
from durable_engine.states import WorkflowState
from durable_engine.store import batches, executors, workflows
from durable_engine.store.session import Session, Store

Found = TypeVar("Found")

PATIENCE_SECONDS = 20.0
LEASE_SECONDS = 600.0
OLD, NEW, ALIVE = "old-executor", "new-executor", "other-executor"
NAME, VERSION, QUEUE = "shop.checkout", "v1", "mail"
INSTANT = 1_700_000_000.0
_WAITS = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s"


class Stage:
    """Sessions of the engine on one database, and what they play with."""

    def __init__(self, url: str) -> None:
        self.store = Store(conf.settings())
        self._url = url
        self._sessions: list[Session] = []
        self._threads = ThreadPoolExecutor(16)
        self.here = self.session()

    def session(self) -> Session:
        """Open one more connection."""
        session = self.store.open("stage")
        self._sessions.append(session)
        return session

    def begin(self, work: Callable[[], Found]) -> "Future[Found]":
        """Begin something on a thread of its own."""
        return self._threads.submit(work)

    def wait_until_blocked(self, session: Session) -> None:
        """Return once the server says that this session waits for a lock."""
        pid = session.raw.info.backend_pid
        tick = threading.Event()
        with psycopg.connect(self._url, autocommit=True) as observer:
            for _ in range(int(PATIENCE_SECONDS / 0.005)):
                if observer.execute(_WAITS, [pid]).fetchone() == ("Lock",):
                    return
                tick.wait(0.005)
        message = f"backend {pid} never waited for a lock"
        raise AssertionError(message)

    @contextmanager
    def unfinished(self, work: Callable[[Session], Found]) -> Iterator[Found]:
        """Do something in a transaction that commits at the end of the block."""
        session = self.session()
        with session.transaction():
            yield work(session)

    def after_blocking(
        self, first: Callable[[Session], Any], second: Callable[[Session], Found]
    ) -> Found:
        """Return what the second finds that had to wait for the first's commit."""
        late = self.session()
        with self.unfinished(first):
            waiting = self.begin(lambda: second(late))
            self.wait_until_blocked(late)
        return waiting.result(PATIENCE_SECONDS)

    def register(self, executor_id: str, lease_seconds: float = LEASE_SECONDS) -> None:
        """Give a process its lease."""
        row = ExecutorRow(
            id=executor_id,
            hostname="host",
            host_key="",
            pid=1,
            process_key="",
            kind="worker",
            app_version=VERSION,
        )
        executors.register(self.here, row, lease_seconds)

    def beat(self, session: Session) -> float | None:
        """Renew the lease of the old process, if it is not over."""
        return executors.beat(
            session,
            OLD,
            lease_seconds=30,
            draining=False,
            kind="worker",
            capacity=Capacity(),
        )

    def bury(self, executor_id: str) -> None:
        """End the lease of a process."""
        assert executors.expire(self.here, [executor_id]) == [executor_id]

    def running(self, *workflow_ids: str, owner: str = OLD) -> None:
        """Insert workflows that run in their first epoch."""
        rows = [
            NewWorkflow(
                id=one,
                name=NAME,
                status=WorkflowState.PENDING,
                inputs="[]",
                app_version=VERSION,
                executor_id=owner,
                epoch=1,
                recovery_attempts=1,
            )
            for one in workflow_ids
        ]
        assert len(workflows.insert(self.here, rows)) == len(rows)

    def queued(self, *workflow_ids: str, partition: str | None = None) -> None:
        """Insert workflows that wait in a queue."""
        rows = [
            NewWorkflow(
                id=one,
                name=NAME,
                status=WorkflowState.ENQUEUED,
                inputs="[]",
                app_version=VERSION,
                queue_name=QUEUE,
                queue_partition_key=partition,
            )
            for one in workflow_ids
        ]
        assert len(workflows.insert(self.here, rows)) == len(rows)

    def claim(self, session: Session, executor_id: str, limit: int) -> list[Any]:
        """Claim as a worker does."""
        return workflows.claim(
            session,
            executor_id=executor_id,
            app_version=VERSION,
            names=[NAME],
            queues=[QUEUE],
            limit=limit,
        )

    def write(
        self, session: Session, *rows: JournalRow, executor_id: str = OLD
    ) -> list[Answer]:
        """Write as the journal does."""
        combine = self.store.dialect.combines_writes
        return batches.write(session, rows, executor_id, combine=combine)

    def row(self, workflow_id: str) -> tuple[Any, ...]:
        """Return status, epoch and owner of a workflow."""
        parameters = {"workflow_id": workflow_id, "position": 0}
        found = self.here.row("ownership_read", parameters)
        assert found is not None
        return found[:3]

    def count(self, table: str) -> int:
        """Return how many rows a table of the engine has."""
        cursor = self.here.raw.execute(
            f"SELECT count(*) FROM durable_engine_{table}"  # noqa: S608 - our own names
        )
        number: int = cursor.fetchone()[0]
        return number

    def close(self) -> None:
        """End the threads and close every connection."""
        self._threads.shutdown()
        for session in self._sessions:
            session.close()


def step_of(workflow_id: str, position: int = 1, epoch: int = 1) -> StepRow:
    """Return a step as its owner records it."""
    return StepRow(
        workflow_id=workflow_id,
        epoch=epoch,
        position=position,
        name="pack",
        started_at=INSTANT,
        completed_at=INSTANT,
        output='"packed"',
    )


def outcome_of(workflow_id: str, epoch: int = 1) -> OutcomeRow:
    """Return an outcome as its owner records it."""
    return OutcomeRow(
        workflow_id=workflow_id,
        epoch=epoch,
        status=WorkflowState.SUCCESS,
        output='"done"',
    )
