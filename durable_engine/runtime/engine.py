"""One engine a process: its identity, database, journal, hub and local runs.

Built by the first use in a process, or by a worker at its start, and passed down.
A forked child builds its own. Only processes that run workflows register as an
executor and beat; the others just write and read.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from django.apps import apps
from django.utils.module_loading import import_string

from durable_engine import conf
from durable_engine.clock import DatabaseClock, monotonic
from durable_engine.conf import Settings
from durable_engine.errors import DatabaseUnavailable, DurableError
from durable_engine.ids import new_executor_id
from durable_engine.notify.base import Topic, Transport
from durable_engine.notify.hub import Hub
from durable_engine.notify.sqlite import SQLiteTransport
from durable_engine.records import Capacity
from durable_engine.retries import Backoff
from durable_engine.runtime.announcer import Announcer
from durable_engine.runtime.context import Run
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.journal import Journal
from durable_engine.runtime.registry import Registry, registry
from durable_engine.runtime.residents import Residents
from durable_engine.runtime.tallies import Tallies
from durable_engine.runtime.version import application_version
from durable_engine.serialization import Serializer
from durable_engine.store import executors, workflows
from durable_engine.store.session import Fault, KeptSession, Session, Store

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
_MOST_READERS = 8
_PATIENT_SECONDS = 1.0
_TOO_EARLY = (
    "The engine was used before Django had started: not every workflow is known yet. "
    "Call this from a view, a command or a workflow and not while modules are imported "
    "or apps get ready; a script calls django.setup() first."
)

WORKER_NUMBER_VARIABLE = "DURABLE_WORKER_NUMBER"
"""Set by the supervisor of several workers: a fixed name needs a number then."""


class Launcher(Protocol):
    """Runs workflows of this process beside the caller."""

    def reserve(self, run: Run) -> bool:
        """Keep a place for a run that is about to be born, if there is one."""

    def give_back(self, run: Run) -> None:
        """Give up the place of a run that is not born after all."""

    def launch(self, run: Run) -> None:
        """Begin one that was born, in its place."""

    def capacity(self) -> Capacity:
        """Return how many places there are, and how many are taken."""


class Reads:
    """A few connections for reading, shared by whoever asks.

    Who finds all of them in use waits for one: a thousand threads that wait are woken at
    once, now and then, and all look. But not for long, since they may be in use by who
    waits for him: for the turn to write, which he has.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._free = threading.Semaphore(_MOST_READERS)
        self._idle: list[KeptSession] = []
        self._closed = False

    def run(
        self,
        work: Callable[[Session], Answer],
        *,
        writes: bool = False,
        until: float | None = None,
    ) -> Answer:
        """Call `work` with a session; waits through outages of the database (I6).

        Args:
            work: may be called again after an error.
            writes: whether it writes.
            until: when to give up waiting, on the monotonic clock; None: never.

        Raises:
            DatabaseUnavailable: it was away until then.
            Exception: what the database says of the statement itself.
        """
        backoff = Backoff()
        asked = monotonic()
        while True:
            try:
                return self._once(work, writes=writes)
            except Exception as error:
                fault = self._store.classify(error)
                passing = fault in (Fault.TRANSIENT, Fault.CONFLICT)
                if not passing or self._closed:
                    raise
                if until is not None and monotonic() >= until:
                    waited = round(monotonic() - asked, 1)
                    raise DatabaseUnavailable(waited_seconds=waited) from error
                if backoff.failures == 0:
                    logger.warning("the database makes us wait: %s", error)
                threading.Event().wait(backoff.next_seconds())

    def _once(self, work: Callable[[Session], Answer], *, writes: bool) -> Answer:
        """Call `work` with one of the few sessions, or one more if these are slow."""
        is_mine = self._free.acquire(timeout=_PATIENT_SECONDS)
        try:
            session = self._taken()
            try:
                return session.run(work, writes=writes)
            finally:
                self._put_back(session)
        finally:
            if is_mine:
                self._free.release()

    def _taken(self) -> KeptSession:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        return session or KeptSession(self._store, "read")

    def _put_back(self, session: KeptSession) -> None:
        with self._lock:
            if len(self._idle) < _MOST_READERS and not self._closed:
                self._idle.append(session)
                return
        session.close()

    def close(self) -> None:
        """Close every idle connection; later ones are not kept."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()


class _BlockingThreads(ThreadPoolExecutor):
    """Threads for blocking work; if the system refuses one, the others do its work.

    A worker makes the first before it begins: a coroutine's read then waits for a
    thread, and no workflow fails for want of one.
    """

    def _adjust_thread_count(self) -> None:
        """Add a thread for what was queued just now, where that needs one.

        Source: concurrent.futures.thread, whose `submit` calls this last.
        """
        try:
            super()._adjust_thread_count()
        except RuntimeError:  # at the limit of threads of the system
            if not self._threads:
                raise


@dataclass(eq=False, kw_only=True)
class Engine:
    """What the runtime needs of its process; fixed for the life of the process."""

    settings: Settings
    executor_id: str
    store: Store
    journal: Journal
    hub: Hub
    reads: Reads
    clock: DatabaseClock
    serializer: Serializer
    registry: Registry = registry
    pid: int = field(default_factory=os.getpid)
    residents: Residents
    runs: dict[str, Run] = field(default_factory=dict)
    runs_lock: threading.Lock = field(default_factory=threading.Lock)
    launcher: Launcher | None = None
    membership: Any = None  # set by `runtime.membership` when it registers
    recycled_at: float = 0.0  # monotonic: the asynchronous ORM's connections
    warned: set[tuple[str, str, int]] = field(default_factory=set)  # by the guard
    announcer: Announcer = field(default_factory=Announcer)
    tallies: Tallies = field(default_factory=Tallies)
    stopping: threading.Event = field(default_factory=threading.Event)
    # The testing kit's: nothing runs beside the caller, who waits by draining.
    threadless: bool = False
    witness: Callable[[Run, int, Entry | None], None] | None = None

    @cached_property
    def app_version(self) -> str:
        """The version of the application, computed at first use."""
        return application_version(self.settings, self.registry)

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Threads that do blocking work for coroutines."""
        return _BlockingThreads(8, thread_name_prefix="durable-blocking")

    def now(self) -> float:
        """Return the database's time in seconds since the epoch (I4)."""
        if not self.clock.known:
            asked = monotonic()
            epoch_seconds = self.reads.run(executors.read_clock)
            self.clock.observe(asked, monotonic(), epoch_seconds)
        return self.clock.now()

    def publish(self, *topics: Topic) -> None:
        """Wake who waits for these topics, here and elsewhere (a hint, I5)."""
        self.hub.publish(topics)

    def stop(self) -> None:
        """Write what is pending and give back threads and connections."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        if self.membership is not None:
            self.membership.leave()
        self.journal.stop()
        self.announcer.stop()
        self.hub.stop()
        self.reads.close()
        if "threads" in self.__dict__:
            self.threads.shutdown(wait=False)
        self.store.close()


_lock = threading.Lock()
_engine: Engine | None = None


def engine() -> Engine:
    """Return the engine of this process and these settings, built if needed."""
    global _engine  # noqa: PLW0603 - one process has one engine
    found = _engine
    if found is not None and found.settings is conf.settings():
        return found
    with _lock:
        current = conf.settings()
        if not apps.ready:
            raise DurableError(_TOO_EARLY)
        if _engine is None or _engine.settings is not current:
            if _engine is not None:
                _engine.stop()
            _engine = _builder(current)
        return _engine


def reset() -> None:
    """Stop the engine of this process, if any; the next use builds a new one."""
    global _engine
    with _lock:
        old, _engine = _engine, None
    if old is not None:
        old.stop()


def _build(settings: Settings) -> Engine:
    store = Store(settings)
    executor_id = _executor_id(settings)
    reads = Reads(store)
    tallies = Tallies()
    return Engine(
        settings=settings,
        executor_id=executor_id,
        store=store,
        journal=Journal(store, executor_id, tallies),
        tallies=tallies,
        hub=Hub(
            lambda: _transport(store, settings),
            lambda keys: reads.run(
                lambda session: workflows.wake_waiting(session, keys), writes=True
            ),
        ),
        reads=reads,
        residents=Residents(settings.resident_waiters),
        clock=DatabaseClock(),
        serializer=import_string(settings.serializer)(),
    )


_builder: Callable[[Settings], Engine] = _build


def build_with(builder: Callable[[Settings], Engine] | None) -> None:
    """Stop the engine, and build later ones another way; None: the usual one.

    For the testing kit.
    """
    global _builder  # noqa: PLW0603 - one process has one engine
    reset()
    _builder = builder or _build


def _executor_id(settings: Settings) -> str:
    """Return the name of this process; workers of one supervisor get a number."""
    if settings.executor_id is None:
        return new_executor_id()
    number = os.environ.get(WORKER_NUMBER_VARIABLE)
    return f"{settings.executor_id}-{number}" if number else settings.executor_id


def _transport(store: Store, settings: Settings) -> Transport | None:
    if store.dialect.vendor == "sqlite":
        return SQLiteTransport(store)
    if settings.listen_alias is None:
        return None
    # psycopg is optional: a project on SQLite need not have it.
    from durable_engine.notify.postgresql import PostgreSQLTransport  # noqa: PLC0415

    return PostgreSQLTransport(store, settings.listen_alias)


def _forget_after_fork() -> None:
    """A child must not use its parent's connections, threads or identity."""
    global _engine, _lock  # noqa: PLW0603 - one process has one engine
    _engine = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(reset)
