"""Keeps the tables small, and says what nobody runs.

Every worker runs one. Deletions are bounded and skip rows that others hold, so that
several janitors share the work instead of waiting for each other.
"""

import logging
import random

from durable_engine.clock import monotonic
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.proofs import forget_proofs
from durable_engine.store import executors, retention
from durable_engine.store.session import KeptSession, recycle_connections
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_DAY_SECONDS = 86_400.0
_BATCH_ROWS = 500
_FIRST_PAUSE_SECONDS = 5.0  # what died at a deployment is known to be dead by then
_SWEEP_SECONDS = 60.0
_REPEAT_SECONDS = 600.0
_COUNTED_ROWS = 10_000


class Janitor(Service):
    """The loop of one worker process."""

    name = "janitor"

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._session = KeptSession(engine.store, "janitor")
        self._repeat_at = 0.0
        self._reported: set[str] = set()
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    def work(self) -> None:
        """Delete what is old, report what is stranded, and wait."""
        self._report()
        self._sweep()
        self._session.close()  # a connection is not kept for one minute's use
        recycle_connections()
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        self.stopping.wait(self._pause_seconds * jitter)
        self._pause_seconds = _SWEEP_SECONDS

    def _report(self) -> None:
        """Say which versions are stranded: new ones at once, all now and then."""
        stranded = self._session.run(
            lambda session: executors.versions_stranded(session, _COUNTED_ROWS),
            writes=False,
        )
        if monotonic() >= self._repeat_at:
            self._repeat_at = monotonic() + _REPEAT_SECONDS
            self._reported = set()
        new = sorted(stranded.keys() - self._reported)
        self._reported = set(stranded)
        for name in new:
            logger.warning(
                "no worker runs version %s, which has %s workflows in flight; "
                "start one, or move them with `manage.py workflow resume`",
                name,
                stranded[name],
            )

    def _sweep(self) -> None:
        days = self._engine.settings.retention_days
        if days is None:
            return
        total = 0
        while not self.stopping.is_set():
            gone = self._session.run(
                lambda session: retention.delete_old(
                    session, age_seconds=days * _DAY_SECONDS, limit=_BATCH_ROWS
                )
            )
            forget_proofs(self._engine, gone)
            total += len(gone)
            if len(gone) < _BATCH_ROWS:
                break
        if total:
            logger.info("deleted %s workflows that ended %g days ago", total, days)

    def join(self) -> None:
        """Wait for the loop to end, and close its connection."""
        super().join()
        self._session.close()
