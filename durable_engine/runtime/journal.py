"""The journal: every durable write of this process's workflows, grouped.

A caller appends a row and later waits for its answer. Whatever is pending goes to
the database together, in one commit.

```
            append                    taken by a leader            answer read
 (none) ──────────────► PENDING ──────────────────────► FLUSHING ─────────────► DONE
```

Leadership is a token, `_leader`, the identifier of the thread that holds it; it is
moved only under `_lock`:

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
the token. (3) An answer is seen by its waiter: a waiter looks and registers under
`_lock`, and the leader takes `_lock` between storing the answer and reading who
waits. (4) Order: rows are flushed in the order appended, so that waiting for the
newest row of a workflow waits for all of them. (5) An interrupt loses nothing: a
signal's handler may raise after any call of the main thread (Ctrl-C, the time limit
of a job). What the leader took stays in `_taken` until the token is passed, both in
one assignment with no call within; a thread that is interrupted, asleep or leading,
no longer sleeps on its row and passes the token on if it is its own. What it did of
that before is done again: waking twice harms nobody, a callback is forgotten after
it returned.

A row whose callback raises is logged; the others do not notice. A start that waits
for somebody's transaction is set aside: from then on only `_aside` writes it, and who
waits for it sleeps until it is done and never leads.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from threading import get_ident

from durable_engine.clock import monotonic
from durable_engine.errors import DatabaseUnavailable
from durable_engine.records import Answer, JournalRow
from durable_engine.runtime.aside import Aside
from durable_engine.runtime.entries import Entry, Sleeper, first_sleeper, wake_all
from durable_engine.runtime.tallies import Tallies
from durable_engine.runtime.writer import Writer
from durable_engine.store.session import Store

logger = logging.getLogger(__name__)

_LAZY_SECONDS = 0.002
_AWAKE_SECONDS = 0.1
_MOST_ROWS = 2_000
_RING_AGAIN_SECONDS = 0.5
_LONGEST_SLEEP_SECONDS = 5.0  # should an interrupt have come before the bell


class Journal:
    """Groups the durable writes of one process. Threads and loops may share it."""

    def __init__(
        self, store: Store, executor_id: str, tallies: Tallies | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._pending: list[Entry] = []
        self._taken: list[Entry] = []  # by the leader
        self._leader: int | None = None
        self._bell = threading.Semaphore(0)
        self._asleep = True  # the flusher: needs the bell even for lazy rows
        self._urgent = False
        self._oldest = 0.0
        self._newest = 0.0
        self._flusher: threading.Thread | None = None
        self._stopping = threading.Event()
        self._rung_loops: set[asyncio.AbstractEventLoop] = set()
        self.rows_written = 0
        tallies = tallies or Tallies()
        made = partial(Writer, store, executor_id, tallies, stopping=self._stopping)
        self._writer = made(set_aside=self._set_aside)
        self._aside = Aside(
            made(purpose="aside"), stopping=self._stopping, wake=self._wake
        )

    def append(
        self, row: JournalRow, callback: Callable[[Entry], None] | None = None
    ) -> Entry:
        """Add a row; it is durable once its entry is done.

        Args:
            row: what to write.
            callback: called with the entry by whoever flushed it; must be quick
                and must not wait for the journal. What it raises is logged.
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
        if ring and not self._ring():
            self._asleep = True
        return entry

    def hurry(self) -> bool:
        """Have the flusher write what is pending now, though nobody waits.

        Returns:
            Whether it will: no thread may be had for it just now.
        """
        with self._lock:
            self._urgent = True
            busy = self._leader is not None
        return busy or self._ring()

    def wait(self, entry: Entry, until: float | None = None) -> Answer:
        """Return the answer to a row, flushing on this thread if nobody else is.

        Args:
            entry: of the row.
            until: when to give up, on the monotonic clock; None: never.

        Raises:
            EngineStopped: the process stops and the database is away.
            DatabaseUnavailable: it was away until then. The row is withdrawn, unless
                it was on its way: that one may be committed all the same.
        """
        asked = monotonic()
        while not entry.done:
            try:
                self._lead_or_sleep(entry, until)
            except BaseException:
                self._let_go(entry)
                raise
            if until is not None and monotonic() >= until:
                self._withdraw(entry, asked)
        return entry.result()

    def settle(self, entry: Entry, until: float) -> None:
        """Have a row written before something else is done; it stays on its way.

        Args:
            entry: of the row.
            until: when to wait no longer, on the monotonic clock.

        Raises:
            EngineStopped: the process stops and the database is away.
        """
        while not entry.done and monotonic() < until:
            try:
                self._lead_or_sleep(entry, until)
            except BaseException:
                self._let_go(entry)
                raise

    def _withdraw(self, entry: Entry, asked: float) -> None:
        """Give a row up, unless it is done; what was sent may have been committed."""
        with self._lock:
            if entry.done:
                return
            if entry in self._pending:
                self._pending.remove(entry)
            waited = round(monotonic() - asked, 1)
            entry.failure = DatabaseUnavailable(waited_seconds=waited)

    def _lead_or_sleep(self, entry: Entry, until: float | None) -> None:
        """Flush as leader if nobody does; else sleep, and lead if the token comes."""
        me = get_ident()
        with self._lock:
            if entry.done:
                return
            free = self._leader is None and not entry.aside
            sleeper = None if free else Sleeper(me)
            if sleeper is None:
                self._take(me)
            else:
                entry.add_waiter(sleeper)
        if sleeper is not None:
            sleeper.sleep(until)
            with self._lock:
                entry.forget_thread(me)
                if self._leader != me:
                    return  # the row is done, or the thread is tired of sleeping
                self._take(me)
        self._lead(until)

    def _let_go(self, entry: Entry) -> None:
        """Leave the journal as an interrupted thread: let others write the row."""
        me = get_ident()
        with self._lock:
            entry.forget_thread(me)
            mine = self._leader == me
        if mine:
            self._finish()

    async def wait_async(self, entry: Entry, until: float | None = None) -> Answer:
        """Await the answer to a row; the flusher writes it.

        Raises:
            DatabaseUnavailable: it was away until then. The row is withdrawn, unless
                it was on its way: that one may be committed all the same.
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
        if not self.hurry():
            loop.call_later(_RING_AGAIN_SECONDS, self._ring_for, loop)

    def _take(self, leader: int) -> None:
        """Take the token and the rows of the next batch; called under the lock."""
        self._urgent = False
        self._oldest = monotonic()
        batch, rest = self._pending, []
        if len(batch) > _MOST_ROWS:
            batch, rest = batch[:_MOST_ROWS], batch[_MOST_ROWS:]
        self._leader, self._taken, self._pending = leader, batch, rest  # at once (5)

    def _lead(self, until: float | None = None) -> None:
        """Write what was taken, give out the answers and pass the token on."""
        try:
            if self._taken:
                self._writer.write(self._taken, until)
        except BaseException:
            # Interrupted: whether it committed is unknown, and the rows of others
            # must not fail for it. The next leader writes them again.
            self._writer.drop_session()
            raise
        finally:
            self._finish()

    def _finish(self) -> None:
        """Wake whose rows are done, and pass the token on; again after an interrupt."""
        done = self._wake(self._taken)
        with self._lock:
            pending = self._pending
            if len(done) < len(self._taken):
                left = [entry for entry in self._taken if not entry.done]
                pending = left + pending
            heir = first_sleeper(pending)
            ring = self._urgent = heir is None and bool(pending)
            leader = None
            if heir is not None:
                leader = heir.thread
                heir.wake()  # it waits for the lock until it leads
            self.rows_written += len(done)
            self._leader, self._taken, self._pending = leader, [], pending  # (5)
        if ring:
            self._ring()

    def _wake(self, entries: Sequence[Entry]) -> list[Entry]:
        """Wake who waits for those that are done, and return these."""
        with self._lock:  # whoever looked before the answers were there has registered
            done = [entry for entry in entries if entry.done]
        wake_all(done)
        return done

    def _set_aside(self, entries: Sequence[Entry]) -> None:
        """Have entries written apart: they wait for somebody else's transaction.

        An interrupt in between leaves them in both places, and none in neither.
        """
        if self._aside.add(entries):
            with self._lock:
                for entry in entries:
                    entry.aside = True
                self._taken = [entry for entry in self._taken if not entry.aside]

    def _ring(self) -> bool:
        """Wake the flusher; False when there is none and no thread is to be had."""
        if self._lacks_flusher():
            try:
                self._start_flusher()
            except RuntimeError as error:  # at the limit of threads of the system
                # Threads write for themselves; each row appended tries again.
                logger.warning("the journal's thread cannot start: %s", error)
                return False
        self._bell.release()
        return True

    def _lacks_flusher(self) -> bool:
        flusher = self._flusher
        if flusher is None:
            return True
        return not flusher.is_alive() and not self._stopping.is_set()

    def _start_flusher(self) -> None:
        with self._lock:
            if not self._lacks_flusher():
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
        me = get_ident()
        while not self._stopping.is_set() or self._pending:
            nap = _LONGEST_SLEEP_SECONDS
            with self._lock:
                moment = monotonic()
                late = moment - self._oldest >= _LAZY_SECONDS
                due = self._pending and (self._urgent or late)
                leads = bool(due) and self._leader is None
                if leads:
                    self._take(me)
                elif self._pending or moment - self._newest < _AWAKE_SECONDS:
                    nap = _LAZY_SECONDS
                else:
                    self._asleep = True
            if leads:
                self._lead_on()
            else:
                self._bell.acquire(timeout=nap)

    def _lead_on(self) -> None:
        """Lead as the flusher, which must not end for an error."""
        try:
            self._lead()
        except BaseException:
            logger.exception("the journal could not write a batch; it will try again")
            self._stopping.wait(_RING_AGAIN_SECONDS)

    def stop(self) -> None:
        """Write what is pending and end the flusher; rows fail if the database is away."""
        self._stopping.set()
        flusher = self._flusher
        if flusher is not None and flusher is not threading.current_thread():
            self._bell.release()
            flusher.join(timeout=10)
        self._aside.stop()
        with self._lock:
            idle = self._leader is None
        if idle:
            self._writer.drop_session()
