"""Writes batches of the journal's rows, through outages.

Called by whoever holds the journal's token, or by the thread that writes aside: each
has its own writer, used by one thread at a time.

While the database is away (I6) the rows are kept, and tried again with backoff. A row
that the database refuses for its own sake fails alone: the batch is split. What a
signal's handler raised into the writing thread, such as the time limit of a job, says
nothing of the rows: it is passed on.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from durable_engine.clock import monotonic
from durable_engine.errors import EngineStopped
from durable_engine.records import Answer, ChildRow, JournalRow, NewWorkflow
from durable_engine.retries import Backoff
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.interrupts import raised_by_handler
from durable_engine.runtime.tallies import Tallies
from durable_engine.store import batches
from durable_engine.store.session import Fault, Session, Store

logger = logging.getLogger(__name__)

_BOUNDED_TRIES = 5
_STARTS = (NewWorkflow, ChildRow)


class Writer:
    """A session for writing, opened when needed and again after it broke."""

    def __init__(
        self,
        store: Store,
        executor_id: str,
        tallies: Tallies,
        *,
        stopping: threading.Event,
        set_aside: Callable[[list[Entry]], None] | None = None,
        purpose: str = "journal",
    ) -> None:
        """Open nothing yet.

        Args:
            store: the engine's database.
            executor_id: on whose behalf running workflows write.
            tallies: where batches are counted.
            stopping: set when the process stops: nobody waits for the database then.
            set_aside: takes over starts that wait for another transaction; marks
                those that it took. None: they are tried again.
            purpose: of the session.
        """
        self._store = store
        self._executor_id = executor_id
        self._tallies = tallies
        self._stopping = stopping
        self._set_aside = set_aside
        self._purpose = purpose
        self._session: Session | None = None
        self._failing_since: float | None = None

    def write(self, batch: Sequence[Entry], until: float | None = None) -> None:
        """Write a batch; sets the answer or failure of each entry.

        Args:
            batch: entries in the order appended.
            until: when to leave what could not be written, on the monotonic clock;
                None: never.

        Raises:
            BaseException: the thread was interrupted. Whether the batch was committed
                is unknown; rows are idempotent, and may be written again.
        """
        backoff = Backoff()
        bounded = 0
        while batch:
            began = monotonic()
            try:
                answers = self._write_once([entry.row for entry in batch])
            except Exception as error:
                if raised_by_handler(error):
                    raise
                fault = self._store.classify(error)
                bounded += fault is Fault.BOUNDED
                if fault is Fault.PERMANENT or bounded == _BOUNDED_TRIES:
                    self._fail(batch, error, until)
                    return
                if fault is Fault.TRANSIENT:
                    self._lost(error)
                self._wait_before_another_try(batch, error, backoff, until)
                if until is not None and monotonic() >= until:
                    return
                batch = _left(batch)
            else:
                self._found()
                for entry, answer in zip(batch, answers, strict=True):
                    entry.answer = answer
                self._tallies.flushed(len(batch), monotonic() - began)
                return

    def drop_session(self) -> None:
        """Close the connection, if there is one; the next write opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _write_once(self, rows: list[JournalRow]) -> list[Answer]:
        with self._store.turn():
            if self._session is None:
                self._session = self._store.open(self._purpose)
            return batches.write(
                self._session,
                rows,
                self._executor_id,
                combine=self._store.dialect.combines_writes,
            )

    def _wait_before_another_try(
        self,
        batch: Sequence[Entry],
        error: Exception,
        backoff: Backoff,
        until: float | None,
    ) -> None:
        """Let the cause of an error pass; rows fail if the process stops meanwhile."""
        if self._store.dialect.gave_up_waiting(error):
            self._part(batch)  # what is left has waited in the database
        elif self._pause(backoff.next_seconds(), until):
            _give_up(batch, error)

    def _pause(self, seconds: float, until: float | None) -> bool:
        """Wait before another try; True once the process stops."""
        if until is not None:
            seconds = min(seconds, until - monotonic())
        return self._stopping.wait(max(0.0, seconds))

    def _part(self, batch: Sequence[Entry]) -> None:
        """Set aside what may have to wait for a transaction that lasts."""
        starts = [entry for entry in batch if isinstance(entry.row, _STARTS)]
        if starts and self._set_aside is not None:
            self._set_aside(starts)

    def _fail(
        self, batch: Sequence[Entry], error: Exception, until: float | None
    ) -> None:
        """Fail the one row that the database refuses, and write the others."""
        if len(batch) == 1:
            logger.error("the database refused a row: %s", error, exc_info=error)
            batch[0].failure = self._store.explained(error)
            return
        for entry in batch:
            self.write([entry], until)

    def _lost(self, error: Exception) -> None:
        self.drop_session()
        if self._failing_since is None:
            self._failing_since = monotonic()
            logger.warning("the database is away, results wait in memory: %s", error)

    def _found(self) -> None:
        if self._failing_since is not None:
            seconds = monotonic() - self._failing_since
            self._failing_since = None
            logger.warning("the database is back after %.1f s", seconds)


def _left(batch: Sequence[Entry]) -> list[Entry]:
    """Return what was neither withdrawn nor set aside."""
    return [entry for entry in batch if not entry.done and not entry.aside]


def _give_up(batch: Sequence[Entry], error: Exception) -> None:
    for entry in batch:
        entry.failure = EngineStopped(reason=f"the database is away: {error}")
