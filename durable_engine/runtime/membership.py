"""This process as an executor: its lease, its beat, and its trust in both.

```
            join                    beat says no / never answers
 (none) ───────────► TRUSTED ◄──────────────────────────────┐
                      │  ▲ beat renewed                      │ rejoin: hand over what is
                      │  └────────────┐                      │ left, register anew
      trust window    ▼               │   lease ended        │
      passed        SUSPENDED ────────┴──────────────► LOST ─┘  every run is fenced
```

One beat a process, from a thread and connection of its own that share no lock with
work. The trust window is measured on the monotonic clock from *before* the beat
was sent, and is shorter than the lease: when it has passed, this process begins no
step and claims nothing until the database has answered, because a neighbour may
have taken its workflows over. What it still tries to record is refused by the fence
(I3). A lost lease is never revived: everything still owned is given back, and the
process registers anew.
"""

import logging
import os
import socket
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from durable_engine.clock import monotonic
from durable_engine.daemons import started
from durable_engine.errors import (
    DatabaseUnavailable,
    WorkflowCancelled,
    WorkflowFenced,
)
from durable_engine.notify.base import CONTROL, OPERATIONS, QUEUE, topic_hash
from durable_engine.records import Capacity, ExecutorRow, ReleaseRow
from durable_engine.retries import Backoff
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.running import RunningSteps
from durable_engine.states import WorkflowState
from durable_engine.store import executors, tallies, workflows
from durable_engine.store.session import KeptSession, Session

logger = logging.getLogger(__name__)

_BATCH_ROWS = 1_000
CLIENT, WORKER = "client", "worker"


class Membership:
    """Registers this process and keeps its lease until `leave`."""

    def __init__(self, engine: Engine, kind: str) -> None:
        self._engine = engine
        self._kind = kind
        self._lease_seconds = engine.settings.lease_seconds
        self._trust_seconds = engine.settings.trust_seconds
        self._session = KeptSession(engine.store, "beat")
        self._leaving = threading.Event()
        self._beaten = threading.Condition()
        self._believed_from = 0.0  # monotonic, before the last good beat was sent
        self._thread: threading.Thread | None = None
        self._running = RunningSteps(engine)
        self._strays: dict[str, int] = {}  # owned, but not running, at the last beat
        self.draining = False
        self.times_lost = 0

    def trusted(self) -> bool:
        """Whether the lease surely still holds."""
        return monotonic() - self._believed_from < self._trust_seconds

    def wait_for_verdict(self) -> None:
        """Block until the lease is trusted again (renewed, or lost and rejoined)."""
        with self._beaten:
            while not self.trusted() and not self._leaving.is_set():
                self._beaten.wait(self._engine.settings.heartbeat_seconds)

    def join(self) -> None:
        """Register, and start to beat.

        Raises:
            Exception: the database cannot be reached, or has no tables.
        """
        try:
            if self._engine.settings.executor_id is not None:
                self._bury_predecessor()
            self._register()
            thread = started(self._loop, "durable-heartbeat")
        except BaseException:
            self._leaving.set()
            self._session.close()
            raise
        self._engine.hub.controlled = self._controlled
        self._thread = thread
        self._running.start()

    def serve(self) -> None:
        """Be known as a worker with its capacity from now on.

        Written by a beat out of turn, on a connection that is not the heart's. Where
        the database is away just now, a later beat says it.
        """
        self._kind = WORKER
        with suppress(DatabaseUnavailable):
            self._engine.reads.run(self._renew, writes=True, until=monotonic())
            self._engine.publish((OPERATIONS, ""))

    def _bury_predecessor(self) -> None:
        """Take over what an earlier process of the same fixed name left behind."""
        self._session.run(
            lambda session: executors.expire(session, [self._engine.executor_id])
        )
        while self._session.run(
            lambda session: executors.take_over(session, _BATCH_ROWS)
        ):
            pass

    def _register(self) -> None:
        engine = self._engine
        row = ExecutorRow(
            id=engine.executor_id,
            hostname=socket.gethostname()[:255],
            host_key=host_key(),
            pid=os.getpid(),
            process_key=process_key(os.getpid()) or "",
            kind=self._kind,
            app_version=engine.app_version,
        )
        asked = monotonic()
        epoch_seconds = self._session.run(
            lambda session: executors.register(session, row, self._lease_seconds)
        )
        self._renewed(asked, epoch_seconds)
        self._look_at_clock()
        engine.publish((OPERATIONS, ""))

    def _look_at_clock(self) -> None:
        """Ask for the time alone: to register took a connection first, and long.

        By half of that the clock would be ahead until the next beat, and what is given
        back as due at once would not be due yet when a worker, told so, looks.
        """
        asked = monotonic()
        epoch_seconds = self._session.run(executors.read_clock, writes=False)
        self._engine.clock.observe(asked, monotonic(), epoch_seconds)

    def _renewed(self, asked: float, epoch_seconds: float) -> None:
        self._engine.clock.observe(asked, monotonic(), epoch_seconds)
        with self._beaten:
            self._believed_from = asked
            self._beaten.notify_all()

    def _loop(self) -> None:
        backoff = Backoff(longest_seconds=self._engine.settings.heartbeat_seconds / 2)
        pause = self._engine.settings.heartbeat_seconds
        while not self._leaving.wait(pause):
            try:
                self._beat()
            except Exception as error:  # noqa: BLE001 - a beat must not end the loop
                pause = backoff.next_seconds()
                if backoff.failures == 1:
                    logger.warning("a heartbeat failed: %s", error)
            else:
                backoff.reset()
                pause = self._engine.settings.heartbeat_seconds

    def _beat(self) -> None:
        asked = monotonic()
        epoch_seconds = self._session.run(self._renew)
        if epoch_seconds is None:
            self._lost()
            return
        self._renewed(asked, epoch_seconds)
        self._compare()
        self._write_tallies()

    def _renew(self, session: Session) -> float | None:
        launcher = self._engine.launcher
        return executors.beat(
            session,
            self._engine.executor_id,
            lease_seconds=self._lease_seconds,
            draining=self.draining,
            kind=self._kind,
            capacity=Capacity() if launcher is None else launcher.capacity(),
        )

    def _write_tallies(self) -> None:
        """Write what was counted since the last beat; never a reason to miss one."""
        rows = self._engine.tallies.take()
        if not rows:
            return
        try:
            self._session.run(lambda session: tallies.add(session, rows))
        except Exception as error:  # noqa: BLE001 - counted again at the next beat
            self._engine.tallies.give_back(rows)
            logger.warning("could not write what was counted: %s", error)

    def _lost(self) -> None:
        """Fence every run, give back what is still mine, and register anew."""
        engine = self._engine
        self.times_lost += 1
        logger.warning(
            "executor %s lost its lease; its workflows continue elsewhere",
            engine.executor_id,
        )
        with engine.runs_lock:
            runs = list(engine.runs.values())
        for run in runs:
            run.halt(WorkflowFenced(run.workflow_id))
        self._session.run(
            lambda session: executors.hand_over(session, engine.executor_id)
        )
        self._register()
        engine.publish((QUEUE, ""))

    def _controlled(self, hashes: frozenset[str] | None) -> None:
        """Look at once at runs that another process may have cancelled."""
        engine = self._engine
        with engine.runs_lock:
            runs = [run for run in engine.runs.values() if run.started]
        for run in runs:
            topic = (CONTROL, run.workflow_id)
            if hashes is None or topic_hash(topic) in hashes:
                engine.reads.run(partial(_ask_owner, run))

    def _compare(self) -> None:
        """Stop runs that are no longer mine: a lost hint must not hide it (I5)."""
        engine = self._engine
        with engine.runs_lock:
            running = dict(engine.runs)
        owned = self._session.run(
            lambda session: workflows.owned(session, engine.executor_id), writes=False
        )
        for workflow_id, run in running.items():
            if owned.get(workflow_id) != run.epoch and run.started and not run.closed:
                self._session.run(partial(_ask_owner, run), writes=False)
        self._give_back_strays({one: owned[one] for one in owned.keys() - running})

    def _give_back_strays(self, strays: dict[str, int]) -> None:
        """Give back what this process owns and does not run, seen at two beats.

        Such as a start that was committed and whose caller had given up.
        """
        before, self._strays = self._strays, strays
        now = self._engine.clock.now()
        rows = [
            ReleaseRow(workflow_id=one, epoch=epoch, wake_at=now)
            for one, epoch in strays.items()
            if before.get(one) == epoch
        ]
        if rows:
            logger.warning("gave back %s workflows that did not run here", len(rows))
            executor_id = self._engine.executor_id
            self._session.run(
                lambda session: workflows.release(session, rows, executor_id)
            )
            self._engine.publish((QUEUE, ""))

    def leave(self) -> None:
        """Give back what is still owned, deregister, and stop to beat."""
        self._leaving.set()
        self._running.stop()
        with self._beaten:
            self._beaten.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
        executor_id = self._engine.executor_id
        try:
            self._session.run(lambda session: executors.hand_over(session, executor_id))
            self._session.run(lambda session: executors.remove(session, executor_id))
            self._write_tallies()
            self._engine.publish((QUEUE, ""), (OPERATIONS, ""))
        except Exception as error:  # noqa: BLE001 - the lease will end by itself
            logger.warning("could not deregister, the lease will end: %s", error)
        finally:
            self._session.close()


def _ask_owner(run: Run, session: Session) -> None:
    """Stop a run that was cancelled or taken over, by reading its row."""
    parameters = {"workflow_id": run.workflow_id, "position": 0}
    found = session.row("ownership_read", parameters)
    status, epoch = (found[0], found[1]) if found is not None else ("", -1)
    if status == WorkflowState.CANCELLED:
        run.halt(WorkflowCancelled(run.workflow_id))
    elif epoch != run.epoch:
        run.halt(WorkflowFenced(run.workflow_id))


_joining = threading.Lock()


def ensure_member(engine: Engine, *, serves: bool = False) -> Membership:
    """Register this process as an executor unless it is one.

    Args:
        engine: of this process.
        serves: whether it is about to be a worker, if it is not registered yet.

    Raises:
        Exception: the database cannot be reached, or has no tables.
    """
    if engine.membership is None:
        with _joining:
            if engine.membership is None:
                membership = Membership(engine, WORKER if serves else CLIENT)
                membership.join()
                try:
                    engine.hub.start(engine.executor_id)
                except BaseException:
                    membership.leave()  # else a thread beats for a process unknown
                    raise
                engine.membership = membership
    found: Membership = engine.membership
    return found


def _unlock_after_fork() -> None:
    """A thread that the child does not have may hold the lock."""
    global _joining  # noqa: PLW0603 - one process has one lock
    _joining = threading.Lock()


os.register_at_fork(after_in_child=_unlock_after_fork)


def host_key() -> str:
    """Return what two processes share if each can see the other's pid.

    Source: `/proc/sys/kernel/random/boot_id` and the inode of the pid namespace
    (proc(5), namespaces(7)); empty where there is no /proc, so that nobody is
    taken for a neighbour.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - not a path
    except OSError:
        return ""
    return f"{boot} {namespace}"


def process_key(pid: int) -> str | None:
    """Return a token of a process's start, or None if none can be read.

    Returns:
        Empty for a zombie, which is dead.

    Source: proc(5), field 22 of /proc/pid/stat, counted after the command in
    parentheses, which may hold anything; state Z is a zombie.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def has_ended(pid: int, key: str) -> bool:
    """Return whether the process of a pid and token on this host has surely ended.

    Source: proc(5), `hidepid`, which systemd's `ProtectProc` sets: the entries of
    other users' processes may be hidden; kill(2) then still knows the pid.
    """
    found = process_key(pid)
    if found is not None:
        return found != key
    try:
        os.kill(pid, 0)
    except OSError as error:  # or another user's
        return isinstance(error, ProcessLookupError)
    return False
