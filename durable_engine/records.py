"""Values that cross a floor: frozen, slotted, keyword-only.

Instants are seconds since the epoch on the database's clock; payloads are text
as stored, already encoded and bounded by whoever made the record.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorkflow:
    """A workflow row to insert, unless its id exists.

    Born `PENDING` with an executor where it begins at once, else `ENQUEUED`.
    """

    id: str
    name: str
    status: str
    inputs: str
    queue_name: str | None = None
    priority: int = 0
    queue_partition_key: str | None = None
    deduplication_id: str | None = None
    app_version: str = ""
    executor_id: str | None = None
    epoch: int = 0
    recovery_attempts: int = 0
    parent_workflow_id: str | None = None
    parent_position: int | None = None
    forked_from: str | None = None
    random_seed: str | None = None
    schedule_name: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    attributes: str | None = None  # JSON text
    started_by: str | None = None
    deadline: float | None = None  # absolute: inherited from the parent
    timeout_seconds: float | None = None  # counted from the start of running
    delay_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """What is recorded of one position of a workflow."""

    workflow_id: str
    epoch: int  # of the claim that ran it
    position: int
    name: str
    started_at: float
    completed_at: float | None  # None: begun, waiting
    output: str | None = None
    error: str | None = None
    child_workflow_id: str | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """The end of a workflow."""

    workflow_id: str
    epoch: int
    status: str
    output: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """An owned workflow given back: it continues elsewhere once it is due."""

    workflow_id: str
    epoch: int
    wake_at: float | None  # None: when somebody wakes it
    waiting_on: str | None = None  # what wakes it before


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A published value, recorded together with its step."""

    step: StepRow
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message to another workflow; `step` when a workflow sends it."""

    destination_id: str
    topic: str  # "": none
    body: str
    idempotency_key: str | None
    sender_workflow_id: str | None = None
    step: StepRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesRow:
    """Messages that are sent together or not at all; `step` from a workflow."""

    messages: tuple[MessageRow, ...]
    step: StepRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """A stream entry, recorded together with its step.

    From inside a step the entry is written alone, at the step's position: that step
    is recorded when it ends.
    """

    step: StepRow
    key: str
    value: str | None  # None: the closing mark
    inside_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """The next entries of a stream and the status of its workflow, at one instant.

    `entries` are (value or None, whether it closes the stream), by offset.
    """

    status: str
    entries: tuple[tuple[str | None, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRow:
    """A request for the oldest unread message; its body becomes the step's output."""

    step: StepRow
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRow:
    """A child to insert together with the step of its parent."""

    step: StepRow
    workflow: NewWorkflow


JournalRow = (
    NewWorkflow
    | StepRow
    | OutcomeRow
    | ReleaseRow
    | EventRow
    | StreamRow
    | MessageRow
    | MessagesRow
    | ReceiveRow
    | ChildRow
)


class Verdict(Enum):
    """What the database said of one row of the journal."""

    ACCEPTED = "accepted"
    EXISTS = "exists"  # a start found its id, or its deduplication id, in use
    MISSING = "missing"  # no such destination, or no message to receive
    CANCELLED = "cancelled"  # refused: the workflow was cancelled
    FENCED = "fenced"  # refused: another owner, another claim, or no row at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, with what came with it.

    `value` is the body a receive took, or the id that holds a deduplication id.
    """

    verdict: Verdict
    value: str | None = None
    created_at: float | None = None


ACCEPTED = Answer(verdict=Verdict.ACCEPTED)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueClaim:
    """What a look at a queue with limits gave."""

    rows: list["ClaimedWorkflow"]
    retry_seconds: float | None = None  # its rate is reached: look again then
    locked: bool = False  # somebody else looked at it just now
    after: str = ""  # partitions up to this key were looked at; "": all


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
class ClaimedWorkflow:
    """A workflow that this process now owns, with all that is needed to run it."""

    id: str
    name: str
    inputs: str
    epoch: int
    recovery_attempts: int
    created_at: float
    queue_name: str | None = None
    deadline: float | None = None
    random_seed: str | None = None
    started_by: str | None = None
    place: Place = Place.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutcome:
    """Status and payloads of a workflow, as read."""

    status: str
    name: str
    output: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorRow:
    """A process that runs workflows, as it registers itself."""

    id: str
    hostname: str
    host_key: str
    pid: int
    process_key: str
    kind: str
    app_version: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What a bulk call changed, and why it left the rest alone."""

    changed: list[str]
    unchanged: dict[str, str]
