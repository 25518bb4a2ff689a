"""What a worker knows of its queues, and how it claims from those with limits.

Used by the claimer, on its thread only.

```
 queue without limits ──► one statement for all of them
 worker_concurrency   ──► a statement of its own, capped by what runs here
 shared limits        ──► lock, count, claim: one short transaction a queue
```

Limits and pauses are read again at every hint and at least once a second. Shared
limits are read once more under the lock, so that they hold exactly.
"""

import random
from collections import Counter
from functools import partial
from typing import Any

from durable_engine.clock import monotonic
from durable_engine.notify.base import OPERATIONS
from durable_engine.records import (
    Claimant,
    ClaimedWorkflow,
    Place,
    QueueClaim,
    QueueLimits,
)
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.store import queues
from durable_engine.store.session import KeptSession, Session

_TRUST_SECONDS = 0.7
_FIRST_RETRY_SECONDS = 0.004
_LONGEST_RETRY_SECONDS = 0.1
_NO_LIMITS = QueueLimits()


class WorkerQueues:
    """The queues that this worker serves."""

    def __init__(
        self, engine: Engine, session: KeptSession, served: list[str] | None
    ) -> None:
        self._engine = engine
        self._session = session
        self._served = served  # None: every queue declared in code
        self._hint = engine.hub.subscribe((OPERATIONS, ""))
        self._read_at = float("-inf")
        self._known: list[str] | None = None  # the names when limits were read
        self._declared: dict[str, dict[str, Any]] = {}
        self._limits: dict[str, QueueLimits] = {}
        self._returning: set[str] = set()  # of queues whose limits are gone
        self._after: dict[str, str] = {}
        self._locked = 0  # looks in a row that found a lock taken
        self.retry_at: float | None = None
        self.shared: list[str] = [INTERNAL_QUEUE]
        self.own: list[str] = []

    def refresh(self) -> None:
        """Begin a round: read limits and pauses again, if they may have changed."""
        self.retry_at = None
        served = self._names()
        moment = monotonic()
        known = served == self._known
        if known and not self._hint.woken and moment - self._read_at < _TRUST_SECONDS:
            return
        self._hint.clear()
        self._declare()
        rows = self._session.run(queues.read, writes=False)
        before, self._limits = self._limits, {}
        self._returning = set()
        for name, declared, overridden, paused, due in rows:
            self._limits[name] = queues.effective(declared, overridden, paused=paused)
            if due and not self._limits[name].limited:
                self._returning.add(name)
        self._known = served
        if self._declared.keys() - self._limits.keys():
            # Somebody deleted rows: declare anew, next time.
            self._declared, self._known = {}, None
        self._mark(before)
        self._read_at = moment
        self._sort(served)

    def _names(self) -> list[str]:
        if self._served is not None:
            return self._served
        return self._engine.registry.queue_names()

    def _declare(self) -> None:
        """Write what this process's code declares, once and when it changes."""
        registry = self._engine.registry
        declared = {}
        for name in registry.queue_names():
            queue = registry.queue(name)
            if queue is not None:
                declared[name] = queue.declaration()
        if declared and declared != self._declared:
            changed = self._session.run(
                lambda session: queues.declare(session, declared)
            )
            if changed:
                self._engine.hub.publish([(OPERATIONS, "")])
                self._hint.clear()
        self._declared = dict(declared)

    def _mark(self, before: dict[str, QueueLimits]) -> None:
        """Let what runs already count, where limits are new to this worker."""
        for place in (Place.HELD, Place.GIVEN_UP_WAITING):
            names = [
                name
                for name, limits in self._limits.items()
                if limits.place is place
                and before.get(name, _NO_LIMITS).place is Place.NONE
            ]
            if names:
                self._session.run(partial(self._mark_places, names, place))

    def adopt(self, claimed: list[ClaimedWorkflow]) -> None:
        """Let count what was taken over and ran before its queue had limits."""
        for row in claimed:
            limits = self._limits.get(row.queue_name or "", _NO_LIMITS)
            if limits.place is not Place.NONE and row.queue_name is not None:
                self._session.run(
                    partial(self._mark_places, [row.queue_name], limits.place)
                )

    def _mark_places(self, names: list[str], place: Place, session: Session) -> None:
        queues.mark_places(session, names, self._engine.executor_id, place)

    def _sort(self, served: list[str]) -> None:
        shared, own = [INTERNAL_QUEUE], []
        for name in served:
            limits = self._limits.get(name, _NO_LIMITS)
            if limits.limited or name in self._returning:
                own.append(name)
            if not limits.limited and not limits.paused:
                shared.append(name)
        self.shared, self.own = shared, own

    def claim(self, names: list[str], room: int) -> list[ClaimedWorkflow]:
        """Take up to `room` workflows from the queues with a claim of their own.

        One that is locked by somebody else, or full, is passed by; `retry_at` says
        when to look again. The order changes, so that no queue starves another.
        """
        if not self.own or room <= 0:
            return []
        engine = self._engine
        claimant = Claimant(
            executor_id=engine.executor_id, app_version=engine.app_version, names=names
        )
        busy = self._session.run(
            lambda session: queues.waiting(session, self.own, claimant), writes=False
        )
        random.shuffle(busy)
        running = self._running(busy)
        found: list[ClaimedWorkflow] = []
        for name in busy:
            limit = room - len(found)
            limits = self._limits.get(name, _NO_LIMITS)
            if limits.worker_concurrency is not None:
                limit = min(limit, limits.worker_concurrency - running[name])
            if limit > 0:
                found += self._claim_one(name, limits, claimant, limit)
        return found

    def _running(self, names: list[str]) -> Counter[str]:
        """Count what runs here of queues that limit it."""
        capped = {
            name
            for name in names
            if self._limits.get(name, _NO_LIMITS).worker_concurrency is not None
        }
        if not capped:
            return Counter()
        with self._engine.runs_lock:
            runs = list(self._engine.runs.values())
        return Counter(
            run.claimed.queue_name for run in runs if run.claimed.queue_name in capped
        )

    def _claim_one(
        self, name: str, limits: QueueLimits, claimant: Claimant, limit: int
    ) -> list[ClaimedWorkflow]:
        def work(session: Session) -> QueueClaim:
            return queues.claim(
                session,
                name,
                limits,
                claimant,
                limit=limit,
                after=self._after.get(name, ""),
            )

        claim = self._session.run(work)
        self._after[name] = claim.after
        if claim.locked:
            self._locked += 1
            longest = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * self._locked)
            self._retry_in(longest * random.uniform(0.5, 1.0))  # noqa: S311
            return []
        self._locked = 0
        if claim.retry_seconds is not None:
            self._retry_in(claim.retry_seconds)
        elif claim.after and not claim.rows:
            self._retry_in(0.0)  # more partitions than one look considers
        return claim.rows

    def _retry_in(self, seconds: float) -> None:
        moment = monotonic() + seconds
        if self.retry_at is None or moment < self.retry_at:
            self.retry_at = moment

    def close(self) -> None:
        """Stop being hinted at."""
        self._hint.close()
