"""Rows on their way to the database, and waking who waits for them.

Used by the journal, under whose lock an entry's waiters change.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from durable_engine.records import Answer, JournalRow

if TYPE_CHECKING:
    import asyncio


class Entry:
    """One row on its way to the database."""

    __slots__ = ("answer", "callback", "failure", "leads", "others", "row", "waiter")

    def __init__(
        self, row: JournalRow, callback: "Callable[[Entry], None] | None"
    ) -> None:
        self.row = row
        self.callback = callback
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.waiter: Any = None  # a held lock, or (loop, future)
        self.others: tuple[Any, ...] = ()  # the same, beside the first
        self.leads = False

    @property
    def done(self) -> bool:
        """Whether the answer, or the failure, is known."""
        return self.answer is not None or self.failure is not None

    def add_waiter(self, waiter: Any) -> None:
        """Let one more thread or coroutine be woken; called under the lock.

        The gathered steps of one workflow all wait for its newest row.
        """
        if self.waiter is None:
            self.waiter = waiter
        else:
            self.others = (*self.others, waiter)

    def result(self) -> Answer:
        """Return the answer of a row that is done.

        Raises:
            Exception: what the database said of this very row.
        """
        if self.failure is not None:
            raise self.failure
        assert self.answer is not None  # noqa: S101 - callers wait first
        return self.answer


_LockType = type(threading.Lock())


def sleeps(entry: Entry) -> bool:
    """Whether a thread sleeps until this row is done."""
    return type(entry.waiter) is _LockType


def wake_all(entries: Sequence[Entry]) -> None:
    """Wake who waits for these rows, each loop once, and call their callbacks."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Any]] = {}
    for entry in entries:
        if entry.waiter is not None or entry.others:
            for waiter in (entry.waiter, *entry.others):
                if type(waiter) is _LockType:
                    waiter.release()
                elif waiter is not None:
                    loop, future = waiter
                    by_loop.setdefault(loop, []).append(future)
        if entry.callback is not None:
            entry.callback(entry)
    for loop, futures in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, futures)
        except RuntimeError:  # the loop closed: nobody waits there any more
            pass


def _resolve_all(futures: "list[asyncio.Future[None]]") -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
