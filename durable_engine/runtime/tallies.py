"""What this process has counted since its last heartbeat, which writes it down.

Called where outcomes, claims and batches are known; notes them, which takes no lock,
and adds them up once in a while. A process that is killed loses what it counted since
its last beat, a few seconds.
"""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable

from durable_engine.records.tallies import (
    AGAIN,
    BUCKETS,
    CLAIMS,
    FIRST,
    JOURNAL_ROWS,
    JOURNAL_SECONDS,
    LAST_BUCKET,
    SUM,
    TAKEN_OVER,
    WORKFLOW_SECONDS,
    WORKFLOWS_ENDED,
    TallyRow,
)

_MOST_COUNTERS = 10_000  # kept, while none can be written
_MOST_NOTES = 10_000  # kept, before they are added up
_LABELS = {
    metric: (*(f"{bound:g}" for bound in bounds), LAST_BUCKET)
    for metric, bounds in BUCKETS.items()
}


class Tallies:
    """Counters of one process. Threads and loops may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, str], float] = {}
        self._ended: deque[tuple[str, str, float]] = deque()
        self._flushed: deque[tuple[int, float]] = deque()

    def ended(self, name: str, status: str, seconds: float) -> None:
        """Count a workflow whose outcome was recorded here.

        Args:
            name: of the workflow.
            status: its last.
            seconds: from its creation to its end.
        """
        self._ended.append((name, status, seconds))
        if len(self._ended) >= _MOST_NOTES:
            self._add_up()

    def claimed(self, queues: Iterable[tuple[str, bool]]) -> None:
        """Count claims: for each the queue, and whether it was the workflow's first."""
        with self._lock:
            for queue, first in queues:
                self._add(CLAIMS, queue, FIRST if first else AGAIN, 1)

    def taken_over(self, workflows: int) -> None:
        """Count workflows of dead processes that were made due."""
        with self._lock:
            self._add(TAKEN_OVER, "", "", workflows)

    def flushed(self, rows: int, seconds: float) -> None:
        """Count a batch of the journal that was committed."""
        self._flushed.append((rows, seconds))
        if len(self._flushed) >= _MOST_NOTES:
            self._add_up()

    def take(self) -> list[TallyRow]:
        """Return what was counted since the last call, in a fixed order."""
        self._add_up()
        with self._lock:
            counts, self._counts = self._counts, {}
        return [
            TallyRow(metric=metric, name=name, label=label, value=value)
            for (metric, name, label), value in sorted(counts.items())
        ]

    def give_back(self, rows: Iterable[TallyRow]) -> None:
        """Keep what could not be written for the next time."""
        with self._lock:
            for row in rows:
                self._add(row.metric, row.name, row.label, row.value)

    def _add_up(self) -> None:
        """Add up what was noted. Only here are notes taken out, under the lock."""
        with self._lock:
            for _ in range(len(self._ended)):
                name, status, seconds = self._ended.popleft()
                self._add(WORKFLOWS_ENDED, name, status, 1)
                self._observe(WORKFLOW_SECONDS, name, max(seconds, 0.0))
            for _ in range(len(self._flushed)):
                rows, seconds = self._flushed.popleft()
                self._observe(JOURNAL_ROWS, "", rows)
                self._observe(JOURNAL_SECONDS, "", seconds)

    def _observe(self, metric: str, name: str, value: float) -> None:
        label = _LABELS[metric][bisect_left(BUCKETS[metric], value)]
        self._add(metric, name, label, 1)
        self._add(metric, name, SUM, value)

    def _add(self, metric: str, name: str, label: str, value: float) -> None:
        key = (metric, name, label)
        if key in self._counts or len(self._counts) < _MOST_COUNTERS:
            self._counts[key] = self._counts.get(key, 0.0) + value
