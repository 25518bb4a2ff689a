"""One execution of a task, between Django's two signals.

`begin` is called in the workflow's body; what follows is recorded as the outcome of
the workflow. `task_finished` is sent once that is durable, by the execution that
recorded it and by no other.
"""

import traceback
from functools import partial
from typing import Any

import orjson

from durable_engine.clock import from_epoch
from durable_engine.errors import WorkflowFailed
from durable_engine.runtime.announcer import Announcement
from durable_engine.runtime.context import Run, current_run
from durable_engine.runtime.operations import Blocking, Operation
from durable_engine.states import WorkflowState
from durable_engine.store import copies
from durable_engine.tasks import results
from durable_engine.tasks.vendor import (
    AnyResult,
    AnyTask,
    TaskContext,
    TaskError,
    TaskResultStatus,
    task_finished,
    task_started,
)

_LOGGING_RECEIVERS = 1  # Django's own; it reads id, path and status only


def begin(
    task: AnyTask, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Operation["Attempt"]:
    """Begin an attempt in the body of its workflow, and say so."""
    run = current_run()
    assert run is not None  # noqa: S101 - bodies run in workflows only
    again = run.claimed.recovery_attempts > 1
    listened = max(len(s.receivers) for s in (task_started, task_finished))
    if task.takes_context or again or listened > _LOGGING_RECEIVERS:
        result = yield Blocking(run.engine, partial(_whole, task, run))
    else:
        call = {"args": list(args), "kwargs": kwargs}
        result = results.running_result(task, run, call)
    sender = type(task.get_backend())
    yield Announcement(task_started, sender, {"task_result": result})
    attempt = Attempt(run, sender, result)
    run.finished.append(attempt.ended)
    return attempt


def _whole(task: AnyTask, run: Run) -> AnyResult:
    """Read all that is known of the task; a further attempt is noted first."""
    from durable_engine.models import Workflow  # noqa: PLC0415 - not before apps

    row = Workflow.objects.get(pk=run.workflow_id)
    if row.recovery_attempts > 1:
        noted = dict((row.attributes or {}).get(results.ATTRIBUTE, {}))
        noted["last_attempted_at"] = from_epoch(run.engine.clock.now()).isoformat()
        row.attributes = {**(row.attributes or {}), results.ATTRIBUTE: noted}
        text = orjson.dumps(row.attributes).decode()
        run.engine.reads.run(
            lambda session: copies.set_attributes(session, [row.id], text), writes=True
        )
    return results.result_of(row, task)


class Attempt:
    """One execution of a task, until its outcome is recorded."""

    __slots__ = ("_error", "_result", "_run", "_sender")

    def __init__(self, run: Run, sender: type, result: AnyResult) -> None:
        self._run = run
        self._sender = sender
        self._result = result
        self._error: BaseException | None = None

    def arguments(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what the function is called with."""
        if not self._result.task.takes_context:
            return args
        return (TaskContext(task_result=self._result), *args)

    def returned(self, value: Any) -> Any:
        """Take note of a value, and return it."""
        results.change(self._result, _return_value=value)
        return value

    def failed(self, error: BaseException) -> None:
        """Take note of what the function raised."""
        self._error = error
        self._result.errors.append(
            TaskError(
                exception_class_path=results.class_path(error),
                traceback="".join(traceback.format_exception(error)),
            )
        )

    def exited(self, error: SystemExit) -> WorkflowFailed:
        """Return what is recorded of an exit, which ends the task and not its worker."""
        self.failed(error)
        (shown,) = self._result.errors
        return WorkflowFailed(
            self._run.workflow_id,
            shown.exception_class_path,
            str(error),
            shown.traceback,
        )

    def ended(self) -> None:
        """Have the outcome announced, if this execution was the one to record it."""
        outcome = self._run.outcome
        if outcome is None:
            return
        status = TaskResultStatus.FAILED
        if outcome.status == WorkflowState.SUCCESS:
            status = TaskResultStatus.SUCCESSFUL
        finished_at = from_epoch(self._run.engine.clock.now())
        results.change(self._result, status=status, finished_at=finished_at)
        self._run.engine.announcer.submit(self._announce)

    def _announce(self) -> None:
        finished = Announcement(
            task_finished, self._sender, {"task_result": self._result}
        )
        if self._error is None:
            finished.block()
            return
        try:
            # Receivers that log look for the current exception.
            raise self._error  # noqa: TRY301
        except BaseException:  # noqa: BLE001 - the task's, and recorded
            finished.block()
