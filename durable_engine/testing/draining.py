"""Running all that is due, on the test's thread, until nothing is.

The worker's own parts look for work (its claims, its sweeps); only what runs it, and
when, is different here: one workflow after the other.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from asgiref.sync import async_to_sync

from durable_engine.loops import beside_the_loop
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.execution import run_aside
from durable_engine.runtime.operations import perform, perform_async
from durable_engine.testing.engines import KitAnnouncer
from durable_engine.testing.errors import RunawayError, WorkflowCrashed
from durable_engine.testing.hub import KitHub
from durable_engine.testing.ticking import Ticker
from durable_engine.worker.claimer import Claimer
from durable_engine.worker.recovery import Recovery

logger = logging.getLogger(__name__)

_MOST_CLAIMED = 500
_QUIET_ROUNDS = 2  # the second sees what the first one's end of delays enqueued


class Drain:
    """Runs what is due in one engine."""

    def __init__(self, host: Engine, ticker: Ticker) -> None:
        self._host = host
        self._ticker = ticker
        self.retry_at: float | None = None
        """When a queue whose rate is reached may start more, on the shifted clock."""

    def run(self, most: int) -> int:
        """Run until nothing is due; return how many executions that took.

        Args:
            most: where it is taken for endless.

        Raises:
            RunawayError: more than `most` executions, and still something is due.
        """
        with beside_the_loop():
            total = 0
            while True:
                written = self._host.journal.rows_written
                self._sweep()
                ran = self._run_claimable(most - total)
                total += ran
                # The sweep wakes generously: who only waits again is not asked twice.
                if not ran or self._host.journal.rows_written == written:
                    return total

    def _sweep(self) -> None:
        """Start ticks; take over, expire and wake what is due."""
        self._ticker.fire()
        self._host.reads.run(self._hub.deliver)
        recovery = Recovery(self._host)
        try:
            recovery.work()
        finally:
            recovery.join()

    def _run_claimable(self, most: int) -> int:
        synchronous, coroutines = _Claimed(), _Claimed()
        runners = {False: synchronous, True: coroutines}
        claimer = Claimer(self._host, self._host.membership, None, {**runners})
        total = quiet = 0
        try:
            while quiet < _QUIET_ROUNDS:
                before = claimer.claimed
                claimer.work()
                self._run(synchronous.take(), coroutines.take())
                new = claimer.claimed - before
                total += new
                quiet = 0 if new else quiet + 1
                if total > most:
                    raise RunawayError(_runaway_message(total))
        finally:
            self.retry_at = claimer.retry_at
            claimer.join()
        return total

    def _run(self, synchronous: Sequence[Run], coroutines: Sequence[Run]) -> None:
        for run in synchronous:
            try:
                perform(run_aside(run))
            except WorkflowCrashed as crash:
                logger.info("%s", crash)
            self._announce()
        if coroutines:
            async_to_sync(_run_in_turn, force_new_loop=True)(coroutines)
            self._announce()
        self._host.reads.run(self._hub.deliver)

    def _announce(self) -> None:
        announcer = self._host.announcer
        if isinstance(announcer, KitAnnouncer):
            announcer.send_all()

    @property
    def _hub(self) -> KitHub:
        hub = self._host.hub
        assert isinstance(hub, KitHub)  # noqa: S101 - `engines.build` made it
        return hub


class _Claimed:
    """A runner that keeps what it is given."""

    limit = _MOST_CLAIMED

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def room(self) -> int:
        """Return how many more may be given."""
        return self.limit - len(self._runs)

    def reserve(self, most: int) -> int:
        """Keep places for some; nobody else takes any meanwhile."""
        return min(most, self.room())

    def give_back(self, places: int) -> None:
        """Give up some of them."""

    def launch(self, runs: Iterable[Run]) -> None:
        """Keep them."""
        self._runs += runs

    def take(self) -> list[Run]:
        """Give out what was kept."""
        runs, self._runs = self._runs, []
        return runs


async def _run_in_turn(runs: Sequence[Run]) -> None:
    """Run coroutine workflows one after the other; tasks they leave are ended."""
    for run in runs:
        before = asyncio.all_tasks()
        task = asyncio.create_task(perform_async(run_aside(run)))
        try:
            await task
        except WorkflowCrashed as crash:
            logger.info("%s", crash)
        except asyncio.CancelledError:  # the body cancelled its task, and returned
            if not task.cancelled() or _is_cancelled():
                raise
        left = asyncio.all_tasks() - before
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _is_cancelled() -> bool:
    """Whether the task that runs this is to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _runaway_message(total: int) -> str:
    return (
        f"drain() has run {total:,} workflows, and more are due: does one start itself "
        "again? Give drain(most=...) a higher bound if so many are meant"
    )
