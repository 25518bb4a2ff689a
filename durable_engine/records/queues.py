"""Limits of queues, and what a claim from one of them needs."""

from dataclasses import dataclass
from enum import IntEnum


class Place(IntEnum):
    """What a running workflow counts as against the limits of its queue.

    Written by the claim. What has a place is claimed again, when it is woken or
    taken over, through its queue; what has none, through the shared claim.
    """

    NONE = 0  # its queue has no limits that count running workflows
    HELD = 1  # counts from claim to end, also while nobody owns it
    GIVEN_UP_WAITING = 2  # counts while it is owned: not while it waits


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """What holds of a queue now: declared in code, overridden by operators."""

    concurrency: int | None = None
    worker_concurrency: int | None = None
    starts: int | None = None  # in any window of `period_seconds`
    period_seconds: float = 0.0
    partition_concurrency: int | None = None
    release_while_waiting: bool = False
    paused: bool = False

    @property
    def shared(self) -> bool:
        """Whether workers must agree: the queue is locked around count and claim."""
        limits = (self.concurrency, self.starts, self.partition_concurrency)
        return any(limit is not None for limit in limits)

    @property
    def limited(self) -> bool:
        """Whether the queue has a claim of its own."""
        return self.shared or self.worker_concurrency is not None

    @property
    def place(self) -> Place:
        """What a workflow of this queue counts as."""
        if (
            self.concurrency is None
            and self.worker_concurrency is None
            and self.partition_concurrency is None
        ):
            return Place.NONE
        return Place.GIVEN_UP_WAITING if self.release_while_waiting else Place.HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """A process that claims, and what it can run."""

    executor_id: str
    app_version: str
    names: list[str]  # of workflows
