"""Runs synchronous workflows on threads.

`limit` workflows run at once; one that waits keeps its thread but gives its place
to another, so there may be more threads than places.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable

from durable_engine.runtime.context import Run
from durable_engine.runtime.execution import run_aside
from durable_engine.runtime.operations import perform
from durable_engine.store.session import recycle_connections

logger = logging.getLogger(__name__)


class ThreadRunner:
    """A pool of threads that grows with the workflows that wait."""

    def __init__(self, limit: int, on_room: Callable[[], None]) -> None:
        self.limit = limit
        self._on_room = on_room
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._busy = 0  # run, and do not wait
        self._idle = 0
        self._threads = 0
        self._closed = False

    def room(self) -> int:
        """Return how many more workflows may begin."""
        return 0 if self._closed else max(0, self.limit - self._busy)

    def launch(self, runs: Iterable[Run]) -> None:
        """Begin workflows that this process owns."""
        for run in runs:
            run.on_wait = self._waits
            with self._lock:
                self._busy += 1
                grow = self._idle == 0
                if grow:
                    self._threads += 1
                else:
                    self._idle -= 1  # spoken for
            self._tasks.put(run)
            if grow:
                threading.Thread(
                    target=self._serve, name="durable-workflow", daemon=True
                ).start()

    def _serve(self) -> None:
        while True:
            run = self._tasks.get()
            if run is None:
                return
            try:
                recycle_connections()
                perform(run_aside(run))
            except BaseException:  # SystemExit in a body must not end the pool
                logger.exception("workflow %s ended its thread", run.workflow_id)
            finally:
                recycle_connections()
            if not self._next():
                return

    def _next(self) -> bool:
        """Give the place back; false when this thread is one too many."""
        with self._lock:
            self._busy -= 1
            keep = self._idle < self.limit
            if keep:
                self._idle += 1
            else:
                self._threads -= 1
        self._on_room()
        return keep

    def _waits(self, change: int) -> None:
        with self._lock:
            self._busy -= change
        if change > 0:
            self._on_room()

    def close(self) -> None:
        """Begin nothing more; threads that are idle end."""
        self._closed = True
        with self._lock:
            idle = self._idle
        for _ in range(idle):
            self._tasks.put(None)
