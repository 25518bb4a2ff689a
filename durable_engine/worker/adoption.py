"""Takes in workflows of application versions that nobody runs any more.

Two kinds need no version of their own. A plain task has no history that code must
fit, so workers of any version may run it on. And in development, where every edit
makes a version, what an edit interrupted goes on with the new code: if that calls
something else than was recorded, the workflow says so by `NonDeterminism`.
"""

import logging
import os

from django.conf import settings
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from durable_engine.notify.base import QUEUE
from durable_engine.runtime.engine import Engine
from durable_engine.store import executors
from durable_engine.store.session import KeptSession, Session
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 60.0
_DEVELOPMENT_PAUSE_SECONDS = 1.0
_BATCH_ROWS = 1_000
_COUNTED_ROWS = 10_000


def developing() -> bool:
    """Return whether this process is restarted when its code changes, with DEBUG."""
    return bool(settings.DEBUG) and os.environ.get(DJANGO_AUTORELOAD_ENV) == "true"


class Adoption(Service):
    """The loop of one worker process."""

    name = "adoption"

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._session = KeptSession(engine.store, "adoption")
        self._everything = developing()

    def work(self) -> None:
        """Take in what is stranded, and wait."""
        names = self._names()
        if names:
            self._adopt(names)
            self._session.close()  # a connection is not kept for one minute's use
        seconds = _DEVELOPMENT_PAUSE_SECONDS if self._everything else _PAUSE_SECONDS
        self.stopping.wait(seconds)

    def _names(self) -> list[str]:
        """Return the names of what may be taken in and can run here."""
        runnable = self._engine.registry.runnable()
        return [one.name for one in runnable if one.any_version or self._everything]

    def _adopt(self, names: list[str]) -> None:
        while not self.stopping.is_set():
            adopted = self._session.run(lambda session: self._batch(session, names))
            if not adopted:
                return
            logger.info(
                "took in %s workflows of versions that nobody runs", len(adopted)
            )
            self._engine.publish((QUEUE, ""))

    def _batch(self, session: Session, names: list[str]) -> list[str]:
        version = self._engine.app_version
        stranded = executors.versions_stranded(session, _COUNTED_ROWS).keys() - {
            version
        }
        if not stranded:
            return []
        return executors.adopt(
            session, sorted(stranded), names, version, limit=_BATCH_ROWS
        )

    def join(self) -> None:
        """Wait for the loop to end, and close its connection."""
        super().join()
        self._session.close()
