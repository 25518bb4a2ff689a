"""Rows on their way to the database.

Payloads are text as stored, already encoded and bounded by whoever made the row.
"""

from dataclasses import dataclass


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
    trace_context: str | None = None  # where it was started, for tracing
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
    also: tuple[str, ...] = ()  # what else does


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A published value, recorded together with its step; inside one, alone."""

    step: StepRow
    key: str
    value: str
    inside_step: bool = False


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
class Capacity:
    """What a process can run at once, and how much of it is taken.

    More than all may be: who waited goes on at once, whoever took its place meanwhile.
    """

    threads: int = 0
    threads_busy: int = 0
    coroutines: int = 0
    coroutines_busy: int = 0
    queues: tuple[str, ...] | None = None  # None: every one that its code declares
