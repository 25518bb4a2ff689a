"""Takes over the workflows of executors that died."""

import logging
import random

from durable_engine.clock import monotonic
from durable_engine.errors import WorkflowCancelled
from durable_engine.notify.base import CONTROL, OPERATIONS, QUEUE, RESULT
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.announcing import announcements_of_cancelled
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.membership import has_ended, host_key
from durable_engine.signals import workflow_recovered
from durable_engine.store import executors, workflows
from durable_engine.store.session import Fault, KeptSession
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_LIST_SECONDS = 5.0
_SWEEP_SECONDS = 1.0
_BATCH_ROWS = 1_000
_LOST_SECONDS = 5.0
_PRUNE_SECONDS = 600.0
_REMEMBER_SECONDS = 86_400.0


class Recovery(Service):
    """Sweeps for ended leases, and watches the processes of this host.

    A neighbour that is gone is noticed within a quarter of a second: its lease is
    ended for it. After a lost connection the sweep rests for one full lease: while
    the database was away nobody could beat, and everybody looks dead. A process that
    has just begun cannot tell an outage from a death, and does not rest: its own
    predecessor, on another host, is the more frequent case.
    """

    name = "recovery"

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._session = KeptSession(engine.store, "recovery")
        self._waiter = engine.hub.subscribe((OPERATIONS, ""))
        self._host_key = host_key()
        self._neighbours: list[tuple[str, int, str]] = []
        self._list_at = 0.0
        self._sweep_at = 0.0
        self._prune_at = monotonic() + _PRUNE_SECONDS * random.random()  # noqa: S311 - no secret
        self._rest_until = 0.0
        self._lost_at = 0.0

    def wake(self) -> None:
        """End the pause between two rounds."""
        self._waiter.wake()

    def failed(self, error: Exception) -> None:
        """Rest after an outage for as long as a lease lives."""
        if self._engine.store.classify(error) is Fault.TRANSIENT:
            self._rest_until = monotonic() + self._engine.settings.lease_seconds

    def work(self) -> None:
        """Do what is due of each duty, then pause."""
        moment = monotonic()
        if moment >= self._list_at:
            self._list_at = moment + _LIST_SECONDS
            self._neighbours = self._session.run(
                lambda session: executors.neighbours(session, self._host_key),
                writes=False,
            )
        if self._bury_neighbours() or moment >= self._sweep_at:
            self._sweep_at = moment + _SWEEP_SECONDS
            if moment >= self._rest_until:
                self._sweep()
            self._expire()
        if moment >= self._lost_at:
            self._find_lost()
        if moment >= self._prune_at:
            self._prune_at = moment + _PRUNE_SECONDS
            self._session.run(
                lambda session: executors.prune(session, _REMEMBER_SECONDS)
            )
        before = monotonic()
        self._waiter.wait(_LOOK_SECONDS)
        if monotonic() - before < _LOOK_SECONDS:
            self._list_at = 0.0  # hinted: an executor came or went

    def _bury_neighbours(self) -> bool:
        """End the leases of processes of this host that are gone."""
        if not self._host_key:
            return False
        dead = [
            executor_id
            for executor_id, pid, key in self._neighbours
            if executor_id != self._engine.executor_id and has_ended(pid, key)
        ]
        if not dead:
            return False
        expired = self._session.run(lambda session: executors.expire(session, dead))
        self._neighbours = [row for row in self._neighbours if row[0] not in dead]
        for executor_id in expired:
            logger.warning("executor %s died on this host", executor_id)
        return True

    def _sweep(self) -> None:
        """Make the workflows of dead executors due, in bounded batches."""
        while not self.stopping.is_set():
            taken = self._session.run(
                lambda session: executors.take_over(session, _BATCH_ROWS)
            )
            if not taken:
                return
            logger.warning("took over %s workflows of dead executors", len(taken))
            self._engine.tallies.taken_over(len(taken))
            self._engine.publish((QUEUE, ""))
            self._announce(taken)

    def _announce(self, taken: list[str]) -> None:
        if workflow_recovered.receivers:
            said = {"workflow_ids": taken}
            announcement = Announcement(workflow_recovered, type(self._engine), said)
            self._engine.announcer.submit(announcement.block)

    def _expire(self) -> None:
        """Cancel what has passed its deadline, whoever runs it."""
        expired = self._session.run(
            lambda session: workflows.expire(session, _BATCH_ROWS)
        )
        for workflow_id in expired:
            run = self._engine.runs.get(workflow_id)
            if run is not None:
                run.halt(WorkflowCancelled(workflow_id))
        topics = [(kind, one) for one in expired for kind in (CONTROL, RESULT)]
        if topics:
            self._engine.publish(*topics)
        for announcement in announcements_of_cancelled(self._engine, expired):
            self._engine.announcer.submit(announcement.block)

    def _find_lost(self) -> None:
        """Find unloaded workflows whose wake-up was lost with a dead process."""
        began = monotonic()
        found = self._session.run(
            lambda session: workflows.sweep_waiting(session, _BATCH_ROWS)
        )
        if found:
            self._engine.publish((QUEUE, ""))
        # Rows that wait are read each time: with very many, less often.
        spent = monotonic() - began
        self._lost_at = monotonic() + max(_LOST_SECONDS, 20 * spent)

    def join(self) -> None:
        """Wait for the loop, and give the connection back."""
        super().join()
        self._waiter.close()
        self._session.close()
