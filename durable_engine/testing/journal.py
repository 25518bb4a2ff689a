"""The journal of a test: rows wait in memory, and are written by who needs them.

No thread flushes. What nobody waits for is written with the next row that somebody
waits for, before any read, and at the end of `drain()`.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from durable_engine.records import (
    Answer,
    JournalRow,
    NewWorkflow,
    ReleaseRow,
    Verdict,
)
from durable_engine.runtime.engine import Reads
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.journal import Journal
from durable_engine.store import batches
from durable_engine.store.embedded import EmbeddedStore
from durable_engine.store.session import Session

Found = TypeVar("Found")

_FENCED = Answer(verdict=Verdict.FENCED)
_MOST_ROWS = 500


class KitJournal(Journal):
    """Writes on the thread that asks, in the test's transaction.

    `rows_written` counts what got further: an execution that only waits again adds
    nothing.
    """

    def __init__(self, store: EmbeddedStore, executor_id: str) -> None:
        super().__init__(store, executor_id)
        self._store = store
        self._executor_id = executor_id
        self._turn = store.alone()
        self._waiting: list[Entry] = []
        self._dead: set[tuple[str, int]] = set()
        self._writing = False

    def own(self, executor_id: str) -> None:
        """Write on behalf of another executor from now on."""
        self.flush()
        self._executor_id = executor_id

    def bury(self, workflow_id: str, epoch: int) -> None:
        """Write nothing more of an execution: its process has ended."""
        self._dead.add((workflow_id, epoch))

    def append(
        self, row: JournalRow, callback: Callable[[Entry], None] | None = None
    ) -> Entry:
        """Keep a row until somebody needs it to be written."""
        entry = Entry(row, callback)
        with self._turn:
            self._waiting.append(entry)
        return entry

    def hurry(self) -> bool:
        """Do nothing: whoever looks, writes first."""
        return True

    def wait(self, entry: Entry, until: float | None = None) -> Answer:
        """Write all that waits, and return the answer to a row."""
        del until
        self.flush()
        return entry.result()

    async def wait_async(self, entry: Entry, until: float | None = None) -> Answer:
        """Write all that waits, and return the answer to a row."""
        del until
        return self.wait(entry)

    def flush(self) -> None:
        """Write all that waits; callbacks may append more, which is written too."""
        with self._turn:
            if self._writing:
                return  # a callback reads: it sees what was written until now
            self._writing = True
            try:
                while self._waiting:
                    batch = self._waiting[:_MOST_ROWS]
                    del self._waiting[:_MOST_ROWS]
                    self._write_all(batch)
            finally:
                self._writing = False

    def _write_all(self, batch: list[Entry]) -> None:
        living = []
        for entry in batch:
            if self._is_dead(entry.row):
                entry.answer = _FENCED
            else:
                living.append(entry)
        if living:
            self._write_living(living)
        for entry in batch:
            if entry.callback is not None:
                entry.callback(entry)

    def _write_living(self, entries: Sequence[Entry]) -> None:
        session = self._store.borrow()
        try:
            with session.transaction():
                answers = batches.write(
                    session,
                    [entry.row for entry in entries],
                    self._executor_id,
                    combine=self._store.dialect.combines_writes,
                )
        except Exception as error:  # noqa: BLE001 - the failure of one row, found below
            if len(entries) == 1:
                entries[0].failure = error
                return
            for entry in entries:
                self._write_living([entry])
            return
        for entry, answer in zip(entries, answers, strict=True):
            entry.answer = answer
            accepted = answer.verdict is Verdict.ACCEPTED
            if accepted and not isinstance(entry.row, ReleaseRow):
                self.rows_written += 1

    def _is_dead(self, row: JournalRow) -> bool:
        if not self._dead or isinstance(row, NewWorkflow):
            return False
        step = getattr(row, "step", row)
        if step is None:  # messages from outside any workflow
            return False
        key = (getattr(step, "workflow_id", ""), getattr(step, "epoch", 0))
        return key in self._dead

    def stop(self) -> None:
        """Forget what nobody needed."""
        self._waiting.clear()


class KitReads(Reads):
    """Reads what the test reads, and what the journal has not written yet."""

    def __init__(self, store: EmbeddedStore, journal: KitJournal) -> None:
        super().__init__(store)
        self._test_store = store
        self._test_journal = journal

    def run(
        self,
        work: Callable[[Session], Found],
        *,
        writes: bool = False,
        until: float | None = None,
    ) -> Found:
        """Write what waits, then call `work` with the test's session."""
        del writes, until
        self._test_journal.flush()
        return work(self._test_store.borrow())
