"""Fills the queue that workers drain, and reads from the table how it went."""

from django.db.models import Count, Max, Min, Q

from benchmarks.systems.durable.workflows import held, in_coroutine, in_thread, queue
from benchmarks.systems.job import Job
from durable_engine.models import Workflow

ENQUEUED_AT_ONCE = 1_000


def fill(job: Job) -> None:
    """Enqueue the job's workflows."""
    function = in_thread if job.mode == "threads" else in_coroutine
    if job.action == "take_over":
        function = held
    for first in range(0, job.workflows, ENQUEUED_AT_ONCE):
        numbers = range(first, min(first + ENQUEUED_AT_ONCE, job.workflows))
        queue.enqueue_many([(function, (job.steps, number)) for number in numbers])


def drain_seconds(job: Job) -> float:
    """Return the time from the first start to the last outcome.

    Raises:
        RuntimeError: not every workflow succeeded.
    """
    found = Workflow.objects.filter(queue_name=queue.name).aggregate(
        succeeded=Count("id", filter=Q(status="SUCCESS")),
        first=Min("started_at"),
        last=Max("completed_at"),
    )
    if found["succeeded"] != job.workflows:
        message = f"{found['succeeded']} of {job.workflows} workflows succeeded"
        raise RuntimeError(message)
    return float((found["last"] - found["first"]).total_seconds())


def owned(*executors: str) -> int:
    """Count the running workflows that these executors have, or any executor."""
    running = Workflow.objects.filter(queue_name=queue.name, status="PENDING")
    if executors:
        return running.filter(executor_id__in=executors).count()
    return running.filter(executor_id__isnull=False).count()
