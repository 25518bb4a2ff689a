"""The states of a workflow and what each allows.

```
                 cancel
     ┌──────────────────────────► CANCELLED
     │                               ▲  │ resume
 DELAYED ─ due ─► ENQUEUED ─ claim ─►│  ▼
                                 PENDING (owned) ◄─ claim ─► PENDING (unowned)
                                   │  return / raise        attempts > max
                                   ▼                              ▼
                             SUCCESS / ERROR     MAX_RECOVERY_ATTEMPTS_EXCEEDED
```
"""

from enum import StrEnum


class WorkflowState(StrEnum):
    """Status of a workflow, as stored in the database."""

    ENQUEUED = "ENQUEUED"
    DELAYED = "DELAYED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"
    MAX_RECOVERY_ATTEMPTS_EXCEEDED = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"


ACTIVE = frozenset(
    {WorkflowState.ENQUEUED, WorkflowState.DELAYED, WorkflowState.PENDING}
)
"""States in which a workflow may still run by itself."""

TERMINAL = frozenset(WorkflowState) - ACTIVE
"""States in which a workflow has an outcome (cancelled ones may be resumed)."""


class StepState(StrEnum):
    """Status of a step in listings; derived from its row, never stored."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
