"""Runs synchronous workflows on threads.

`limit` workflows run at once; one that waits keeps its thread but gives its place
to another, so there may be more threads than places. While workflows are short a
second round of them is claimed ahead, so that a claim serves many. Should those that
run turn out to last, what was claimed ahead is given back: another worker may have a
place for it.

Under the lock: `reserved` places are kept for what is about to begin, `queued` runs
are in the queue, `idle` threads take from it (a new thread counts as idle from its
birth), `running` ones run and do not wait. A thread is added while more is queued
than idle threads will take and there is a place. One that the system refuses is
counted no more, and asked for again at the next launch, which the claimer makes each
time it looks.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from durable_engine.clock import monotonic
from durable_engine.runtime.context import Run
from durable_engine.runtime.endings import give_back
from durable_engine.runtime.execution import run_aside
from durable_engine.runtime.operations import perform
from durable_engine.runtime.places import WorkerPlace
from durable_engine.store.session import recycle_connections
from durable_engine.worker.limited import LimitedRunner

logger = logging.getLogger(__name__)

_SHORT_SECONDS = 0.01
_MEMORY = 0.1  # weight of the newest duration in the mean
_LASTING_SECONDS = 0.25  # what runs is not short while none has ended for so long


class ThreadRunner(LimitedRunner):
    """A pool of threads that grows with the workflows that wait."""

    def __init__(self, limit: int, on_room: Callable[[], None]) -> None:
        super().__init__(limit, on_room)
        self._tasks: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._queued = 0
        self._idle = 0
        self._running = 0
        self._mean_seconds = 1.0
        self._ended_at = float("-inf")  # the newest end, on the monotonic clock

    def room(self) -> int:
        """Return how many more workflows may begin, or be claimed ahead."""
        if self._closed:
            return 0
        ahead = self.limit if self._are_short() else 0
        taken = self._running + self._queued + self._reserved
        return max(0, self.limit + ahead - taken)

    def _are_short(self) -> bool:
        """Whether what runs will soon make room, as far as is known."""
        short = self._mean_seconds < _SHORT_SECONDS
        return short and monotonic() - self._ended_at < _LASTING_SECONDS

    def busy(self) -> int:
        """Return how many run, and do not wait."""
        return self._running

    def launch(self, runs: Iterable[Run]) -> None:
        """Begin workflows that this process owns, and what had no thread so far.

        Each has its place, by `reserve`.
        """
        for run in runs:
            run.place = WorkerPlace(self._change)
            with self._lock:
                self._reserved -= 1
                self._queued += 1
            self._tasks.put(run)
        self._grow()
        for run in self._overtaken():
            give_back(run)

    def _overtaken(self) -> list[Run]:
        """Take out what was claimed ahead of workflows that turned out to last.

        While no thread is idle none is between the queue and the count: all that counts
        as queued is in the queue, or will be in a moment.
        """
        runs: list[Run] = []
        with self._lock:
            full = self._running >= self.limit and not self._idle
            if not full or not self._queued or self._closed or self._are_short():
                return runs
            with suppress(queue.Empty):
                while self._queued and (run := self._tasks.get_nowait()) is not None:
                    self._queued -= 1
                    runs.append(run)
        return runs

    def _grow(self) -> None:
        """Add threads for what is queued, as far as there are places."""
        while True:
            with self._lock:
                places = self.limit - self._running - self._idle
                if self._queued <= self._idle or places <= 0 or self._closed:
                    return
                self._idle += 1
            thread = threading.Thread(
                target=self._serve, name="durable-workflow", daemon=True
            )
            try:
                thread.start()
            except RuntimeError as error:  # no more threads, or too little memory
                self._without_thread(error)
                return
            self._refused = False

    def _without_thread(self, error: RuntimeError) -> None:
        """Take back the count of a thread that did not start; say it once."""
        with self._lock:
            self._idle -= 1
            said, self._refused = self._refused, True
        if not said:
            logger.error("workflows wait for a thread: %s", error)

    def _serve(self) -> None:
        while (run := self._tasks.get()) is not None:
            with self._lock:
                self._queued -= 1
                self._idle -= 1
                self._running += 1
            began = monotonic()
            try:
                recycle_connections()
                perform(run_aside(run))
            except BaseException:  # SystemExit in a body must not end the pool
                logger.exception("workflow %s ended its thread", run.workflow_id)
            finally:
                recycle_connections()
            if not self._next(run, began):
                return

    def _next(self, run: Run, began: float) -> bool:
        """Give the place back; false when this thread is one too many."""
        held = run.place is not None and run.place.close()
        ended = monotonic()
        with self._lock:
            self._ended_at = ended
            self._mean_seconds += _MEMORY * (ended - began - self._mean_seconds)
            self._running -= held
            keep = self._running + self._idle < self.limit and not self._closed
            if keep:
                self._idle += 1
        self._on_room()
        return keep

    def _change(self, freed: int) -> None:
        with self._lock:
            self._running -= freed
        if freed > 0:
            self._grow()
            self._on_room()

    def close(self) -> None:
        """Begin nothing more; threads that are idle end."""
        self._closed = True
        with self._lock:
            idle = self._idle
        for _ in range(idle):
            self._tasks.put(None)
