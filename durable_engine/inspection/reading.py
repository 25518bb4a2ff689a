"""Reading one workflow, its steps, and who runs what."""

from django.db.models import Count, Model

from durable_engine import clock
from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import is_key
from durable_engine.inspection.decoding import LIGHT_FIELDS, status_of, step_of
from durable_engine.models import Executor, Step, Workflow
from durable_engine.records import ExecutorInfo, StepInfo, WorkflowStatus
from durable_engine.runtime.engine import engine
from durable_engine.runtime.requests import subject_key
from durable_engine.states import WorkflowState


def get_workflow_status(workflow_id: str) -> WorkflowStatus | None:
    """Return one workflow with its payloads, or None if there is none."""
    known = is_key(workflow_id)  # else PostgreSQL would refuse the question
    row = Workflow.objects.filter(pk=workflow_id).first() if known else None
    if row is None:
        return None
    return status_of(engine().serializer, row, load_input=True, load_output=True)


def list_workflow_steps(
    workflow_id: str, *, after: int = 0, limit: int | None = None
) -> list[StepInfo]:
    """Return the recorded steps of a workflow by position, with their payloads.

    Args:
        workflow_id: whose.
        after: only steps after this position.
        limit: most steps; None: all.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    known = is_key(workflow_id)
    if not known or not Workflow.objects.filter(pk=workflow_id).exists():
        raise NonExistentWorkflow(workflow_id=workflow_id)
    rows = Step.objects.filter(workflow_id=workflow_id, position__gt=after)
    found = rows.order_by("position")[:limit]
    return [step_of(engine().serializer, row) for row in found]


def workflows_for(subject: Model, *, limit: int = 100) -> list[WorkflowStatus]:
    """Return the workflows started with `subject=` this instance, newest first.

    Raises:
        ValueError: the instance is not saved.
    """
    label, key = subject_key(subject)
    rows = (
        Workflow.objects.filter(subject_type=label, subject_id=key)
        .only(*LIGHT_FIELDS)
        .order_by("-created_at")[:limit]
    )
    serializer = engine().serializer
    return [
        status_of(serializer, row, load_input=False, load_output=False) for row in rows
    ]


def list_executors() -> list[ExecutorInfo]:
    """Return every known process that runs workflows, the newest first."""
    running = dict(
        Workflow.objects.filter(status=WorkflowState.PENDING, executor_id__isnull=False)
        .values_list("executor_id")
        .annotate(number=Count("id"))
    )
    moment = clock.from_epoch(engine().now())
    return [
        ExecutorInfo(
            executor_id=row.id,
            hostname=row.hostname,
            pid=row.pid,
            app_version=row.app_version,
            started_at=row.started_at,
            heartbeat_at=row.heartbeat_at,
            alive=row.lease_expires_at > moment,
            running=running.get(row.id, 0),
            kind=row.kind,
            threads=row.threads,
            threads_busy=row.threads_busy,
            coroutines=row.coroutines,
            coroutines_busy=row.coroutines_busy,
            queues=row.queues,
        )
        for row in Executor.objects.order_by("-started_at")
    ]
