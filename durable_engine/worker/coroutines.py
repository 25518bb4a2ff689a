"""Runs coroutine workflows on one event loop, on a thread of its own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial

from durable_engine.runtime.context import Run
from durable_engine.runtime.endings import give_back
from durable_engine.runtime.execution import run_aside
from durable_engine.runtime.operations import perform_async
from durable_engine.runtime.places import WorkerPlace
from durable_engine.worker.limited import LimitedRunner

logger = logging.getLogger(__name__)

_CLOSING_SECONDS = 2.0


class CoroutineRunner(LimitedRunner):
    """An event loop with a bounded number of workflows that do not wait."""

    def __init__(self, limit: int, on_room: Callable[[], None]) -> None:
        super().__init__(limit, on_room)
        self._busy = 0
        self._loop = asyncio.new_event_loop()
        # The loop keeps weak references only: a task must not be collected.
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None

    def room(self) -> int:
        """Return how many more workflows may begin."""
        taken = self._busy + self._reserved
        return 0 if self._closed else max(0, self.limit - taken)

    def busy(self) -> int:
        """Return how many run, and do not wait."""
        return self._busy

    def launch(self, runs: Iterable[Run]) -> None:
        """Begin workflows that this process owns, with one hop to the loop.

        Each has its place, by `reserve`. Where the system refuses the loop its thread
        they wait for a later launch, which the claimer makes each time it looks.
        """
        runs = list(runs)
        for run in runs:
            run.place = WorkerPlace(self._change)
        with self._lock:
            self._reserved -= len(runs)
            self._busy += len(runs)
            if self._thread is None and self._busy and not self._closed:
                self._start()
        if runs:
            self._loop.call_soon_threadsafe(self._begin, runs)

    def _start(self) -> None:
        """Start the loop's thread; if there is none to have, say it once."""
        # Kept before it starts: interrupted meanwhile, it serves all the same.
        self._thread = threading.Thread(
            target=self._serve, name="durable-coroutines", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError as error:  # no more threads, or too little memory
            self._thread = None
            if not self._refused:
                logger.error("coroutines wait for a thread: %s", error)  # noqa: TRY400
            self._refused = True

    def _begin(self, runs: list[Run]) -> None:
        for run in runs:
            task = self._loop.create_task(self._run(run))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, run))

    async def _run(self, run: Run) -> None:
        try:
            await perform_async(run_aside(run))
        except asyncio.CancelledError:
            if not self._closed:
                raise
        except BaseException:  # SystemExit in a body must not end the loop
            logger.exception("workflow %s broke out of its task", run.workflow_id)

    def _ended(self, run: Run, task: asyncio.Task[None]) -> None:
        """Give the place back, and a workflow whose task was cancelled too early.

        Bodies share the loop, and one may cancel all tasks: also those that have not
        had their first turn, and never will.
        """
        self._tasks.discard(task)
        if not run.closed:
            give_back(run)
        if run.place is not None and run.place.close():
            self._change(1)

    def _change(self, freed: int) -> None:
        with self._lock:
            self._busy -= freed
        if freed > 0:
            self._on_room()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            while self._broken_out_of():
                pass
        finally:
            self._loop.close()

    def _broken_out_of(self) -> bool:
        """Run the loop until it is stopped; true if it has to run on."""
        try:
            self._loop.run_forever()
        except (SystemExit, KeyboardInterrupt):  # in a task that a body made
            logger.exception("a task of a workflow broke out of the event loop")
            return True
        if not self._closed:
            logger.error("a workflow stopped the event loop of all: it runs on")
        return not self._closed

    def close(self) -> None:
        """Begin nothing more; what still runs is cancelled and the loop ends."""
        self._closed = True
        if self._thread is None:
            self._loop.close()
            return
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(_CLOSING_SECONDS)

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._loop.call_later(0.05, self._loop.stop)
