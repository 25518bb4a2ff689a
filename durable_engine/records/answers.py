"""What the database said: verdicts on rows, and rows as statements return them."""

from dataclasses import dataclass
from enum import Enum

from durable_engine.records.queues import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """The next entries of a stream and the status of its workflow, at one instant.

    `entries` are (value or None, whether it closes the stream), by offset.
    """

    status: str
    entries: tuple[tuple[str | None, bool], ...]


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
    trace_context: str | None = None
    place: Place = Place.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutcome:
    """Status and payloads of a workflow, as read."""

    status: str
    name: str
    output: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueClaim:
    """What a look at a queue with limits gave."""

    rows: list[ClaimedWorkflow]
    retry_seconds: float | None = None  # its rate is reached: look again then
    locked: bool = False  # somebody else looked at it just now
    after: str = ""  # partitions up to this key were looked at; "": all
