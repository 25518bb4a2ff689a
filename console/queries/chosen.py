"""What somebody has chosen to act on: how many of it have which status."""

from collections import Counter
from collections.abc import Sequence

from console.conf import COUNT_SECONDS
from console.queries.patience import TooSlow, at_most
from durable_engine.models import Workflow
from durable_engine.states import WorkflowState

_BATCH_ROWS = 500


def by_status(workflow_ids: Sequence[str]) -> list[tuple[WorkflowState, int]]:
    """Count workflows by status, in the order of statuses.

    Returns: only statuses that occur; nothing where counting takes too long.
    """
    found: Counter[str] = Counter()
    try:
        with at_most(COUNT_SECONDS):
            for first in range(0, len(workflow_ids), _BATCH_ROWS):
                batch = workflow_ids[first : first + _BATCH_ROWS]
                rows = Workflow.objects.filter(id__in=batch)
                found.update(rows.values_list("status", flat=True))
    except TooSlow:
        return []
    return [(status, found[status]) for status in WorkflowState if found[status]]
