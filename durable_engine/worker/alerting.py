"""Raises alerts: in every worker process a loop, of which one at a time watches.

On a thread and a connection of its own: what it does, and what hooks do, holds up no
work.
"""

import logging
import random

from durable_engine.runtime.engine import Engine
from durable_engine.thresholds import AlertSettings
from durable_engine.worker.service import Service
from durable_engine.worker.watch import Watch

logger = logging.getLogger(__name__)


class Alerting(Service):
    """The loop of one worker process."""

    name = "alerts"

    def __init__(self, engine: Engine, settings: AlertSettings) -> None:
        super().__init__(engine)
        self._watch = Watch(engine, settings, engine.executor_id)
        self._every_seconds = settings.every_seconds

    def work(self) -> None:
        """Wait, then look."""
        jitter = random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        if self.stopping.wait(self._every_seconds * jitter):
            return
        if self._watch.look() is None:
            self._watch.close()  # no connection is kept to ask in vain

    def join(self) -> None:
        """Wait for the loop to end, and let another process watch."""
        super().join()
        try:
            self._watch.leave()
        except Exception as error:  # noqa: BLE001 - the duty's lease will end
            logger.warning("could not give up the duty of alerts: %s", error)
