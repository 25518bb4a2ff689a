"""Tasks as workflows that workers of this process can run.

A task's function is the body of a workflow, so it may call steps, sleep and wait. One
that does nothing of the kind needs nothing: it runs, and its return is recorded; when
its worker dies before that, it runs again.
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from durable_engine.runtime.operations import perform, perform_async
from durable_engine.runtime.registry import (
    WorkflowRegistration,
    registration_of,
    registry,
)
from durable_engine.tasks.attempts import begin
from durable_engine.tasks.vendor import AnyTask, normalize_json

_declared: dict[str, AnyTask] = {}


def declare(task: AnyTask) -> WorkflowRegistration:
    """Let workers of this process run a task; return what it is registered as.

    Raises:
        ConflictingRegistration: a workflow of another function has its name.
    """
    name = name_of(task)
    known = _declared.get(name)
    if known is None or known.func is not task.func:
        registry.add_workflow(_registration(task, name))
        _declared[name] = task
    registry.serve_queue(task.queue_name)
    return registry.workflow(name)


def declared(name: str) -> AnyTask | None:
    """Return the task that runs as workflows of this name, or None."""
    return _declared.get(name)


def name_of(task: AnyTask) -> str:
    """Return the name of the workflows in which a task runs."""
    # A function that is a workflow by itself has its own name already.
    return f"{task.module_path}@task" if _durable(task) else task.module_path


def _registration(task: AnyTask, name: str) -> WorkflowRegistration:
    """Describe a task as a workflow.

    Unless its function is one, queries in it are no mistake, and any version of the
    application may run it: it has no history that the code must fit.
    """
    is_coroutine = iscoroutinefunction(task.func)
    body = _coroutine(task) if is_coroutine else _function(task)
    durable = _durable(task)
    if durable is None:
        return WorkflowRegistration(
            name=name,
            function=body,
            is_coroutine=is_coroutine,
            guard="off",
            any_version=True,
        )
    return WorkflowRegistration(
        name=name,
        function=body,
        is_coroutine=is_coroutine,
        guard=durable.guard,
        max_recovery_attempts=durable.max_recovery_attempts,
        unload=durable.unload,
    )


def _durable(task: AnyTask) -> WorkflowRegistration | None:
    """Return what the task's function is registered as, if it is a workflow itself."""
    found = registration_of(task.func)
    return found if isinstance(found, WorkflowRegistration) else None


def _called(task: AnyTask) -> Callable[..., Any]:
    """Return what the body calls: of a workflow its body, not a child of its own."""
    durable = _durable(task)
    return durable.function if durable else task.func


def _function(task: AnyTask) -> Callable[..., Any]:
    called = _called(task)

    @wraps(task.func)
    def body(*args: Any, **kwargs: Any) -> Any:
        attempt = perform(begin(task, args, kwargs))
        try:
            value = normalize_json(called(*attempt.arguments(args), **kwargs))
        except Exception as error:
            attempt.failed(error)
            raise
        except SystemExit as error:
            raise attempt.exited(error) from error
        return attempt.returned(value)

    return body


def _coroutine(task: AnyTask) -> Callable[..., Any]:
    called = _called(task)

    @wraps(task.func)
    async def body(*args: Any, **kwargs: Any) -> Any:
        attempt = await perform_async(begin(task, args, kwargs))
        try:
            value = normalize_json(await called(*attempt.arguments(args), **kwargs))
        except Exception as error:
            attempt.failed(error)
            raise
        except SystemExit as error:
            raise attempt.exited(error) from error
        return attempt.returned(value)

    return body
