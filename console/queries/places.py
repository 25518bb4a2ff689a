"""Where a workflow stands: the step that it is at, or the one that failed."""

from django.db.models import Q

from console.tables.instants import now
from console.tables.places import Place
from durable_engine.models import Step
from durable_engine.states import WorkflowState

_NEWEST_ROWS = 20
"""Steps looked at, the newest first: what goes on or went wrong is among them."""

_COLUMNS = ("position", "name", "attempts", "started_at", "completed_at")


def place(workflow_id: str, status: WorkflowState) -> Place | None:
    """Read where a workflow stands.

    Returns: of one that runs, its newest step that has not ended; of one that failed,
        the newest step that did; None: there is none, or the workflow is neither.
    """
    if status not in (WorkflowState.PENDING, WorkflowState.ERROR):
        return None
    failed = status is WorkflowState.ERROR
    steps = Step.objects.filter(workflow_id=workflow_id).order_by("-position")
    found = steps.annotate(failed=Q(error__isnull=False))
    rows = found.values_list(*_COLUMNS, "failed")[:_NEWEST_ROWS]
    for position, name, attempts, since, until, has_failed in rows:
        if has_failed if failed else (until is None or until > now()):
            return Place(
                position=position,
                name=name,
                attempts=attempts,
                since=since,
                until=None if failed else until,
                failed=failed,
            )
    return None
