"""Says what waits in vain: names that this worker does not know, unserved queues."""

import logging

from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.store import executors
from durable_engine.store.session import KeptSession
from durable_engine.worker.adoption import developing
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 5.0
_PAUSE_SECONDS = 60.0
_COUNTED_ROWS = 10_000


class Reporter(Service):
    """The loop of one worker process; each fact is said once.

    What waits at one look only may have been started by code that is newer, and is
    taken by another worker: what waits at two looks in a row is reported.
    """

    name = "reporter"

    def __init__(self, engine: Engine, *, serves_all: bool) -> None:
        super().__init__(engine)
        self._engine = engine
        self._session = KeptSession(engine.store, "reporter")
        self._serves_all = serves_all  # else it was told which queues, on purpose
        self._seen: set[str] = set()
        self._said: set[str] = set()
        self._first = 1.0 if developing() else _FIRST_PAUSE_SECONDS
        self._looks = 0

    def work(self) -> None:
        """Wait, look, and say what is new."""
        self.stopping.wait(self._first if self._looks < 2 else _PAUSE_SECONDS)
        if self.stopping.is_set():
            return
        self._looks += 1
        found = self._found()
        for fact in sorted(found & self._seen - self._said):
            logger.warning("%s", fact)
        self._said |= found & self._seen
        self._seen = found
        self._session.close()

    def _found(self) -> set[str]:
        """Return what there is to say now."""
        registry = self._engine.registry
        queues = {INTERNAL_QUEUE, *registry.queue_names()}
        unknown, unserved = set(), set()
        rows = self._session.run(
            lambda session: executors.waiting(session, _COUNTED_ROWS), writes=False
        )
        for name, queue, version in rows:
            if version not in ("", self._engine.app_version):
                continue  # reported as stranded, if it is
            if not registry.has_workflow(name):
                unknown.add(name)
            elif self._serves_all and queue not in queues:
                unserved.add(queue)
        return {
            f"workflows named {name!r} wait, and this worker knows none of that name; "
            "is its module imported at start-up? Modules named 'workflows' of installed "
            "apps are."
            for name in unknown
        } | {
            f"workflows wait in the queue {queue!r}, which this worker's code does not "
            f"declare; put durable.Queue({queue!r}) where it is imported at start-up, "
            "or start a worker with --queues."
            for queue in unserved
        }

    def join(self) -> None:
        """Wait for the loop to end, and close its connection."""
        super().join()
        self._session.close()
