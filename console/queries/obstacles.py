"""Why a workflow that has not ended does not run, where the tables tell."""

from typing import Any

from django.db.models.functions import Now

from console.queries import workload
from console.queries.executors import none_alive, workers
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
            living = list(workers())
            return _of_queue(row, living) if living else obstacles.no_worker()
        case WorkflowState.DELAYED:
            return obstacles.no_worker() if none_alive() else None
        case WorkflowState.PENDING:
            return _of_version(row)
        case _:
            return None


def _of_queue(row: dict[str, Any], living: list[Executor]) -> Obstacle | None:
    name = row["queue_name"] or INTERNAL_QUEUE
    if name == INTERNAL_QUEUE:
        return _of_places(row, living)
    told_so = [one for one in living if name in (one.queues or ())]
    is_paused = Queue.objects.filter(name=name).values_list("paused", flat=True).first()
    if is_paused is None and not told_so:
        return obstacles.undeclared(name)
    if is_paused:
        return obstacles.paused(name)
    for load in workload.queues():
        most = load.info.effective.get("concurrency")
        if load.info.name == name and most is not None and load.info.running >= most:
            return obstacles.full(name, load.info.running)
    every = [] if is_paused is None else [one for one in living if one.queues is None]
    serving = told_so + every
    return _of_places(row, serving) if serving else obstacles.unserved(name)


def _of_places(row: dict[str, Any], serving: list[Executor]) -> Obstacle | None:
    """Tell whether those that serve its queue run its version, and have a place."""
    version = row["app_version"]
    able = [one for one in serving if version in (None, "", one.app_version)]
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
    owner, version = row["executor_id"], row["app_version"]
    if owner and Executor.objects.filter(id=owner, lease_expires_at__gt=Now()).exists():
        return None
    if none_alive():
        return obstacles.no_worker()
    if workers().filter(app_version=version).exists():
        return obstacles.orphaned() if owner else None
    return obstacles.stranded(version)
