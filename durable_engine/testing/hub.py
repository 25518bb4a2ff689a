"""Waiting without threads.

A workflow that waits is unloaded, once nothing of it moves any more; the test, when it
waits, has everything run that is due, and then lets time pass.

```
 a workflow waits ─┬─ woken ──► it goes on
                   └─ nothing of it moves ──► its row says for what; the stack unwinds
 the test waits ──► what is due runs ──► nothing was due: time passes to what is next
```

A run belongs to a *family*: those that were called directly share a stack, or the
tasks of a coroutine, and are unloaded together.
"""

import asyncio
from collections.abc import Callable, Iterable

from durable_engine.errors import WorkflowUnloaded
from durable_engine.notify.base import OPERATIONS, QUEUE, Topic, waiting_key
from durable_engine.notify.hub import Hub, Waiter
from durable_engine.runtime.context import Run
from durable_engine.runtime.unloading import family, unloading_of
from durable_engine.store import workflows
from durable_engine.store.session import Session

_SERVICES = (QUEUE, OPERATIONS)
_STILL_TURNS = 20
_BUSY_SECONDS = 0.001

Patience = Callable[["KitWaiter"], None]
"""Has something happen for the test that waits; raises if nothing ever will."""


class KitWaiter(Waiter):
    """Waits by unloading its workflow, or by having others run."""

    __slots__ = ("_test_hub",)

    def __init__(self, hub: "KitHub", topics: tuple[Topic, ...]) -> None:
        super().__init__(hub, topics)
        self._test_hub = hub

    @property
    def run(self) -> Run | None:
        """The workflow that waits here; None: the test itself, or a service."""
        return None if self.waiting is None else self.waiting.run

    def wait(self, timeout_seconds: float) -> None:
        """Unload the workflow that waits, or have something happen."""
        del timeout_seconds
        run = self.run
        if self.woken:
            self.clear()
        elif run is not None:
            self._test_hub.unload(run)
        elif not all(kind in _SERVICES for kind, _ in self.topics):
            self._test_hub.patience(self)

    async def wait_async(self, timeout_seconds: float) -> None:
        """Do the same once everything else on the loop stands still."""
        del timeout_seconds
        await self._stillness()
        self.wait(0.0)

    async def _stillness(self) -> None:
        """Return when woken, or when nothing of the family moves."""
        still, seen = 0, None
        while still < _STILL_TURNS and not self.woken:
            await asyncio.sleep(0)
            run = self.run
            if run is None:
                still += 1
                continue
            now = _traces(run)
            if now != seen:
                still, seen = 0, now
            elif any(one.running for one in family(run)):
                await asyncio.sleep(_BUSY_SECONDS)
            else:
                still += 1


class KitHub(Hub):
    """The waiters of a test; there is no other process to hear or to tell."""

    def __init__(self, patience: Patience) -> None:
        super().__init__(lambda: None, lambda _: False)
        self.patience = patience
        self.connected = True
        self._due: set[str] = set()

    def start(self, sender_id: str) -> None:
        """Listen to nobody."""

    def new_waiter(self, topics: tuple[Topic, ...]) -> KitWaiter:
        """Build a waiter that unloads, or has others run."""
        return KitWaiter(self, topics)

    def publish(self, topics: Iterable[Topic]) -> None:
        """Wake waiters; workflows that wait unloaded are made due by `deliver`."""
        topics = tuple(topics)
        with self._lock:
            waiters = self._waiters_of(topics)
        for waiter in waiters:
            waiter.wake()
        self._due.update(map(waiting_key, topics))

    def deliver(self, session: Session) -> None:
        """Make due what waits unloaded for anything that was published."""
        keys, self._due = self._due, set()
        awaited = [key for key in keys if not key.startswith(_SERVICES)]
        if awaited:
            workflows.wake_waiting(session, awaited)

    def unload(self, run: Run) -> None:
        """Stop a family that waits; each row says what makes it due again."""
        members = family(run)
        for one in members:
            one.unloading = unloading_of(one)
        for one in members:
            one.halt(WorkflowUnloaded(one.workflow_id))


def _traces(run: Run) -> tuple[object, ...]:
    """Return what changes while anything of a family moves."""
    return tuple(
        (one.workflow_id, one.position, len(one.waits), len(one.running), one.closed)
        for one in family(run)
    )
