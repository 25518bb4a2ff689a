"""Steps that run at this moment: shown in listings once they have run for a while.

A step costs no write when it begins. One that lasts gets an open row, of no finished
attempt, from a thread that looks once a second. The row binds nothing: a replay does
not read it, and whatever is recorded at the position replaces it.
"""

import logging
import threading
from typing import TYPE_CHECKING

from durable_engine.clock import monotonic
from durable_engine.records import StepRow
from durable_engine.runtime.context import Run, RunningStep

if TYPE_CHECKING:
    from durable_engine.runtime.engine import Engine

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often it is looked, and how long a step has run when it is shown."""


class RunningSteps:
    """Shows the steps of one process that last; started and stopped with its lease."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name="durable-running", daemon=True
        )

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self._look()
            except Exception:
                logger.exception("could not show the steps that run")

    def _look(self) -> None:
        begun_before = monotonic() - LOOK_SECONDS
        with self._engine.runs_lock:
            runs = [run for run in self._engine.runs.values() if run.running]
        for run in runs:
            with run.lock:
                for position, step in run.running.items():
                    if not step.shown and step.since <= begun_before:
                        self._show(run, position, step)

    def _show(self, run: Run, position: int, step: RunningStep) -> None:
        """Append the open row, under the run's lock: before the step can have ended.

        Else its outcome might be appended first, and this row refused.
        """
        step.shown = True
        row = StepRow(
            workflow_id=run.workflow_id,
            epoch=run.epoch,
            position=position,
            name=step.name,
            started_at=step.started_at,
            completed_at=None,
            attempts=0,
        )
        run.last_entry = self._engine.journal.append(row, run.recorded)
