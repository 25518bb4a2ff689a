"""Why a workflow that has not ended does not run, where the tables tell."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from console.queries import workload
from console.tables import obstacles
from console.tables.obstacles import Obstacle
from console.tables.workflows import INTERNAL_QUEUE
from durable_engine.models import Executor, Queue
from durable_engine.states import WorkflowState


def obstacle(row: dict[str, Any]) -> Obstacle | None:
    """Read what keeps a workflow from running.

    Args:
        row: its `status`, `queue_name`, `app_version` and `executor_id`.

    Returns: one reason that is certain; None: there is none, it runs, or it has ended.
    """
    match row["status"]:
        case WorkflowState.ENQUEUED:
            return _of_queue(row) if _workers().exists() else obstacles.no_worker()
        case WorkflowState.DELAYED:
            return None if _workers().exists() else obstacles.no_worker()
        case WorkflowState.PENDING:
            return _of_version(row)
        case _:
            return None


def _of_queue(row: dict[str, Any]) -> Obstacle | None:
    name = row["queue_name"] or INTERNAL_QUEUE
    if name == INTERNAL_QUEUE:
        return _of_places(row, list(_workers()))
    is_paused = Queue.objects.filter(name=name).values_list("paused", flat=True).first()
    if is_paused is None:
        return obstacles.undeclared(name)
    if is_paused:
        return obstacles.paused(name)
    for load in workload.queues():
        most = load.info.effective.get("concurrency")
        if load.info.name == name and most is not None and load.info.running >= most:
            return obstacles.full(name, load.info.running)
    serving = [one for one in _workers() if one.queues is None or name in one.queues]
    return _of_places(row, serving) if serving else obstacles.unserved(name)


def _of_places(row: dict[str, Any], workers: list[Executor]) -> Obstacle | None:
    """Tell whether those that serve its queue run its version, and have a place."""
    version = row["app_version"]
    able = [one for one in workers if version in (None, "", one.app_version)]
    if not able:
        return obstacles.stranded(version)
    return obstacles.busy(len(able)) if all(map(_is_full, able)) else None


def _is_full(worker: Executor) -> bool:
    """Tell whether it has no place free; of which kind is needed no table says."""
    threads = worker.threads_busy >= worker.threads
    coroutines = worker.coroutines_busy >= worker.coroutines
    return worker.threads > 0 and threads and coroutines


def _of_version(row: dict[str, Any]) -> Obstacle | None:
    """Tell what a workflow waits for that no living process owns."""
    owner, workers = row["executor_id"], _workers()
    if owner and _alive().filter(id=owner).exists():
        return None
    if not workers.exists():
        return obstacles.no_worker()
    if workers.filter(app_version=row["app_version"]).exists():
        return obstacles.orphaned() if owner else None
    return obstacles.stranded(row["app_version"])


def _alive() -> QuerySet[Executor]:
    return Executor.objects.filter(lease_expires_at__gt=Now())


def _workers() -> QuerySet[Executor]:
    """Return the processes that take up what others left, and what is enqueued."""
    return _alive().filter(kind="worker")
