"""Workflows that wait in memory, and which of them has to go when they are many.

The one due last is unloaded: its row keeps when it is due and what wakes it, and
any worker continues it by replay. Looking for it is a heap with lazy deletion, so
that a hundred thousand sleepers cost a logarithm each. One that cannot go, because
something else of it moves, is passed over until it waits, or looks, again.
"""

import heapq
import itertools
import threading

from durable_engine.records import Place
from durable_engine.runtime.context import Run
from durable_engine.runtime.unloading import unload


class Residents:
    """The waiting workflows of one process, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._waiting: dict[Run, int] = {}  # to its ticket
        self._heap: list[tuple[float, int, Run]] = []  # latest due first

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, run: Run) -> None:
        """Note that a run waits; unload the one due last if they are too many.

        One that gives its queue's place up while it waits is unloaded at once: it
        has to be claimed again, in its turn, to go on.
        """
        if not _may_go(run):
            return
        if _gives_place_up(run):
            unload(run)
            return
        due = min(one.due() for one in tuple(run.waits))
        with self._lock:
            ticket = next(self._tickets)
            self._waiting[run] = ticket
            heapq.heappush(self._heap, (-due, -ticket, run))
            self._shrink()
            chosen = self._choose()
        if chosen is not None:
            unload(chosen)

    def _choose(self) -> Run | None:
        """Take out the one due last, if they are too many; called under the lock."""
        while len(self._waiting) > self.limit:
            _, ticket, run = heapq.heappop(self._heap)
            if self._waiting.get(run) == -ticket:
                del self._waiting[run]
                return run
        return None

    def discard(self, run: Run) -> None:
        """Note that a run waits no more."""
        with self._lock:
            self._waiting.pop(run, None)
            self._shrink()

    def _shrink(self) -> None:
        """Drop what was deleted, once it is most of the heap; called under the lock.

        At every change: one that waits for two things in turn is added again and again,
        and never discarded.
        """
        if len(self._heap) <= 2 * len(self._waiting) + 64:
            return
        self._heap = [
            entry for entry in self._heap if self._waiting.get(entry[2]) == -entry[1]
        ]
        heapq.heapify(self._heap)


def _may_go(run: Run) -> bool:
    """Whether a run, and all that called it on the same stack, may be unloaded."""
    link: Run | None = run
    while link is not None:
        if not link.registration.unload:
            return False
        link = link.caller
    return True


def _gives_place_up(run: Run) -> bool:
    """Whether a run, or what called it on the same stack, waits without a place."""
    link: Run | None = run
    while link is not None:
        if link.claimed.place is Place.GIVEN_UP_WAITING:
            return True
        link = link.caller
    return False
