"""What processes count, and into which buckets; written with their heartbeat."""

from dataclasses import dataclass
from typing import Final

WORKFLOWS_ENDED: Final = "workflows_ended"  # name: workflow; label: status
WORKFLOW_SECONDS: Final = "workflow_seconds"  # name: workflow; a histogram
CLAIMS: Final = "claims"  # name: queue; label: FIRST or AGAIN
TAKEN_OVER: Final = "taken_over"
JOURNAL_ROWS: Final = "journal_rows"  # a histogram of rows a batch
JOURNAL_SECONDS: Final = "journal_seconds"  # a histogram of time a batch

FIRST: Final = "first"
AGAIN: Final = "again"
SUM: Final = "sum"
"""The label of a histogram's sum; its other labels are upper bounds."""

LAST_BUCKET: Final = "+Inf"
BUCKETS: Final[dict[str, tuple[float, ...]]] = {
    WORKFLOW_SECONDS: (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 3600, 86400),
    JOURNAL_ROWS: (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
    JOURNAL_SECONDS: (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    """What a process adds to one counter."""

    metric: str
    name: str
    label: str
    value: float
