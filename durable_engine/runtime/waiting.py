"""Waiting inside and outside workflows: for time, results, messages, events.

A waiter subscribes first and looks second, so that no wake-up falls in between;
it looks again at every wake-up and at a poll interval, because a wake-up is only a
hint (I5). A workflow that waits gives its place to another one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from durable_engine.clock import monotonic
from durable_engine.notify.base import CONTROL, Topic
from durable_engine.runtime.context import Run
from durable_engine.runtime.operations import Operation, Wait
from durable_engine.store.session import recycle_connections

if TYPE_CHECKING:
    from durable_engine.runtime.engine import Engine

Found = TypeVar("Found")

POLL_SECONDS = 2.0
"""How long a waiter trusts hints before it looks again."""

UNHINTED_POLL_SECONDS = 0.2
"""The same where no hints arrive."""

_LONGEST_WAIT_SECONDS = 3600.0


def wait_for(
    engine: "Engine",
    topics: tuple[Topic, ...],
    look: Callable[[], Operation[Found | None]],
    *,
    until: float | None,
    run: Run | None = None,
) -> Operation[Found | None]:
    """Return what `look` finds, or None when the time is over.

    Args:
        engine: of this process.
        topics: what may change the answer.
        look: finds the answer, or None; called at least once.
        until: on the monotonic clock; None waits as long as it takes.
        run: the workflow that waits, if one does; it can be stopped.
    """
    engine.hub.start(engine.executor_id)
    with engine.hub.subscribe(*topics) as waiter, _Waiting(run, waiter):
        while True:
            if run is not None:
                run.check()
            found = yield from look()
            if found is not None:
                return found
            poll = POLL_SECONDS if engine.hub.connected else UNHINTED_POLL_SECONDS
            if until is not None:
                left = until - monotonic()
                if left <= 0:
                    return None
                poll = min(poll, left)
            yield Wait(waiter, poll)


def pause(run: Run, seconds: float) -> Operation[None]:
    """Wait for a time in a workflow; ends at once when the run is stopped."""
    until = monotonic() + seconds
    topic = (CONTROL, run.workflow_id)
    with run.engine.hub.subscribe(topic) as waiter, _Waiting(run, waiter):
        while True:
            run.check()
            left = until - monotonic()
            if left <= 0:
                return
            yield Wait(waiter, min(left, _LONGEST_WAIT_SECONDS))


class _Waiting:
    """Marks a run as waiting: it can be woken, and its place is free."""

    def __init__(self, run: Run | None, waiter: object) -> None:
        self._run = run
        self._waiter = waiter

    def __enter__(self) -> None:
        run = self._run
        if run is None:
            return
        with run.lock:
            run.waiters.add(self._waiter)  # type: ignore[arg-type]
            run.waiting += 1
            first = run.waiting == 1
        if first and run.on_wait is not None:
            run.on_wait(1)

    def __exit__(self, *_: object) -> None:
        run = self._run
        if run is None:
            return
        with run.lock:
            run.waiters.discard(self._waiter)  # type: ignore[arg-type]
            run.waiting -= 1
            last = run.waiting == 0
        if last and run.on_wait is not None:
            run.on_wait(-1)
            recycle_connections()
