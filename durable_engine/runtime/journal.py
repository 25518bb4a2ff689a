"""The journal: every durable write of this process's workflows, grouped.

A caller appends a row and later waits for its answer. Whatever is pending goes to
the database together, in one commit.

```
            append                    taken by a leader            answer read
 (none) ──────────────► PENDING ──────────────────────► FLUSHING ─────────────► DONE
```

Leadership is a token, `_flushing`, moved only under `_lock`:

- A waiting thread that finds the token free takes it and flushes all that is
  pending on its own stack: no hand-over.
- One that finds it taken sleeps on a lock of its own. When a flush ends, its
  leader wakes every sleeper whose row is done, and passes the token to the first
  sleeper whose row is pending; if there is none but rows are pending, it rings the
  flusher.
- The flusher, one thread, serves coroutines, rows with a callback, and rows nobody
  waits for (within 2 ms).

Proof obligations. (1) Nobody sleeps for ever: a row is PENDING only while the
token is taken, or its owner has not waited yet, or the flusher has been rung or
naps; each of these ends in a flush of all pending rows. (2) One flush at a time:
the token. (3) An answer is seen by its waiter: `answer` is stored before the
waiter is woken, and a waiter registers and looks under `_lock`. (4) Order: rows
are flushed in the order appended, so that waiting for the newest row of a
workflow waits for all of them.

While the database is away (I6) the leader keeps the rows, waits with backoff and
tries again; others queue up behind it. A row that the database refuses for its own
sake fails alone: the batch is split.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from durable_engine.clock import monotonic
from durable_engine.errors import DatabaseUnavailable, EngineStopped
from durable_engine.records import Answer, JournalRow
from durable_engine.retries import Backoff
from durable_engine.runtime.entries import Entry, sleeps, wake_all
from durable_engine.runtime.tallies import Tallies
from durable_engine.store import batches
from durable_engine.store.session import Fault, Session, Store

logger = logging.getLogger(__name__)

_LAZY_SECONDS = 0.002
_AWAKE_SECONDS = 0.1
_MOST_ROWS = 2_000
_BOUNDED_TRIES = 5


class Journal:
    """Groups the durable writes of one process. Threads and loops may share it."""

    def __init__(
        self, store: Store, executor_id: str, tallies: Tallies | None = None
    ) -> None:
        self._store = store
        self._tallies = tallies or Tallies()
        self._executor_id = executor_id
        self._lock = threading.Lock()
        self._pending: list[Entry] = []
        self._flushing = False
        self._session: Session | None = None
        self._bell = threading.Semaphore(0)
        self._asleep = True  # the flusher: needs the bell even for lazy rows
        self._urgent = False
        self._oldest = 0.0
        self._newest = 0.0
        self._flusher: threading.Thread | None = None
        self._stopping = threading.Event()
        self._rung_loops: set[asyncio.AbstractEventLoop] = set()
        self.flushes = 0
        self.rows_written = 0
        self.failing_since: float | None = None

    def append(
        self, row: JournalRow, callback: Callable[[Entry], None] | None = None
    ) -> Entry:
        """Add a row; it is durable once its entry is done.

        Args:
            row: what to write.
            callback: called with the entry by whoever flushed it; must be quick
                and must not wait for the journal.
        """
        entry = Entry(row, callback)
        moment = monotonic()
        with self._lock:
            if not self._pending:
                self._oldest = moment
            self._pending.append(entry)
            self._newest = moment
            ring = self._asleep
            self._asleep = False
        if ring:
            self._ring()
        return entry

    def hurry(self) -> None:
        """Have the flusher write what is pending now, though nobody waits."""
        with self._lock:
            self._urgent = True
            busy = self._flushing
        if not busy:
            self._ring()

    def wait(self, entry: Entry, until: float | None = None) -> Answer:
        """Return the answer to a row, flushing on this thread if nobody else is.

        Args:
            entry: of the row.
            until: when to give up, on the monotonic clock; None: never.

        Raises:
            EngineStopped: the process stops and the database is away.
            DatabaseUnavailable: it was away until then; the row is withdrawn.
        """
        asked = monotonic()
        while not entry.done:
            batch = self._lead_or_sleep(entry, until)
            if batch is not None:
                self._lead(batch, until)
            if until is not None and monotonic() >= until:
                self._withdraw(entry, asked)
        return entry.result()

    def _withdraw(self, entry: Entry, asked: float) -> None:
        """Give a row up, unless it is done; what was sent may have been committed."""
        with self._lock:
            if entry.done:
                return
            if entry in self._pending:
                self._pending.remove(entry)
            waited = round(monotonic() - asked, 1)
            entry.failure = DatabaseUnavailable(waited_seconds=waited)

    def _lead_or_sleep(self, entry: Entry, until: float | None) -> list[Entry] | None:
        """Return a batch to flush as leader, or None after having slept."""
        with self._lock:
            if entry.done:
                return None
            if not self._flushing:
                self._flushing = True
                return self._take()
            lock = threading.Lock()
            lock.acquire()
            entry.add_waiter(lock)
        seconds = -1 if until is None else max(0.0, until - monotonic())
        if lock.acquire(timeout=seconds) and not entry.leads:
            return None  # the row is done
        with self._lock:
            if entry.waiter is lock:
                entry.waiter = None
            if not entry.leads:
                return None  # tired of sleeping
            entry.leads = False
            return self._take()

    async def wait_async(self, entry: Entry, until: float | None = None) -> Answer:
        """Await the answer to a row; the flusher writes it.

        Raises:
            DatabaseUnavailable: it was away until then; the row is withdrawn.
        """
        asked = monotonic()
        loop = asyncio.get_running_loop()
        with self._lock:
            if entry.done:
                return entry.result()
            future: asyncio.Future[None] = loop.create_future()
            entry.add_waiter((loop, future))
        if loop not in self._rung_loops:
            # Rung at the end of this turn of the loop: all coroutines that are
            # ready append first, and share the batch.
            self._rung_loops.add(loop)
            loop.call_soon(self._ring_for, loop)
        if until is None:
            await future
            return entry.result()
        try:
            async with asyncio.timeout(max(0.0, until - asked)):
                await future
        except TimeoutError:
            self._withdraw(entry, asked)
        return entry.result()

    def _ring_for(self, loop: asyncio.AbstractEventLoop) -> None:
        self._rung_loops.discard(loop)
        self.hurry()

    def _take(self) -> list[Entry]:
        """Take the rows of the next batch; called under the lock by the leader."""
        if len(self._pending) <= _MOST_ROWS:
            batch, self._pending = self._pending, []
        else:
            batch = self._pending[:_MOST_ROWS]
            self._pending = self._pending[_MOST_ROWS:]
        self._urgent = False
        self._oldest = monotonic()
        return batch

    def _lead(self, batch: list[Entry], until: float | None = None) -> None:
        """Write a batch, give out the answers and pass the token on."""
        try:
            if batch:
                self._write(batch, until)
        except BaseException:
            # Interrupted (Ctrl-C on the leading thread): whether it committed is
            # unknown, and the rows of others must not fail for it. They are
            # idempotent: the next leader writes them again.
            self._drop_session()
            raise
        finally:
            self._finish(batch)

    def _finish(self, batch: list[Entry]) -> None:
        finished = [entry for entry in batch if entry.done]
        with self._lock:
            if len(finished) < len(batch):
                self._pending[:0] = [entry for entry in batch if not entry.done]
            successor = next((e for e in self._pending if sleeps(e)), None)
            if successor is not None:
                successor.leads = True
            else:
                self._flushing = False
                self._urgent = bool(self._pending)
            ring = self._urgent
        wake_all(finished)
        if successor is not None:
            successor.waiter.release()
        if ring and successor is None:
            self._ring()

    def _write(self, batch: Sequence[Entry], until: float | None = None) -> None:
        """Write a batch through outages; sets the answer or failure of each entry.

        A leader in a hurry leaves what it could not write to the next one.
        """
        backoff = Backoff()
        bounded = 0
        while batch:
            began = monotonic()
            try:
                answers = self._write_once([entry.row for entry in batch])
            except Exception as error:  # noqa: BLE001 - classified, never swallowed
                fault = self._store.classify(error)
                if fault is Fault.BOUNDED:
                    bounded += 1
                    fault = Fault.CONFLICT if bounded < _BOUNDED_TRIES else fault
                if fault in (Fault.PERMANENT, Fault.BOUNDED):
                    self._fail(batch, error)
                    return
                if fault is Fault.TRANSIENT:
                    self._lost(error)
                if self._pause(backoff.next_seconds(), until):
                    self._give_up(batch, error)
                    return
                if until is not None and monotonic() >= until:
                    return
                batch = [entry for entry in batch if not entry.done]  # withdrawn
            else:
                self._found()
                for entry, answer in zip(batch, answers, strict=True):
                    entry.answer = answer
                self.flushes += 1
                self.rows_written += len(batch)
                self._tallies.flushed(len(batch), monotonic() - began)
                return

    def _pause(self, seconds: float, until: float | None) -> bool:
        """Wait before another try; True once the process stops."""
        if until is not None:
            seconds = min(seconds, until - monotonic())
        return self._stopping.wait(max(0.0, seconds))

    def _write_once(self, rows: list[JournalRow]) -> list[Answer]:
        with self._store.turn():
            if self._session is None:
                self._session = self._store.open("journal")
            return batches.write(
                self._session,
                rows,
                self._executor_id,
                combine=self._store.dialect.combines_writes,
            )

    def _fail(self, batch: Sequence[Entry], error: Exception) -> None:
        """Fail the one row that the database refuses, and write the others."""
        if len(batch) == 1:
            logger.error("the database refused a row: %s", error, exc_info=error)
            batch[0].failure = self._store.explained(error)
            return
        for entry in batch:
            self._write([entry])

    def _give_up(self, batch: Sequence[Entry], error: Exception) -> None:
        for entry in batch:
            entry.failure = EngineStopped(reason=f"the database is away: {error}")

    def _lost(self, error: Exception) -> None:
        self._drop_session()
        if self.failing_since is None:
            self.failing_since = monotonic()
            logger.warning("the database is away, results wait in memory: %s", error)

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _found(self) -> None:
        if self.failing_since is not None:
            seconds = monotonic() - self.failing_since
            self.failing_since = None
            logger.warning("the database is back after %.1f s", seconds)

    def _ring(self) -> None:
        if self._flusher is None:
            self._start_flusher()
        self._bell.release()

    def _start_flusher(self) -> None:
        with self._lock:
            if self._flusher is not None:
                return
            flusher = threading.Thread(
                target=self._serve, name="durable-journal", daemon=True
            )
            flusher.start()  # before it is kept: an interrupt may come while it starts
            self._flusher = flusher

    def _serve(self) -> None:
        """Flush what coroutines wait for at once, and the rest within 2 ms.

        While rows keep coming the thread naps instead of sleeping, so that a
        checkpoint never pays for waking it.
        """
        while not self._stopping.is_set() or self._pending:
            batch: list[Entry] = []
            nap: float | None = None
            with self._lock:
                moment = monotonic()
                late = moment - self._oldest >= _LAZY_SECONDS
                if self._pending and not self._flushing and (self._urgent or late):
                    self._flushing = True
                    batch = self._take()
                elif self._pending or moment - self._newest < _AWAKE_SECONDS:
                    nap = _LAZY_SECONDS
                else:
                    self._asleep = True
            if batch:
                self._lead(batch)
            else:
                self._bell.acquire(timeout=nap)

    def stop(self) -> None:
        """Write what is pending and end the flusher; rows fail if the database is away."""
        self._stopping.set()
        flusher = self._flusher
        if flusher is not None and flusher is not threading.current_thread():
            self._bell.release()
            flusher.join(timeout=10)
        with self._lock:
            idle = not self._flushing
        if idle:
            self._drop_session()
