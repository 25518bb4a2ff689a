"""Statements about queues: limits, claims under limits, delays, counts.

A queue whose limits several workers must agree on is locked, counted and claimed in
one transaction; each statement sees what was committed before the lock was taken.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from durable_engine.records import Claimant, Place, QueueClaim, QueueLimits
from durable_engine.store.dialects import Session, as_json
from durable_engine.store.parameters import claimed_workflows

MOST_KEYS = 1_000
"""Partitions that one look at a queue considers; the next look goes on behind them."""


def declare(session: Session, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write what code declares, by name; return the names of what changed."""
    rows = [
        {"name": name, "declared": dict(declared[name])} for name in sorted(declared)
    ]
    return [row[0] for row in session.rows("queues_declare", {"rows": as_json(rows)})]


def control(
    session: Session,
    queue: str,
    *,
    paused: bool | None = None,
    patch: Mapping[str, Any] | None = None,
) -> None:
    """Write what an operator decided; a limit of None resets it.

    What runs already counts from then on. First the limit, in a commit of its own
    where the caller has no transaction: no claim that begins later passes it by.
    """
    parameters = {
        "queue": queue,
        "paused": paused,
        "patch": orjson.dumps(dict(patch or {})).decode(),
    }
    session.rows("queue_control", parameters)
    if patch:
        session.rows("places_take", {"queue": queue})


def read(
    session: Session,
) -> list[tuple[str, dict[str, Any], dict[str, Any], bool, bool]]:
    """Return (name, declared, overridden, paused, somebody is due) of every queue."""
    return [
        (name, _decoded(declared), _decoded(overridden), bool(paused), bool(due))
        for name, declared, overridden, paused, due in session.rows("queues_read", {})
    ]


def count(session: Session, most: int) -> dict[str, Counter[str]]:
    """Return how many workflows of each status are in each queue; ends at `most`."""
    counts: dict[str, Counter[str]] = {}
    for queue, status, number in session.rows("queues_count", {"most": most}):
        counts.setdefault(queue, Counter())[status] += number
    return counts


def effective(
    declared: Mapping[str, Any], overridden: Mapping[str, Any], *, paused: bool
) -> QueueLimits:
    """Return what holds: declared in code, unless an operator says otherwise."""
    values = {**declared, **overridden}
    limiter = values.get("limiter") or {}
    return QueueLimits(
        concurrency=values.get("concurrency"),
        worker_concurrency=values.get("worker_concurrency"),
        starts=limiter.get("limit"),
        period_seconds=float(limiter.get("period", 0.0)),
        partition_concurrency=values.get("partition_concurrency"),
        release_while_waiting=bool(values.get("release_while_waiting")),
        paused=paused,
    )


def mark_places(
    session: Session, queues: Sequence[str], executor_id: str, place: Place
) -> None:
    """Let what runs already count against limits that are new."""
    parameters = {
        "queues": session.array(queues),
        "executor_id": executor_id,
        "place": int(place),
    }
    session.rows("places_mark", parameters)


def waiting(session: Session, queues: Sequence[str], claimant: Claimant) -> list[str]:
    """Return those queues that have anything for this process."""
    parameters = _claimant(session, claimant) | {"queues": session.array(queues)}
    return [row[0] for row in session.rows("queues_waiting", parameters)]


def claim(
    session: Session,
    queue: str,
    limits: QueueLimits,
    claimant: Claimant,
    *,
    limit: int,
    after: str = "",
) -> QueueClaim:
    """Take up to `limit` workflows of one queue, never more than its limits allow.

    Args:
        session: outside any transaction.
        queue: its name.
        limits: as last read; those that workers share are read again under the lock.
        claimant: for whom.
        limit: most rows; `worker_concurrency` is the caller's to look at.
        after: the partition to begin behind.
    """
    if not limits.shared:
        return _Look(session, queue, limits, claimant, limit).claim_unlocked()
    with session.transaction():
        row = session.row("queue_lock", {"queue": queue})
        if row is None:
            return QueueClaim(rows=[], locked=True)
        limits = effective(_decoded(row[0]), _decoded(row[1]), paused=bool(row[2]))
        return _Look(session, queue, limits, claimant, limit).claim(after)


class _Look:
    """One look at one queue: what its limits leave, and the claim of it."""

    def __init__(
        self,
        session: Session,
        queue: str,
        limits: QueueLimits,
        claimant: Claimant,
        limit: int,
    ) -> None:
        self._session = session
        self._limits = limits
        self._limit = limit
        self._due_limit = limit
        self._queued_limit = 0 if limits.paused else limit
        self._retry_seconds: float | None = None
        self._parameters = _claimant(session, claimant) | {
            "queue": queue,
            "place": int(limits.place),
            "limit": limit,
        }

    def claim_unlocked(self) -> QueueClaim:
        """Claim where no limit is shared."""
        return QueueClaim(rows=claimed_workflows(self._take(), self._limits.place))

    def claim(self, after: str) -> QueueClaim:
        """Count and claim, under the queue's lock."""
        self._count()
        if self._limits.partition_concurrency is None:
            rows, after = self._take(), ""
        else:
            rows, after = self._take_by_key(self._limits.partition_concurrency, after)
        claimed = claimed_workflows(rows, self._limits.place)
        # An enqueued row is claimed in its first epoch; one that is due is no start.
        starts = sum(row.epoch == 1 for row in claimed)
        if starts and self._limits.starts is not None:
            parameters = {
                "queue": self._parameters["queue"],
                "starts": starts,
                "period_seconds": self._limits.period_seconds,
            }
            self._session.rows("queue_start", parameters)
        return QueueClaim(rows=claimed, retry_seconds=self._retry_seconds, after=after)

    def _count(self) -> None:
        """Lower the limits of this look to what is left."""
        concurrency, starts = self._limits.concurrency, self._limits.starts
        if concurrency is None and starts is None:
            return
        parameters = {
            "queue": self._parameters["queue"],
            "app_version": self._parameters["app_version"],
            "most": concurrency or 0,
            "period_seconds": self._limits.period_seconds,
        }
        taken, line, started, oldest = self._session.rows("queue_usage", parameters)[0]
        if concurrency is not None:
            free = max(0, concurrency - taken)
            self._due_limit = min(self._due_limit, free)
            self._queued_limit = min(self._queued_limit, max(0, free - line))
        if starts is not None:
            left = max(0, starts - started)
            if not left and self._queued_limit:
                self._retry_seconds = max(0.0, oldest or 0.0)
            self._queued_limit = min(self._queued_limit, left)

    def _take(self) -> list[Any]:
        if not self._due_limit:
            return []
        limits = {"due_limit": self._due_limit, "queued_limit": self._queued_limit}
        return self._session.rows("queue_claim", self._parameters | limits)

    def _take_by_key(self, most: int, after: str) -> tuple[list[Any], str]:
        """Claim where each key has a limit; return rows and the last key looked at."""
        if not self._due_limit:
            return [], ""
        asked = {"after": after, "most_keys": MOST_KEYS, "most": most}
        found = self._session.rows("queue_keys", self._parameters | asked)
        looked_at = [row[0] for row in found if row[3]]
        last = looked_at[-1] if len(looked_at) >= MOST_KEYS else ""
        open_keys = [row for row in found if row[1] < most]
        heads = self._session.rows(
            "queue_heads",
            self._parameters
            | {
                "keys": self._session.array(row[0] for row in open_keys),
                "due": as_json(most - row[1] for row in open_keys),
                "queued": as_json(
                    max(0, most - row[1] - row[2]) if self._queued_limit else 0
                    for row in open_keys
                ),
            },
        )
        left = {row[0]: most - row[1] - row[2] for row in open_keys}
        ids = self._chosen(heads, left)
        if not ids:
            return [], last
        parameters = self._parameters | {"ids": self._session.array(ids)}
        return self._session.rows("queue_take", parameters), last

    def _chosen(self, heads: list[Any], left: dict[str, int]) -> list[str]:
        """Return the ids to take: due ones, then by priority and age, all in limits.

        Args:
            heads: (id, is due, key, priority, created_at).
            left: how many queued ones each key may start; used up here.
        """
        heads.sort(key=lambda head: (not head[1], head[3], head[4]))
        ids = [head[0] for head in heads if head[1]][: self._due_limit]
        queued_limit = min(self._queued_limit, self._limit - len(ids))
        for workflow_id, is_due, key, *_ in heads:
            if is_due:
                continue
            if queued_limit <= 0:
                break
            if key is not None:
                if left[key] <= 0:
                    continue
                left[key] -= 1
            queued_limit -= 1
            ids.append(workflow_id)
        return ids


def next_delay(session: Session) -> float | None:
    """Return in how many seconds the next delayed workflow is due, if there is any."""
    row = session.row("delay_next", {})
    return None if row is None else row[0]


def end_delays(session: Session, limit: int) -> int:
    """Enqueue what was delayed until now; return how many, at most `limit`."""
    return len(session.rows("delays_end", {"limit": limit}))


def set_delay(
    session: Session,
    workflow_id: str,
    *,
    delay_seconds: float | None,
    until: float | None,
) -> bool:
    """Change until when a delayed workflow waits; False if it is not delayed."""
    parameters = {"id": workflow_id, "delay_seconds": delay_seconds, "until": until}
    return bool(session.rows("delay_set", parameters))


def _claimant(session: Session, claimant: Claimant) -> dict[str, Any]:
    return {
        "executor_id": claimant.executor_id,
        "app_version": claimant.app_version,
        "versions": session.array(sorted({claimant.app_version, ""})),
        "names": session.array(claimant.names),
    }


def _decoded(value: Any) -> dict[str, Any]:
    """Return a JSON column: a dict already on PostgreSQL, text on SQLite."""
    found: dict[str, Any] = orjson.loads(value) if isinstance(value, str) else value
    return found
