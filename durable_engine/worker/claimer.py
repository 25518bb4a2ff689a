"""Takes workflows from the database as places become free."""

import logging
import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from durable_engine.clock import monotonic
from durable_engine.errors import WorkflowFenced
from durable_engine.notify.base import OPERATIONS, QUEUE
from durable_engine.records import ClaimedWorkflow, OutcomeRow, Place, ReleaseRow
from durable_engine.runtime.context import Run
from durable_engine.runtime.endings import settle_or_let_go
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.execution import FIRST_CLAIM
from durable_engine.runtime.membership import Membership
from durable_engine.states import WorkflowState
from durable_engine.store import queues, steps, workflows
from durable_engine.store.session import KeptSession
from durable_engine.worker.queues import WorkerQueues
from durable_engine.worker.service import Service

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_UNHINTED_POLL_SECONDS = 0.2
_MOST_CLAIMED = 500
_MOST_STEPS = 5_000
_QUIET_SECONDS = 0.02
_QUIET_TIMES = 20  # how much longer than a look in vain lasted the next one waits
_DELAYS_SECONDS = 0.05  # how late a delay may be noticed to be over
_MOST_DELAYS = 1_000


class Runner(Protocol):
    """Where claimed workflows run."""

    limit: int

    def room(self) -> int:
        """Return how many more may begin."""

    def reserve(self, most: int) -> int:
        """Keep places for what is about to be claimed, or born; return how many."""

    def give_back(self, places: int) -> None:
        """Give up so many of them."""

    def launch(self, runs: Iterable[Run]) -> None:
        """Begin some in their places, and what had to wait for a thread."""


class Claimer(Service):
    """One loop that claims for threads and coroutines alike.

    It claims as many as there are free places, and again when a quarter of them is
    free; a hint, or the poll interval, makes it look when it found nothing. It also
    enqueues what was delayed until now, and wakes when the next one is due.
    """

    name = "claim"

    def __init__(
        self,
        engine: Engine,
        membership: Membership,
        served: list[str] | None,
        runners: dict[bool, Runner],
    ) -> None:
        super().__init__(engine)
        self._engine = engine
        self._membership = membership
        self._runners = runners  # by "is a coroutine"
        self._session = KeptSession(engine.store, "claim")
        self._queues = WorkerQueues(engine, self._session, served)
        self._limited_first = False
        self._delays_look_at = float("-inf")
        self._delays_end_at = float("inf")
        self._waiter = engine.hub.subscribe((QUEUE, ""), (OPERATIONS, ""))
        # By "is a coroutine": whether the last claim left more behind.
        self._backlog = dict.fromkeys(runners, False)
        self._quiet_until = 0.0
        self._unanswered = False  # a claim failed, perhaps after its commit
        self.rounds_without_work = 0
        self.claimed = 0

    @property
    def retry_at(self) -> float | None:
        """When to look again at a queue that is full or locked, on our clock."""
        return self._queues.retry_at

    def wake(self) -> None:
        """End the pause between two looks."""
        self._waiter.wake()

    def room_again(self) -> None:
        """A place became free; worth a look if more work is known to wait."""
        if self._refillable():
            self._waiter.wake()

    def _refillable(self) -> bool:
        """Whether a runner for which work waits has a quarter of its places free."""
        return any(
            runner.room() * 4 >= runner.limit
            for kind, runner in self._runners.items()
            if self._backlog[kind]
        )

    def failed(self, error: Exception) -> None:
        """Take note that a claim may have been committed, and nobody was told."""
        del error
        self._unanswered = True

    def work(self) -> None:
        """Claim once for each runner that has room, and begin what was claimed."""
        if not self._membership.trusted():
            self._membership.wait_for_verdict()
            return
        if self._unanswered:
            self._give_back_unanswered()
        self._queues.refresh()
        if monotonic() >= self._delays_look_at:
            self._end_delays()
        found = self._round()
        self.claimed += found
        if found:
            self.rounds_without_work = 0
            return
        if not any(self._backlog.values()):
            if self._queues.retry_at is None and self._quiet_until <= monotonic():
                self.rounds_without_work += 1
            self._end_delays()
        self._waiter.wait(self._pause_seconds())

    def _round(self) -> int:
        """Claim for each runner; return how many."""
        self._limited_first = not self._limited_first
        found = 0
        for kind, runner in self._runners.items():
            runner.launch(())
            names = self._names(is_coroutine=kind)
            room = runner.room()
            if not names or not room:
                self._backlog[kind] = bool(names)
                continue
            if self._backlog[kind] and room * 4 < runner.limit:
                continue  # refilled when a quarter of the places is free
            if not self._backlog[kind] and self._busy_elsewhere(kind):
                continue
            found += self._fill(runner, kind, names)
        return found

    def _fill(self, runner: Runner, kind: bool, names: list[str]) -> int:
        """Claim what its places are reserved for, and begin it; return how many."""
        room = runner.room()
        # What is started in this process meanwhile finds a place, too, also where
        # there are few: unless more waits that is older.
        wanted = room if self._backlog[kind] else max(1, room * 3 // 4)
        room = runner.reserve(min(wanted, _MOST_CLAIMED))
        began = monotonic()
        claimed: list[ClaimedWorkflow] = []
        try:
            claimed = self._claim(names, room)
        finally:
            runner.give_back(room - len(claimed))
        self._backlog[kind] = len(claimed) == room
        if not claimed and self._backlog[not kind]:
            self._look_less_often(monotonic() - began)
        self._dispatch(runner, claimed)
        return len(claimed)

    def _busy_elsewhere(self, kind: bool) -> bool:
        """Whether a runner without work may wait a little, for the other's refills.

        Every refill of one kind is a round; the other kind is looked at in some of
        them only.
        """
        moment = monotonic()
        if not self._backlog[not kind]:
            self._quiet_until = 0.0
            return False
        if moment < self._quiet_until:
            return True
        self._quiet_until = moment + _QUIET_SECONDS
        return False

    def _look_less_often(self, spent_seconds: float) -> None:
        """Bound what looks in vain cost: each passes over the other kind's backlog."""
        pause = max(_QUIET_SECONDS, spent_seconds * _QUIET_TIMES)
        self._quiet_until = monotonic() + pause

    def _pause_seconds(self) -> float:
        """Return how long to wait for a hint."""
        hinted = self._engine.hub.connected
        poll = _POLL_SECONDS if hinted else _UNHINTED_POLL_SECONDS
        until = monotonic() + poll * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        until = min(until, self._delays_end_at)
        if self._quiet_until > monotonic():
            until = min(until, self._quiet_until)
        if self._queues.retry_at is not None:
            until = min(until, self._queues.retry_at)
        return max(0.0, until - monotonic())

    def _end_delays(self) -> None:
        """Enqueue what was delayed until now, and note when the next one is due."""
        seconds = self._session.run(queues.next_delay, writes=False)
        if seconds is not None and seconds <= 0:
            ended = self._session.run(
                lambda session: queues.end_delays(session, _MOST_DELAYS)
            )
            if ended:
                self._engine.publish((QUEUE, ""))
            # None ended: somebody else has locked them.
            seconds = 0.0 if ended else _DELAYS_SECONDS
        moment = monotonic()
        self._delays_end_at = moment + (float("inf") if seconds is None else seconds)
        # While rounds find work, no hint of a new delay is waited for.
        self._delays_look_at = min(self._delays_end_at, moment + _DELAYS_SECONDS)

    def _names(self, *, is_coroutine: bool) -> list[str]:
        registry = self._engine.registry
        return [
            registration.name
            for registration in registry.runnable()
            if registration.is_coroutine is is_coroutine
        ]

    def _claim(self, names: list[str], room: int) -> list[ClaimedWorkflow]:
        """Claim from queues without limits and from those with, first in turn."""
        if self._limited_first:
            claimed = self._queues.claim(names, room)
            return claimed + self._claim_shared(names, room - len(claimed))
        claimed = self._claim_shared(names, room)
        return claimed + self._queues.claim(names, room - len(claimed))

    def _claim_shared(self, names: list[str], room: int) -> list[ClaimedWorkflow]:
        if room <= 0:
            return []
        engine = self._engine
        claimed = self._session.run(
            lambda session: workflows.claim(
                session,
                executor_id=engine.executor_id,
                app_version=engine.app_version,
                names=names,
                queues=self._queues.shared,
                limit=room,
            )
        )
        self._queues.adopt(claimed)
        return claimed

    def _dispatch(self, runner: Runner, claimed: list[ClaimedWorkflow]) -> None:
        self._engine.tallies.claimed(
            (row.queue_name or "", row.epoch == FIRST_CLAIM) for row in claimed
        )
        runs = []
        for row in claimed:
            registration = self._engine.registry.workflow(row.name)
            run = Run(self._engine, row, registration)
            run.started = True
            if row.place is not Place.NONE:
                run.finished.append(self._place_is_free)
            limit = registration.max_recovery_attempts
            if limit is not None and row.recovery_attempts > limit + 1:
                runner.give_back(1)
                self._give_up(run)
                continue
            earlier = self._reserve(run, partial(self._late, runner, run))
            if earlier is None:
                runs.append(run)
            else:
                earlier.halt(WorkflowFenced(earlier.workflow_id))
        if runs:
            try:
                self._load_histories(runs)
            finally:
                runner.launch(runs)

    def _load_histories(self, runs: list[Run]) -> None:
        """Read what is recorded of the runs that will replay, in one query.

        One whose history did not fit into the bounded answer, or was not read
        because the database is away, reads its own.
        """
        replayed = {run.workflow_id: run for run in runs if run.epoch > FIRST_CLAIM}
        if not replayed:
            return
        histories = self._session.run(
            lambda session: steps.read_many(session, list(replayed), _MOST_STEPS),
            writes=False,
        )
        for workflow_id, history in histories.items():
            run = replayed[workflow_id]
            run.history, run.history_read = history, True

    def _give_back_unanswered(self) -> None:
        """Give back what this process owns and does not run (I6).

        The answer to its claim was lost. What is not known here was claimed by this
        thread and no other; one that has ended meanwhile is not given back.
        """
        engine = self._engine
        owned = self._session.run(
            lambda session: workflows.owned(session, engine.executor_id), writes=False
        )
        with engine.runs_lock:
            epochs = {run.workflow_id: run.epoch for run in engine.runs.values()}
        rows = [
            ReleaseRow(workflow_id=one, epoch=epoch, wake_at=engine.clock.now())
            for one, epoch in owned.items()
            if epochs.get(one) != epoch
        ]
        if rows:
            logger.warning("gave back %s workflows of unanswered claims", len(rows))
            self._session.run(
                lambda session: workflows.release(session, rows, engine.executor_id)
            )
        self._unanswered = False

    def _place_is_free(self) -> None:
        """A place of a limited queue is free: any worker may have use for it."""
        self._engine.publish((QUEUE, ""))

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
        self._engine.journal.append(
            row, lambda entry: settle_or_let_go(run, row, entry)
        )
        self._engine.journal.hurry()

    def join(self) -> None:
        """Wait for the loop, and give the connection back."""
        super().join()
        self._waiter.close()
        self._queues.close()
        self._session.close()
