"""Workflows that wait in memory, and which of them has to go when they are many.

The one due last is unloaded: its row keeps when it is due and what wakes it, and
any worker continues it by replay. Looking for it is a heap with lazy deletion, so
that a hundred thousand sleepers cost a logarithm each.
"""

import heapq
import itertools
import math
import threading

from durable_engine.errors import WorkflowUnloaded
from durable_engine.notify.base import RESULT, waiting_key
from durable_engine.records import Place
from durable_engine.runtime.context import Run, Unloading


class Residents:
    """The waiting workflows of one process, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._waiting: dict[Run, tuple[int, Unloading]] = {}
        self._heap: list[tuple[float, int, Run]] = []  # latest due first

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, run: Run, unloading: Unloading) -> None:
        """Note that a run waits; unload the one due last if they are too many.

        One that gives its queue's place up while it waits is unloaded at once: it
        has to be claimed again, in its turn, to go on.
        """
        if not unloadable(run):
            return
        if _gives_place_up(run):
            unload(run, unloading)
            return
        due = math.inf if unloading.wake_at is None else unloading.wake_at
        with self._lock:
            ticket = next(self._tickets)
            self._waiting[run] = (ticket, unloading)
            heapq.heappush(self._heap, (-due, -ticket, run))
            chosen = self._choose() if len(self._waiting) > self.limit else None
        if chosen is not None:
            unload(*chosen)

    def _choose(self) -> tuple[Run, Unloading] | None:
        while self._heap:
            _, ticket, run = heapq.heappop(self._heap)
            found = self._waiting.get(run)
            if found is not None and found[0] == -ticket:
                del self._waiting[run]
                return run, found[1]
        return None

    def discard(self, run: Run) -> None:
        """Note that a run waits no more."""
        with self._lock:
            self._waiting.pop(run, None)
            if len(self._heap) > 2 * len(self._waiting) + 64:
                live = [
                    entry
                    for entry in self._heap
                    if self._waiting.get(entry[2], (0,))[0] == -entry[1]
                ]
                heapq.heapify(live)
                self._heap = live


def unloadable(run: Run) -> bool:
    """Whether a run, and all that called it on the same stack, may be unloaded."""
    link: Run | None = run
    while link is not None:
        alone = len(link.waiters) == (1 if link is run else 0)
        if not link.registration.unload or link.running or not alone:
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


def unload(run: Run, unloading: Unloading) -> None:
    """Stop a waiting run, and its callers on the stack, to be continued later."""
    run.unloading = unloading
    run.halt(WorkflowUnloaded(run.workflow_id))
    child, caller = run, run.caller
    while caller is not None:
        caller.unloading = Unloading(
            wake_at=None, waiting_on=waiting_key((RESULT, child.workflow_id))
        )
        caller.halt(WorkflowUnloaded(caller.workflow_id))
        child, caller = caller, caller.caller
