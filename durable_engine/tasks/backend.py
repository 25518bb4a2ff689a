"""`DurableBackend`: what the setting `TASKS` names."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.utils.timezone import is_naive, make_aware

from durable_engine.clock import from_epoch
from durable_engine.primitives.determinism import now
from durable_engine.primitives.starting import SetWorkflowAttributes
from durable_engine.runtime import launch
from durable_engine.runtime.context import StartOptions, current_options, current_run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Blocking,
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import registry
from durable_engine.runtime.requests import Request, Started
from durable_engine.tasks import results
from durable_engine.tasks.bodies import declare, declared
from durable_engine.tasks.vendor import (
    DEFAULT_TASK_BACKEND_ALIAS,
    AnyResult,
    AnyTask,
    BaseTaskBackend,
    TaskResultDoesNotExist,
    task_enqueued,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from durable_engine.models import Workflow


class DurableTask(AnyTask):
    """A task that workers know from its definition on."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Validate the task, and let workers of this process run it."""
        super().__post_init__()
        declare(self)


class DurableBackend(BaseTaskBackend):
    """Runs each task as a durable workflow, on the queue of the same name.

    Guarantees: a task whose `enqueue` returned runs to its end, however often processes
    die; inside `atomic()` on the engine's alias it is enqueued with the commit, or not
    at all. Its function runs at least once, and what it returned is recorded once.
    """

    task_class = DurableTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        for name in self.queues:
            registry.serve_queue(name)

    def enqueue(self, task: AnyTask, args: Any, kwargs: Any) -> AnyResult:
        """Enqueue a task; return its result, which is `READY`.

        Args:
            task: a function of a module, decorated with Django's `@task`.
            args: JSON values.
            kwargs: JSON values.

        Raises:
            InvalidTask: the task cannot run here (on Django 5.2, InvalidTaskError).
            TypeError: an argument is not JSON; nothing is stored.
        """
        refuse_in_event_loop("Task.enqueue", "Task.aenqueue")
        result, is_new = perform(self._enqueue(task, args, kwargs))
        if not is_new:
            return self.get_result(result.id)
        task_enqueued.send(type(self), task_result=result)
        return result

    async def aenqueue(self, task: AnyTask, args: Any, kwargs: Any) -> AnyResult:
        """Enqueue a task: twin of `enqueue`."""
        result, is_new = await perform_async(self._enqueue(task, args, kwargs))
        if not is_new:
            return await self.aget_result(result.id)
        await task_enqueued.asend(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> AnyResult:
        """Return what is known of a task now.

        Raises:
            TaskResultDoesNotExist: no task of this process's code has this result.
        """
        return _result(result_id, _rows(result_id).first())

    async def aget_result(self, result_id: str) -> AnyResult:
        """Return what is known of a task now: twin of `get_result`."""
        return _result(result_id, await _rows(result_id).afirst())

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Tell what keeps the backend from working."""
        del kwargs
        if apps.is_installed("durable_engine"):
            return []
        return [
            Error(
                f"TASKS[{self.alias!r}] uses DurableBackend, and its tables are missing: "
                "'durable_engine' is not in INSTALLED_APPS.",
                hint="Add it, and run `manage.py migrate`.",
                id="durable.E051",
            )
        ]

    def _enqueue(
        self, task: AnyTask, args: Any, kwargs: Any
    ) -> Operation[tuple[AnyResult, bool]]:
        """Start the workflow; also say whether it is a new one."""
        self.validate_task(task)
        call = {"args": list(args), "kwargs": dict(kwargs)}
        result = results.new_result(task, "", None, call)
        registration = declare(task)
        request = Request(
            name=registration.name,
            registration=registration,
            args=tuple(result.args),
            kwargs=result.kwargs,
            queue_name=task.queue_name,
            priority=results.stored_priority(int(task.priority)),
            delay_seconds=(yield from _delay_seconds(task)),
        )
        started = yield from self._start(task, request)
        created_at = started.created_at
        enqueued_at = now() if created_at is None else from_epoch(created_at)
        results.change(result, id=started.workflow_id, enqueued_at=enqueued_at)
        return result, created_at is not None or current_run() is not None

    def _start(self, task: AnyTask, request: Request) -> Operation[Started]:
        """Start with what the row itself does not say as an attribute."""
        special: dict[str, str] = {}
        if self.alias != DEFAULT_TASK_BACKEND_ALIAS:
            special["backend"] = self.alias
        if task.run_after is not None:
            special["run_after"] = task.run_after.isoformat()
        if not special:
            return (yield from launch.start(engine(), request))
        options = current_options() or StartOptions()
        attributes = {**(options.attributes or {}), results.ATTRIBUTE: special}
        with SetWorkflowAttributes(attributes, subject=options.subject):
            return (yield from launch.start(engine(), request))


def _delay_seconds(task: AnyTask) -> Operation[float | None]:
    """Return how long a task is put off, by the database's clock (I4)."""
    if task.run_after is None:
        return None
    host = engine()
    moment = task.run_after
    due = make_aware(moment) if is_naive(moment) else moment
    now_seconds: float = yield Blocking(host, host.now)
    return max(0.0, due.timestamp() - now_seconds) or None


def _rows(result_id: str) -> "QuerySet[Workflow]":
    # Tasks are defined wherever projects define them, also before models are there.
    from durable_engine.models import Workflow  # noqa: PLC0415

    return Workflow.objects.filter(pk=str(result_id))


def _result(result_id: str, row: "Workflow | None") -> AnyResult:
    if row is None:
        message = f"There is no task result {result_id!r}."
        raise TaskResultDoesNotExist(message)
    task = declared(row.name)
    if task is None:
        message = (
            f"{result_id!r} is a workflow {row.name!r}, which is no task that this "
            "process has imported."
        )
        raise TaskResultDoesNotExist(message)
    return results.result_of(row, task)
