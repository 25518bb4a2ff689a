"""Starting workflows and the `with Set…` blocks around a start."""

import abc
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, overload

from durable_engine.errors import UnregisteredWorkflow
from durable_engine.ids import check_key, check_workflow_id
from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.runtime import launch
from durable_engine.runtime.context import (
    StartOptions,
    current_options,
    reset_options,
    set_options,
)
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.receivers import bound_arguments
from durable_engine.runtime.registry import (
    WorkflowRegistration,
    registration_of,
    registry,
)
from durable_engine.runtime.requests import Request, Started, attributes_text
from durable_engine.seconds import check_seconds

P = ParamSpec("P")
R = TypeVar("R")

_WITHOUT_QUEUE = {("duplication_policy", "reject")}  # means nothing there


@overload
def start_workflow(
    function: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandle[R]: ...


@overload
def start_workflow(
    function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandle[R]: ...


def start_workflow(
    function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> WorkflowHandle[Any]:
    """Start a workflow beside the caller; return once it is durable.

    In a process that runs a worker it begins there at once, elsewhere any worker
    takes it. Inside `atomic()` on the engine's alias it joins the caller's
    transaction. Under a used id nothing starts; the handle is that workflow's.

    Raises:
        UnregisteredWorkflow: the function is not decorated.
        TypeError: the arguments do not fit it; nothing is stored.
        ConflictingWorkflow: the id belongs to another function.
        SerializationError: an argument cannot be encoded; nothing is stored.
        DatabaseUnavailable: outside workflows, when the database has not answered
            for 30 seconds; whether it starts is not known then.
    """
    refuse_in_event_loop("start_workflow")
    started = perform(_start(function, args, kwargs))
    return WorkflowHandle(started.workflow_id, started.local)


@overload
async def start_workflow_async(
    function: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandleAsync[R]: ...


@overload
async def start_workflow_async(
    function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandleAsync[R]: ...


async def start_workflow_async(
    function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> WorkflowHandleAsync[Any]:
    """Start a workflow from a coroutine: twin of `start_workflow`."""
    started = await perform_async(_start(function, args, kwargs))
    return WorkflowHandleAsync(started.workflow_id, started.local)


def _start(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Operation[Started]:
    registration = workflow_registration(function)
    request = Request(
        name=registration.name,
        registration=registration,
        args=bound_arguments(function, registration, args),
        kwargs=kwargs,
        app_version=_version_of_block(),
    )
    return (yield from launch.start(engine(), request))


def _version_of_block() -> str | None:
    """Return the version that `SetEnqueueOptions` asks for, which a start may have.

    Raises:
        ValueError: it asks for what only a queue can do.
    """
    options = current_options()
    asked = {} if options is None else options.enqueue
    for option, value in asked.items():
        if value is None or (option, value) in _WITHOUT_QUEUE:
            continue
        if option != "app_version":
            message = (
                f"{option}={value!r} of SetEnqueueOptions needs a queue, and this "
                "workflow is not enqueued: use enqueue_workflow(), or start it outside "
                "that block"
            )
            raise ValueError(message)
    version: str | None = asked.get("app_version")
    return version


def workflow_registration(function: object) -> WorkflowRegistration:
    """Return the registration of a decorated workflow.

    A step or a transaction is started in a workflow of its own, which calls it.

    Raises:
        UnregisteredWorkflow: it is neither.
    """
    registration = registration_of(function)
    if isinstance(registration, WorkflowRegistration):
        return registration
    if registration is not None:
        target = getattr(function, "__func__", function)
        return registry.call_of(registration.name, target)
    name = getattr(function, "__qualname__", repr(function))
    raise UnregisteredWorkflow(name=str(name))


class StartBlock(abc.ABC):
    """A block that changes what the starts within are given."""

    def __init__(self) -> None:
        self._tokens: list[Any] = []

    @abc.abstractmethod
    def _changed(self, options: StartOptions) -> None: ...

    def __enter__(self) -> Self:
        before = current_options() or StartOptions()
        options = StartOptions(
            workflow_id=before.workflow_id,
            workflow_id_used=before.workflow_id_used,
            timeout_seconds=before.timeout_seconds,
            drop_deadline=before.drop_deadline,
            attributes=before.attributes,
            subject=before.subject,
            started_by=before.started_by,
            names_starter=before.names_starter,
            enqueue=dict(before.enqueue),
        )
        self._changed(options)
        self._tokens.append(set_options(options))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        reset_options(self._tokens.pop())


class SetWorkflowID(StartBlock):
    """Give the first workflow started in the block its id: it runs once, ever.

    Args:
        workflow_id: 1 to 255 printable characters.

    Raises:
        ValueError: the id is not valid.
    """

    def __init__(self, workflow_id: str) -> None:
        super().__init__()
        self._workflow_id = check_workflow_id(workflow_id)

    def _changed(self, options: StartOptions) -> None:
        options.workflow_id = self._workflow_id
        options.workflow_id_used = False


class SetWorkflowTimeout(StartBlock):
    """Give every workflow started in the block a time limit.

    Args:
        seconds: from the start, for an enqueued workflow from its claim; None
            drops the deadline that a child would take over from its parent.
    """

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        if seconds is not None:
            rule = "a time-out must be above 0 seconds or None"
            check_seconds(seconds, rule=rule, zero=False)
        self._seconds = seconds

    def _changed(self, options: StartOptions) -> None:
        options.timeout_seconds = self._seconds
        options.drop_deadline = self._seconds is None


class SetWorkflowAttributes(StartBlock):
    """Attach attributes, and a model instance, to workflows started in the block.

    Args:
        attributes: a JSON object; `list_workflows(attributes=…)` finds by it.
        subject: a saved model instance; `workflows_for(subject)` lists by it.

    Raises:
        ValueError: the attributes are no JSON object.
    """

    def __init__(
        self, attributes: dict[str, Any] | None = None, *, subject: Any = None
    ) -> None:
        super().__init__()
        attributes_text(attributes)  # refuses here what could not be stored
        self._attributes = attributes
        self._subject = subject

    def _changed(self, options: StartOptions) -> None:
        options.attributes = self._attributes
        options.subject = self._subject


class SetStartedBy(StartBlock):
    """Say who starts the workflows in the block; children take it over.

    Args:
        user: a user of Django, a name, or None for nobody, whoever's request or
            workflow this is.

    Raises:
        ValueError: the name is not 1 to 255 printable characters.
    """

    def __init__(self, user: Any) -> None:
        super().__init__()
        self._name = None if user is None else name_of_starter(user)

    def _changed(self, options: StartOptions) -> None:
        options.started_by = self._name
        options.names_starter = True


def name_of_starter(user: Any) -> str:
    """Return how a user is recorded: by user name.

    Raises:
        ValueError: the name is not 1 to 255 printable characters.
    """
    find = getattr(user, "get_username", None)
    return check_key(user if find is None else find(), what="who starts a workflow")
