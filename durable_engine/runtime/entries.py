"""Rows on their way to the database, and waking who waits for them.

Used by the journal, under whose lock an entry's waiters change.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from durable_engine.clock import monotonic
from durable_engine.records import Answer, JournalRow
from durable_engine.runtime.interrupts import raised_by_handler

if TYPE_CHECKING:
    import asyncio

logger = logging.getLogger(__name__)


class Sleeper:
    """One sleep of a thread, until its row is done or the journal's token its own."""

    __slots__ = ("_lock", "thread")

    def __init__(self, thread: int) -> None:
        """Build the sleep of the thread with this identifier, which calls this."""
        self.thread = thread
        self._lock = threading.Lock()
        self._lock.acquire()

    def sleep(self, until: float | None) -> None:
        """Block until woken, or until then on the monotonic clock."""
        seconds = -1 if until is None else max(0.0, until - monotonic())
        self._lock.acquire(timeout=seconds)

    def wake(self) -> None:
        """End the sleep; safe to call again."""
        try:
            self._lock.release()
        except RuntimeError:  # woken already
            pass


class Entry:
    """One row on its way to the database."""

    __slots__ = ("answer", "aside", "callback", "failure", "others", "row", "waiter")

    def __init__(
        self, row: JournalRow, callback: "Callable[[Entry], None] | None"
    ) -> None:
        self.row = row
        self.callback = callback
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.waiter: Any = None  # a Sleeper, or (loop, future)
        self.others: tuple[Any, ...] = ()  # the same, beside the first
        self.aside = False  # written apart from the journal

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

    def forget_thread(self, thread: int) -> None:
        """Let a thread be woken, and lead, no more; called under the lock."""
        waiter = self.waiter
        if type(waiter) is Sleeper and waiter.thread == thread:
            self.waiter = None
        if self.others:
            self.others = tuple(
                one
                for one in self.others
                if type(one) is not Sleeper or one.thread != thread
            )

    def result(self) -> Answer:
        """Return the answer of a row that is done.

        Raises:
            Exception: what the database said of this very row.
        """
        if self.failure is not None:
            raise self.failure
        assert self.answer is not None  # noqa: S101 - callers wait first
        return self.answer

    def call_back(self) -> None:
        """Call the callback, if there is one: an error of it is logged, and no more."""
        if self.callback is None:
            return
        try:
            self.callback(self)
        except BaseException as error:  # SystemExit must not end who writes for all
            if raised_by_handler(error):
                raise
            logger.exception("what follows a %s failed", type(self.row).__name__)
        self.callback = None  # last: an interrupted one is called again


def first_sleeper(entries: Iterable[Entry]) -> Sleeper | None:
    """Return a thread that sleeps until one of these rows is done, the first."""
    for entry in entries:
        waiter = entry.waiter
        if type(waiter) is Sleeper:
            return waiter
    return None


def wake_all(entries: Sequence[Entry]) -> None:
    """Wake who waits for these rows, each loop once, and call their callbacks.

    May be called again after an interrupt.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[Any]] = {}
    for entry in entries:
        if entry.waiter is not None or entry.others:
            for waiter in (entry.waiter, *entry.others):
                if type(waiter) is Sleeper:
                    waiter.wake()
                elif waiter is not None:
                    loop, future = waiter
                    by_loop.setdefault(loop, []).append(future)
        if entry.callback is not None:
            entry.call_back()
    for loop, futures in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, futures)
        except RuntimeError:  # the loop closed: nobody waits there any more
            pass


def _resolve_all(futures: "list[asyncio.Future[None]]") -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
