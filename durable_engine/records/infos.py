"""What the public API shows; instants are aware datetimes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueInfo:
    """One queue as the public API shows it; counts end at 10,000.

    `declared`, `overridden` and `effective` hold the limits that are set:
    `concurrency`, `worker_concurrency`, `limiter`, `partition_concurrency`.
    """

    name: str
    declared: dict[str, Any]
    overridden: dict[str, Any]
    effective: dict[str, Any]
    paused: bool
    enqueued: int
    delayed: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStatus:
    """One workflow as the public API shows it; instants are aware datetimes."""

    workflow_id: str
    name: str
    status: str
    queue_name: str | None
    priority: int
    deduplication_id: str | None
    queue_partition_key: str | None
    app_version: str | None
    executor_id: str | None
    recovery_attempts: int
    parent_workflow_id: str | None
    forked_from: str | None
    schedule_name: str | None
    attributes: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    deadline: datetime | None
    delay_until: datetime | None
    wake_at: datetime | None
    started_by: str | None = None  # the name of the user, or what the code said
    input: dict[str, Any] | None = None  # {"args": [...], "kwargs": {...}}
    output: Any = None
    error: Exception | None = None

    @property
    def id(self) -> str:
        """The workflow's id, under its second name."""
        return self.workflow_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInfo:
    """One step as the public API shows it; instants are aware datetimes."""

    position: int
    name: str
    status: str
    output: Any
    error: Exception | None
    child_workflow_id: str | None
    attempts: int
    started_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatus:
    """The step that runs here, as `durable.step_status` shows it."""

    step_id: int  # its position
    current_attempt: int  # counted from 0
    max_attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInfo:
    """The latest value that a workflow published under a key."""

    key: str
    value: Any
    position: int  # of the call that published it
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInfo:
    """One message sent to a workflow."""

    id: int  # messages are received in this order
    topic: str | None
    message: Any
    idempotency_key: str | None
    sender_workflow_id: str | None  # None: sent from outside workflows
    created_at: datetime
    consumed_position: int | None  # of the `recv` that took it; None: unread


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEntryInfo:
    """One entry of a stream."""

    offset: int  # from 0
    value: Any
    closes: bool  # no value: the stream ends here
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorInfo:
    """One process that runs workflows, as the public API shows it."""

    executor_id: str
    hostname: str
    pid: int
    app_version: str
    started_at: datetime
    heartbeat_at: datetime
    alive: bool
    running: int  # workflows it owns
    kind: str  # "worker", or "client": one that runs only what it calls itself
    threads: int  # places for synchronous workflows
    threads_busy: int  # as of its last heartbeat, like all that follows
    coroutines: int
    coroutines_busy: int
    queues: list[str] | None  # that it serves; None: every one its code declares


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationVersionInfo:
    """One version of the application, as the public API shows it."""

    name: str
    created_at: datetime  # when a process of it first registered
    last_seen_at: datetime  # when one registered last
    current: bool  # this process's own
    in_flight: int  # workflows that have not ended, 10,000 of a kind at most


@dataclass(frozen=True, slots=True, kw_only=True)
class StrandedVersion:
    """A version whose workflows no live worker would run."""

    name: str
    in_flight: int  # workflows that have not ended, 10,000 of a kind at most


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What a bulk call changed, and why it left the rest alone."""

    changed: list[str]
    unchanged: dict[str, str]
