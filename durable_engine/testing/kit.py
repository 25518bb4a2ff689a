"""The testing kit: one object a test, the words of tests as its methods."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar, Self

from django.db.models import Min, Q

from durable_engine import clock
from durable_engine.conf import Settings
from durable_engine.ids import new_executor_id
from durable_engine.loops import beside_the_loop
from durable_engine.models import Executor, Workflow
from durable_engine.runtime import engine as engines_of_process
from durable_engine.runtime.engine import Engine, engine
from durable_engine.states import ACTIVE, WorkflowState
from durable_engine.store import executors
from durable_engine.store.embedded import shared_connections
from durable_engine.testing import engines
from durable_engine.testing.assertions import Assertions
from durable_engine.testing.crashing import CrashPlan, Witness
from durable_engine.testing.draining import Drain
from durable_engine.testing.errors import NothingDueError, WorkflowCrashed
from durable_engine.testing.hub import KitWaiter
from durable_engine.testing.ticking import Ticker
from durable_engine.testing.times import DurableTime
from durable_engine.worker import embedded

_MOST_RUNS = 100_000
_MOST_SHOWN = 10
_A_MOMENT_SECONDS = 0.001


class DurableKit(Assertions):
    """Runs workflows in the transaction of a test, on its connection and thread.

    Use it as a context manager, once the test's database is set up; `DurableTestCase`
    and the fixture `durable_kit` do. What a test starts or enqueues are rows, which
    `drain` runs. A direct call, and waiting for a result, run what is due too, and let
    time pass as far as needed.

    Attributes:
        durable_time: moves the clock of the engine and of the database.

    Guarantees: at the end no thread, connection or moved clock is left.
    """

    _active: ClassVar["DurableKit | None"] = None

    def __init__(self) -> None:
        self.durable_time = DurableTime(self._look)
        self._open = ExitStack()
        self._depths: dict[str, int] = {}
        self._drain: Drain | None = None
        self._ticker: Ticker | None = None
        self._plan: CrashPlan | None = None
        self._dead: list[str] = []

    def __enter__(self) -> Self:
        if DurableKit._active is not None:
            message = "a DurableKit is active already: a test has one"
            raise RuntimeError(message)
        if embedded.is_running():
            message = (
                "a worker runs in this process: durable.destroy() it before a test "
                "uses the testing kit"
            )
            raise RuntimeError(message)
        DurableKit._active = self
        self._open.callback(setattr, DurableKit, "_active", None)
        self._depths = self._open.enter_context(shared_connections())
        self._open.callback(clock.unshift)
        self._open.callback(engines_of_process.build_with, None)
        engines_of_process.build_with(self._build)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._drain = self._ticker = None

    def _build(self, settings: Settings) -> Engine:
        host = engines.build(settings, self._depths, self._wait)
        self._ticker = Ticker(host)
        self._drain = Drain(host, self._ticker)
        if self._plan is not None:
            host.witness = Witness(host, self._plan)
        return host

    def _look(self) -> None:
        """Write down what was said until now, before time moves."""
        with beside_the_loop():
            engine()
            if self._ticker is not None:
                self._ticker.declare()

    def drain(self, *, most: int = _MOST_RUNS) -> int:
        """Run all that is due, in this thread, and return when nothing is.

        That is: what was started and enqueued (within the limits of its queue), delays
        and sleeps that are over, ticks of schedules, time-outs, leases that ended, and
        whatever these lead to. Time stands still meanwhile.

        Args:
            most: executions after which it is taken for endless.

        Returns:
            How many executions that took; one that waits and continues counts twice.

        Raises:
            RunawayError: more than `most` executions, and more is due.
        """
        with beside_the_loop():
            engine()
            assert self._drain is not None  # noqa: S101 - built with the engine
            return self._drain.run(most)

    async def drain_async(self, *, most: int = _MOST_RUNS) -> int:
        """Run all that is due: twin of `drain`."""
        return self.drain(most=most)

    @contextmanager
    def crash_at(
        self, position: int, *, workflow_id: str | None = None
    ) -> Iterator[CrashPlan]:
        """Crash workflows right after a position is recorded, as `kill -9` would.

        In a direct call the crash ends the block; `drain` goes on with what else is
        due. The workflow stays as its process left it, until `recover`, or until the
        lease of that process has ended.

        Args:
            position: counted from 1, as `step_id` is.
            workflow_id: whose; None: of every workflow that is no child.

        Yields:
            The plan, whose `crashed` lists the ids.

        Raises:
            ValueError: there is no such position.
            AssertionError: no workflow recorded the position within the block.
        """
        if position < 1:
            message = f"crash_at() needs a position, 1 or more, not {position!r}"
            raise ValueError(message)
        plan = CrashPlan(position=position, workflow_id=workflow_id)
        with self._doomed(plan):
            try:
                yield plan
            except WorkflowCrashed:
                return
        if not plan.crashed:
            whose = "any workflow" if workflow_id is None else repr(workflow_id)
            message = (
                f"nothing crashed: position {position} of {whose} was not recorded"
            )
            raise AssertionError(message)

    @contextmanager
    def _doomed(self, plan: CrashPlan) -> Iterator[None]:
        """Run workflows as a process that will die, and has a lease."""
        if self._plan is not None:
            message = "crash_at() blocks do not nest"
            raise RuntimeError(message)
        with beside_the_loop():
            host = engine()
            living, doomed = host.executor_id, new_executor_id()
            engines.become(host, doomed, host.settings.lease_seconds)
        self._dead.append(doomed)
        self._plan, host.witness = plan, Witness(host, plan)
        try:
            yield
        finally:
            self._plan = host.witness = None
            with beside_the_loop():
                engines.be(host, living)

    def recover(self) -> int:
        """Take over what crashed, as another worker would, and run all that is due.

        Returns:
            How many executions that took.
        """
        with beside_the_loop():
            dead, self._dead = self._dead, []
            engine().reads.run(lambda session: executors.expire(session, dead))
            return self.drain()

    async def recover_async(self) -> int:
        """Take over what crashed, and run it on: twin of `recover`."""
        return self.recover()

    def _wait(self, waiter: KitWaiter) -> None:
        """Have something happen for the test, which waits.

        Raises:
            NothingDueError: nothing will.
            WorkflowCrashed: nothing will, because a planned crash happened.
        """
        if self.drain() or waiter.woken:
            waiter.clear()
            return
        if self._plan is not None and self._plan.crashed:
            raise WorkflowCrashed(self._plan.crashed[-1], self._plan.position)
        with beside_the_loop():
            self._let_time_pass(waiter)

    def _let_time_pass(self, waiter: KitWaiter) -> None:
        """Move the clock to the next instant at which anything is due."""
        now = engine().now()
        instants = [instant for instant in self._instants() if instant > now]
        limit = waiter.waiting.until if waiter.waiting is not None else None
        if limit is not None:
            instants.append(now + limit - clock.monotonic())
        if not instants or min(instants) == float("inf"):
            raise NothingDueError(_nothing_due_message())
        self._look()
        clock.shift(max(0.0, min(instants) - now) + _A_MOMENT_SECONDS)

    def _instants(self) -> Iterator[float]:
        """Yield when workflows are due, in seconds since the epoch."""
        unowned = Q(status=WorkflowState.PENDING, executor_id__isnull=True)
        found = Workflow.objects.aggregate(
            wake=Min("wake_at", filter=unowned),
            delay=Min("delay_until", filter=Q(status=WorkflowState.DELAYED)),
            deadline=Min("deadline", filter=Q(status__in=list(ACTIVE))),
        )
        dead = Executor.objects.filter(pk__in=self._dead)
        found |= dead.aggregate(lease=Min("lease_expires_at"))
        for instant in found.values():
            if instant is not None:
                yield instant.timestamp()
        retry_at = self._drain.retry_at if self._drain is not None else None
        if retry_at is not None:
            yield engine().now() + max(0.0, retry_at - clock.monotonic())


def _nothing_due_message() -> str:
    rows = Workflow.objects.filter(status__in=list(ACTIVE)).order_by("created_at")
    shown = [
        f"  {row.id} ({row.name}) is {row.status}{_reason(row)}"
        for row in rows[:_MOST_SHOWN]
    ]
    more = rows.count() - len(shown)
    lines = [*shown, f"  and {more} more"] if more > 0 else shown
    waiting = "\n".join(lines) or "  (no workflow is in flight)"
    return (
        "the test waits, but nothing is due, now or later. Send what is waited for, or "
        f"recover() what crashed. In flight:\n{waiting}"
    )


def _reason(row: Workflow) -> str:
    if row.waiting_on is not None:
        kind, _, key = row.waiting_on.partition(":")
        if kind == "m":
            topic = key.removeprefix(f"{row.id}:")
            return ", waiting for a message" + (
                f" of the topic {topic}" if topic else ""
            )
        names = {"e": "an event of", "r": "the result of"}
        return f", waiting for {names.get(kind, kind)} {key}"
    if row.executor_id is not None:
        return f", owned by {row.executor_id}"
    if row.status == WorkflowState.ENQUEUED:
        return f", on the queue {row.queue_name!r}"
    return ""
