"""Values that cross a floor: frozen, slotted, keyword-only.

Instants are seconds since the epoch on the database's clock, but for what the public
API shows.
"""

from durable_engine.records.answers import (
    ACCEPTED,
    Answer,
    ClaimedWorkflow,
    QueueClaim,
    RecordedOutcome,
    StreamPage,
    Verdict,
)
from durable_engine.records.infos import (
    ApplicationVersionInfo,
    BulkResult,
    EventInfo,
    ExecutorInfo,
    MessageInfo,
    QueueInfo,
    StepInfo,
    StepStatus,
    StrandedVersion,
    StreamEntryInfo,
    WorkflowStatus,
)
from durable_engine.records.listing import Sought
from durable_engine.records.queues import Claimant, Place, QueueLimits
from durable_engine.records.rows import (
    Capacity,
    ChildRow,
    EventRow,
    ExecutorRow,
    JournalRow,
    MessageRow,
    MessagesRow,
    NewWorkflow,
    OutcomeRow,
    ReceiveRow,
    ReleaseRow,
    StepRow,
    StreamRow,
)
from durable_engine.records.schedules import ScheduleInfo, ScheduleRow
from durable_engine.records.statistics import (
    Failure,
    InFlight,
    SampledWorkflow,
    Slice,
)

__all__ = [
    "ACCEPTED",
    "Answer",
    "ApplicationVersionInfo",
    "BulkResult",
    "Capacity",
    "ChildRow",
    "Claimant",
    "ClaimedWorkflow",
    "EventInfo",
    "EventRow",
    "ExecutorInfo",
    "ExecutorRow",
    "Failure",
    "InFlight",
    "JournalRow",
    "MessageInfo",
    "MessageRow",
    "MessagesRow",
    "NewWorkflow",
    "OutcomeRow",
    "Place",
    "QueueClaim",
    "QueueInfo",
    "QueueLimits",
    "ReceiveRow",
    "RecordedOutcome",
    "ReleaseRow",
    "SampledWorkflow",
    "ScheduleInfo",
    "ScheduleRow",
    "Slice",
    "Sought",
    "StepInfo",
    "StepRow",
    "StepStatus",
    "StrandedVersion",
    "StreamEntryInfo",
    "StreamPage",
    "StreamRow",
    "Verdict",
    "WorkflowStatus",
]
