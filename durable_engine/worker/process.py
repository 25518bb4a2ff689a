"""A worker in this process: its services, its start, and its orderly end."""

import logging
import threading
from dataclasses import dataclass

from durable_engine.clock import monotonic
from durable_engine.errors import WorkflowUnloaded
from durable_engine.records import Capacity
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine, engine, reset
from durable_engine.runtime.membership import ensure_member
from durable_engine.worker.adoption import Adoption
from durable_engine.worker.alerting import Alerting
from durable_engine.worker.claimer import Claimer, Runner
from durable_engine.worker.coroutines import CoroutineRunner
from durable_engine.worker.janitor import Janitor
from durable_engine.worker.recovery import Recovery
from durable_engine.worker.reporter import Reporter
from durable_engine.worker.scheduler import Scheduler
from durable_engine.worker.threads import ThreadRunner

logger = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a worker serves and how much at once; None: as the settings say."""

    queues: list[str] | None = None  # None: every queue declared in code
    threads: int | None = None
    coroutines: int | None = None


class Worker:
    """Runs workflows of this process until `stop`."""

    def __init__(self, options: WorkerOptions | None = None) -> None:
        self._options = options = options or WorkerOptions()
        self.engine: Engine = engine()
        settings = self.engine.settings
        self._membership = ensure_member(self.engine, serves=True)
        self.threads = ThreadRunner(
            options.threads or settings.worker_threads, self._room
        )
        self.coroutines = CoroutineRunner(
            options.coroutines or settings.worker_coroutines, self._room
        )
        self.claimer = Claimer(
            self.engine,
            self._membership,
            options.queues,
            {False: self.threads, True: self.coroutines},
        )
        self._recovery = Recovery(self.engine)
        self._beside = [
            Adoption(self.engine),
            Scheduler(self.engine),
            Janitor(self.engine),
            Reporter(self.engine, serves_all=options.queues is None),
        ]
        if settings.alerts is not None:
            self._beside.append(Alerting(self.engine, settings.alerts))
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to claim and to run."""
        self.engine.threads.submit(int)  # the first of them, or none is to be had
        self.engine.launcher = self
        self._recovery.start()
        self.claimer.start()
        for service in self._beside:
            service.start()
        self._membership.serve()
        logger.info("worker %s started", self.engine.executor_id)

    def _room(self) -> None:
        claimer = getattr(self, "claimer", None)
        if claimer is not None:
            claimer.room_again()

    def reserve(self, run: Run) -> bool:
        """Keep a place for a run that is about to be born, if there is one."""
        return self._runner(run).reserve(1) == 1

    def give_back(self, run: Run) -> None:
        """Give up the place of a run that is not born after all."""
        self._runner(run).give_back(1)
        self._room()

    def launch(self, run: Run) -> None:
        """Begin a workflow that was just born in this process, in its place."""
        self._runner(run).launch([run])

    def capacity(self) -> Capacity:
        """Return how many places there are, and how many are taken."""
        served = self._options.queues
        return Capacity(
            threads=self.threads.limit,
            threads_busy=self.threads.busy(),
            coroutines=self.coroutines.limit,
            coroutines_busy=self.coroutines.busy(),
            queues=None if served is None else tuple(served),
        )

    def _runner(self, run: Run) -> Runner:
        return self.coroutines if run.registration.is_coroutine else self.threads

    def idle(self) -> bool:
        """Whether nothing runs here but workflows that wait, and nothing is queued."""
        with self.engine.runs_lock:
            runs = list(self.engine.runs.values())
        busy = any(not run.waiting for run in runs)
        return not busy and self.claimer.rounds_without_work >= 2

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> bool:
        """Claim nothing more, let running steps end, hand the rest over.

        Every workflow stops at its next durable call, a waiting one now, and
        continues elsewhere; its attempt is not counted. The lease is kept until
        the last has stopped or the grace is over.

        Returns:
            Whether everything stopped within the grace.
        """
        self.claimer.stop()
        self._recovery.stop()
        for service in self._beside:
            service.stop()
        self._membership.draining = True
        self.engine.launcher = None
        self.claimer.join()
        until = monotonic() + grace_seconds
        clean = self._unload(until)
        self._recovery.join()
        for service in self._beside:
            service.join()
        self.threads.close()
        self.coroutines.close()
        reset()
        self._stopped.set()
        logger.info("worker %s stopped", self.engine.executor_id)
        return clean

    def _unload(self, until: float) -> bool:
        """Stop every run at its next durable call; True once none is left."""
        while True:
            with self.engine.runs_lock:
                runs = list(self.engine.runs.values())
            if not runs:
                return True
            for run in runs:
                if run.place is not None or not run.started:
                    run.halt(WorkflowUnloaded(run.workflow_id))
            if monotonic() >= until:
                logger.warning("%s workflows did not stop in time", len(runs))
                return False
            self._stopped.wait(_LOOK_SECONDS)
