"""Takes workflows from the database as places become free."""

import logging
import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from durable_engine.errors import WorkflowFenced
from durable_engine.notify.base import QUEUE
from durable_engine.records import ClaimedWorkflow, OutcomeRow
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.execution import settle
from durable_engine.runtime.membership import Membership
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.states import WorkflowState
from durable_engine.store import workflows
from durable_engine.store.session import KeptSession
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_UNHINTED_POLL_SECONDS = 0.2
_MOST_CLAIMED = 500


class Runner(Protocol):
    """Where claimed workflows run."""

    limit: int

    def room(self) -> int:
        """Return how many more may begin."""

    def launch(self, runs: Iterable[Run]) -> None:
        """Begin some."""


class Claimer(Service):
    """One loop that claims for threads and coroutines alike.

    It claims as many as there are free places, and again when a quarter of them is
    free; a hint, or the poll interval, makes it look when it found nothing.
    """

    name = "claim"

    def __init__(
        self,
        engine: Engine,
        membership: Membership,
        queues: list[str] | None,
        runners: dict[bool, Runner],
    ) -> None:
        super().__init__()
        self._engine = engine
        self._membership = membership
        self._queues = queues
        self._runners = runners  # by "is a coroutine"
        self._session = KeptSession(engine.store, "claim")
        self._waiter = engine.hub.subscribe((QUEUE, ""))
        self._backlog = True
        self.rounds_without_work = 0
        self.claimed = 0

    def wake(self) -> None:
        """End the pause between two looks."""
        self._waiter.wake()

    def room_again(self) -> None:
        """A place became free; worth a look if more work is known to wait."""
        if self._backlog:
            self._waiter.wake()

    def work(self) -> None:
        """Claim once for each runner that has room, and begin what was claimed."""
        if not self._membership.trusted():
            self._membership.wait_for_verdict()
            return
        found = 0
        backlog = False
        for is_coroutine, runner in self._runners.items():
            names = self._names(is_coroutine=is_coroutine)
            room = min(runner.room(), _MOST_CLAIMED)
            if not names or not room:
                backlog = backlog or bool(names)
                continue
            if self._backlog and room * 4 < runner.limit:
                backlog = True  # refill when a quarter of the places is free
                continue
            claimed = self._claim(names, room)
            backlog = backlog or len(claimed) == room
            found += len(claimed)
            self._dispatch(runner, claimed)
        self._backlog = backlog
        self.claimed += found
        self.rounds_without_work = 0 if found else self.rounds_without_work + 1
        if not found:
            poll = (
                _POLL_SECONDS if self._engine.hub.connected else _UNHINTED_POLL_SECONDS
            )
            jitter = random.uniform(0.9, 1.1)  # noqa: S311 - no secret
            self._waiter.wait(poll * jitter)

    def _names(self, *, is_coroutine: bool) -> list[str]:
        registry = self._engine.registry
        return [
            registration.name
            for registration in registry.workflows()
            if registration.is_coroutine is is_coroutine
        ]

    def _claim(self, names: list[str], room: int) -> list[ClaimedWorkflow]:
        engine = self._engine
        queues = self._queues
        if queues is None:
            queues = engine.registry.queue_names()
        return self._session.run(
            lambda session: workflows.claim(
                session,
                executor_id=engine.executor_id,
                app_version=engine.app_version,
                names=names,
                queues=[INTERNAL_QUEUE, *queues],
                limit=room,
            )
        )

    def _dispatch(self, runner: Runner, claimed: list[ClaimedWorkflow]) -> None:
        runs = []
        for row in claimed:
            registration = self._engine.registry.workflow(row.name)
            run = Run(self._engine, row, registration)
            run.started = True
            limit = registration.max_recovery_attempts
            if limit is not None and row.recovery_attempts > limit + 1:
                self._give_up(run)
                continue
            earlier = self._reserve(run, partial(self._late, runner, run))
            if earlier is None:
                runs.append(run)
            else:
                earlier.halt(WorkflowFenced(earlier.workflow_id))
        if runs:
            runner.launch(runs)

    def _reserve(self, run: Run, later: Callable[[], None]) -> Run | None:
        """Make this the only execution of its id here; else begin it later.

        A zombie of an earlier claim must unwind first: two executions of one id in
        one process would share what the user keeps in memory.
        """
        with self._engine.runs_lock:
            earlier = self._engine.runs.get(run.workflow_id)
            if earlier is not None:
                earlier.finished.append(later)
                return earlier
            self._engine.runs[run.workflow_id] = run
        return None

    def _late(self, runner: Runner, run: Run) -> None:
        if self._reserve(run, partial(self._late, runner, run)) is None:
            runner.launch([run])

    def _give_up(self, run: Run) -> None:
        """Dead-letter a workflow whose executions kept dying."""
        logger.error(
            "workflow %s is given up after %s attempts",
            run.workflow_id,
            run.claimed.recovery_attempts,
        )
        row = OutcomeRow(
            workflow_id=run.workflow_id,
            epoch=run.epoch,
            status=WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED,
        )
        self._engine.journal.append(row, lambda _: settle(run, row))
        self._engine.journal.hurry()

    def join(self) -> None:
        """Wait for the loop, and give the connection back."""
        super().join()
        self._waiter.close()
        self._session.close()
