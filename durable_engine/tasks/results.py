"""Workflows as the results that Django's tasks show."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from durable_engine import serialization
from durable_engine.clock import from_epoch
from durable_engine.errors import WorkflowFailed
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import engine
from durable_engine.states import WorkflowState
from durable_engine.tasks.vendor import (
    DEFAULT_TASK_BACKEND_ALIAS,
    AnyResult,
    AnyTask,
    TaskError,
    TaskResult,
    TaskResultStatus,
)

if TYPE_CHECKING:
    from durable_engine.models import Workflow  # tasks may be defined before models

ATTRIBUTE = "django.tasks"
"""Under this attribute a workflow keeps what only a task has, if it is not usual."""

LOST_WORKER = "lost"
"""Stands for a worker that died, where its name is no longer known."""

_ZERO_PRIORITY = 101
_STATUSES = {
    WorkflowState.DELAYED: TaskResultStatus.READY,
    WorkflowState.ENQUEUED: TaskResultStatus.READY,
    WorkflowState.PENDING: TaskResultStatus.RUNNING,
    WorkflowState.SUCCESS: TaskResultStatus.SUCCESSFUL,
    WorkflowState.ERROR: TaskResultStatus.FAILED,
    WorkflowState.CANCELLED: TaskResultStatus.FAILED,
    WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED: TaskResultStatus.FAILED,
}


def stored_priority(priority: int) -> int:
    """Return a task's priority (-100 to 100, 100 first) as a queue's (1 first)."""
    return _ZERO_PRIORITY - priority


def new_result(
    task: AnyTask,
    result_id: str,
    enqueued_at: datetime | None,
    call: dict[str, Any],
) -> AnyResult:
    """Return the result of a task that waits.

    Args:
        task: as it was enqueued.
        result_id: the workflow's id.
        enqueued_at: on the database's clock; None: not enqueued yet.
        call: its `args` and `kwargs`.

    Raises:
        TypeError: an argument is not JSON.
    """
    return TaskResult(
        task=task,
        id=result_id,
        status=TaskResultStatus.READY,
        enqueued_at=enqueued_at,
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        backend=task.backend,
        errors=[],
        worker_ids=[],
        **call,
    )


def running_result(task: AnyTask, run: Run, call: dict[str, Any]) -> AnyResult:
    """Return the result of a task whose first attempt begins here, without a read."""
    moment = from_epoch(run.engine.clock.now())
    task = task.using(queue_name=run.claimed.queue_name)
    result = new_result(task, run.workflow_id, from_epoch(run.claimed.created_at), call)
    change(
        result,
        status=TaskResultStatus.RUNNING,
        started_at=moment,
        last_attempted_at=moment,
        worker_ids=[run.engine.executor_id],
    )
    return result


def result_of(row: "Workflow", declared: AnyTask) -> AnyResult:
    """Return what the row of a workflow says of its task.

    Args:
        row: with its payloads.
        declared: the task as its module declares it.
    """
    more = (row.attributes or {}).get(ATTRIBUTE, {})
    run_after = more.get("run_after")
    task = declared.using(
        priority=_ZERO_PRIORITY - row.priority,
        queue_name=row.queue_name,
        run_after=datetime.fromisoformat(run_after) if run_after else None,
        backend=more.get("backend", DEFAULT_TASK_BACKEND_ALIAS),
    )
    args, kwargs = serialization.decode_inputs(engine().serializer, row.inputs)
    call = {"args": list(args), "kwargs": kwargs}
    result = new_result(task, row.id, row.created_at, call)
    status = _STATUSES[WorkflowState(row.status)]
    last = more.get("last_attempted_at")
    change(
        result,
        status=status,
        started_at=row.started_at,
        last_attempted_at=datetime.fromisoformat(last) if last else row.started_at,
        finished_at=row.completed_at,
        worker_ids=worker_ids(row),
    )
    if status is TaskResultStatus.FAILED:
        result.errors.append(_error_of(row))
    elif row.output is not None:
        value = serialization.decode(engine().serializer, row.output)
        change(result, _return_value=value)
    return result


def worker_ids(row: "Workflow") -> list[str]:
    """Return the worker of each attempt, in order."""
    if row.recovery_attempts == 0:
        return []
    known = row.lost_executors.split("\n") if row.lost_executors else []
    if row.executor_id is not None or len(known) < row.recovery_attempts:
        known.append(row.executor_id or LOST_WORKER)
    unknown = [LOST_WORKER] * (row.recovery_attempts - len(known))
    return unknown + known[-row.recovery_attempts :]  # a resume counts anew


def change(result: AnyResult, **values: Any) -> None:
    """Change a result, which is frozen to its users."""
    for name, value in values.items():
        object.__setattr__(result, name, value)


def class_path(error: BaseException) -> str:
    """Return where the class of an exception is found."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _error_of(row: "Workflow") -> TaskError:
    match WorkflowState(row.status):
        case WorkflowState.CANCELLED:
            name, text = "AwaitedWorkflowCancelled", f"Workflow {row.id} was cancelled."
        case WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED:
            name = "AwaitedWorkflowMaxRecoveryAttemptsExceeded"
            text = f"Workflow {row.id} was given up: its workers ended before it did."
        case _:
            recorded = serialization.read_error(row.error or "")
            error = serialization.decode_error(row.id, row.error or "")
            if isinstance(error, WorkflowFailed):
                return _error(error.type_name, error.traceback_text)
            return _error(recorded.type_name, recorded.traceback_text)
    return _error(f"durable_engine.errors.{name}", text)


def _error(type_name: str, traceback_text: str) -> TaskError:
    """Return an error by the name that was recorded: a built-in has no module there."""
    path = type_name if "." in type_name else f"builtins.{type_name}"
    return TaskError(exception_class_path=path, traceback=traceback_text)
