"""What to tell somebody who waits for a workflow that nobody begins."""

import logging

from durable_engine.clock import monotonic
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import Operation, Query
from durable_engine.store import executors

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 5.0


class Advice:
    """Says once, after a while, what a waiter may have forgotten."""

    def __init__(self, engine: Engine, workflow_id: str) -> None:
        self._engine = engine
        self._workflow_id = workflow_id
        self._due_at: float | None = monotonic() + _PATIENCE_SECONDS

    def look(self) -> Operation[None]:
        """Look who could run the workflow, which is still queued, if it is time."""
        if self._due_at is None or monotonic() < self._due_at:
            return
        self._due_at = None
        alive: set[str] = yield Query(self._engine, executors.versions_alive)
        version = self._engine.app_version
        if not alive:
            logger.warning(
                "workflow %s waits, and no worker is running; start one: "
                "manage.py durable_worker",
                self._workflow_id,
            )
        elif version not in alive:
            logger.warning(
                "workflow %s waits, and no worker runs this version of the application "
                "(%s; workers run %s); restart them",
                self._workflow_id,
                version,
                ", ".join(sorted(alive)),
            )
