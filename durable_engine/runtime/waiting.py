"""Waiting inside and outside workflows: for time, results, messages, events.

A waiter subscribes first and looks second, so that no wake-up falls in between;
it looks again at every wake-up and at a poll interval, because a wake-up is only a
hint (I5). A workflow that waits gives its place to another one, and beyond
`RESIDENT_WAITERS` its thread and memory too: it is unloaded.
"""

import asyncio
import math
from collections.abc import Callable
from typing import TypeVar

from durable_engine.clock import monotonic
from durable_engine.notify.base import CONTROL, Topic, waiting_key
from durable_engine.notify.hub import Waiter
from durable_engine.runtime.context import Run, Unloading
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import Operation, Wait
from durable_engine.store.session import Session, close_connections, recycle_connections

Found = TypeVar("Found")

POLL_SECONDS = 2.0
"""How long a waiter trusts hints before it looks again."""

UNHINTED_POLL_SECONDS = 0.2
"""The same where no hints arrive."""

_LONGEST_WAIT_SECONDS = 3600.0
_BRIEF_SECONDS = 1.0


def wait_for(
    engine: Engine,
    topic: Topic,
    look: Callable[[], Operation[Found | None]],
    *,
    until: float | None,
    run: Run | None = None,
    announce: Callable[[], None] | None = None,
    probe: Callable[[Session], bool] | None = None,
    also: tuple[Topic, ...] = (),
) -> Operation[Found | None]:
    """Return what `look` finds, or None when the time is over.

    Args:
        engine: of this process.
        topic: what changes the answer.
        look: finds the answer, or None; called at least once.
        until: on the monotonic clock; None waits as long as it takes.
        run: the workflow that waits, if one does; it can be stopped and unloaded.
        announce: called once, before the first real wait.
        probe: tells a session whether `look` would find something; asked after an
            unloading, for what came in between.
        also: what else changes the answer.
    """
    engine.hub.start(engine.executor_id)
    with engine.hub.subscribe(topic, *also) as waiter:
        topics = (topic, *also)
        waiting = Waiting(run, waiter, until=until, topics=topics, probe=probe)
        while True:
            if run is not None:
                run.check()
            found = yield from look()
            if found is not None:
                return found
            left = _left(until)
            if left <= 0:
                return None
            if announce is not None:
                announce()
                announce = None
            hinted = engine.hub.connected
            poll = POLL_SECONDS if hinted else UNHINTED_POLL_SECONDS
            with waiting:
                yield Wait(waiter, _bounded(run, min(poll, left)))


def pause(run: Run, seconds: float) -> Operation[None]:
    """Wait for a time in a workflow; ends at once when the run is stopped."""
    until = monotonic() + seconds
    if seconds <= 0:
        return
    with run.engine.hub.subscribe((CONTROL, run.workflow_id)) as waiter:
        waiting = Waiting(run, waiter, until=until)
        while True:
            run.check()
            left = _left(until)
            if left <= 0:
                return
            with waiting:
                yield Wait(waiter, _bounded(run, min(left, _LONGEST_WAIT_SECONDS)))


def _left(until: float | None) -> float:
    return _LONGEST_WAIT_SECONDS if until is None else until - monotonic()


def _bounded(run: Run | None, seconds: float) -> float:
    """Return how long to wait: not past the workflow's own deadline."""
    deadline = run.claimed.deadline if run is not None else None
    if run is None or deadline is None:
        return seconds
    return max(0.0, min(seconds, deadline - run.engine.clock.now()))


class Waiting:
    """A wait for one or more things, in which a run rests now and then.

    While it rests it can be unloaded, its place is free, and a worker's thread keeps no
    Django connection for it (unless a transaction is open, or the wait is brief). Where
    no run waits, it does nothing.
    """

    __slots__ = ("_probe", "_topics", "loop", "run", "until", "waiter")

    def __init__(
        self,
        run: Run | None,
        waiter: Waiter,
        *,
        until: float | None,
        topics: tuple[Topic, ...] = (),
        probe: Callable[[Session], bool] | None = None,
    ) -> None:
        self.run = run
        self.until = until
        self.waiter = waiter
        self.loop: asyncio.AbstractEventLoop | None = None  # which a task rests on
        self._topics = topics
        self._probe = probe
        waiter.waiting = self

    def __enter__(self) -> None:
        run = self.run
        if run is None:
            return
        self.loop = asyncio._get_running_loop()  # noqa: SLF001 - None: a thread rests
        if run.place is not None and self.loop is None and not self._is_brief():
            close_connections()
        run.enter_rest(self)
        if run.place is not None:
            run.engine.residents.add(run)

    def _is_brief(self) -> bool:
        """Whether a new connection would cost more than the old one while it lasts."""
        return self.due() - monotonic() < _BRIEF_SECONDS

    def due(self) -> float:
        """Return when it ends by itself, on the monotonic clock."""
        return math.inf if self.until is None else self.until

    def unloading(self) -> Unloading:
        """Return how the row of the run is to be left if it has to go, for this."""
        wake_at = None
        if self.run is not None and self.until is not None:
            left = max(0.0, self.until - monotonic())
            wake_at = self.run.engine.clock.now() + left
        keys = tuple(map(waiting_key, self._topics))
        return Unloading(
            wake_at=wake_at,
            waiting_on=keys[0] if keys else None,
            also=keys[1:],
            probe=self._probe,
        )

    def __exit__(self, *_: object) -> None:
        run = self.run
        if run is None:
            return
        run.leave_rest(self)
        if run.waits:
            return
        run.engine.residents.discard(run)
        if run.place is not None:
            recycle_connections()
