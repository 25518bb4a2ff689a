"""What can run here: workflows, steps and queues by name.

Filled by decorators at import; read by workers, replay and the commands.
"""

import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from durable_engine.errors import ConflictingRegistration, UnregisteredWorkflow
from durable_engine.ids import check_key
from durable_engine.records import ScheduleRow
from durable_engine.retries import RetryPolicy

INTERNAL_QUEUE = "durable.internal"
"""Queue of direct starts, resumed workflows and schedules; it has no limits."""

TEMPORARY_PREFIX = "durable.call:"
"""Names of the one-step workflows in which a started step runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRegistration:
    """A decorated workflow function."""

    name: str
    function: Callable[..., Any]
    is_coroutine: bool
    max_recovery_attempts: int | None = 100
    guard: str | None = None  # None: the setting decides
    unload: bool = True
    receiver: str | None = None  # "self" or "cls" of a method
    any_version: bool = False  # no part of the version, and run by all versions

    @property
    def source(self) -> str:
        """The text of the function, or its place where there is no text."""
        try:
            return inspect.getsource(inspect.unwrap(self.function))
        except (OSError, TypeError):
            return f"{self.function.__module__}.{self.function.__qualname__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRegistration:
    """A decorated step function, or the options of an ad-hoc step."""

    name: str
    function: Callable[..., Any]
    is_coroutine: bool
    retries: RetryPolicy | None = None  # None: one attempt
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRegistration:
    """A decorated transaction function."""

    name: str
    function: Callable[..., Any]
    using: str | None = None  # None: the engine's alias
    isolation_level: str | None = None
    read_only: bool = False


Registration = WorkflowRegistration | StepRegistration | TransactionRegistration


class Queue(Protocol):
    """What the engine knows of a queue declared in code."""

    @property
    def name(self) -> str:
        """The queue's name."""

    def declaration(self) -> dict[str, Any]:
        """Return what is declared beyond the defaults."""


class Registry:
    """Names to registrations of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workflows: dict[str, WorkflowRegistration] = {}
        self._counted: frozenset[str] | None = None  # None: not settled yet
        self._calls: dict[str, WorkflowRegistration] = {}
        self._shared_names: dict[str, tuple[str, str]] = {}
        self._instances: dict[tuple[str, str], object] = {}
        self._instance_names: dict[int, str] = {}
        self._classes: dict[str, type] = {}
        self._schedules: dict[str, ScheduleRow] = {}
        self._queues: dict[str, Queue] = {}
        self._served: set[str] = set()

    def add_workflow(self, registration: WorkflowRegistration) -> None:
        """Register a workflow.

        Raises:
            ConflictingRegistration: another function holds the name. The same
                function, imported again by a reload, replaces itself.
        """
        check_key(registration.name, what="the name of a workflow")
        with self._lock:
            known = self._workflows.get(registration.name)
            if known is not None and _place(known) != _place(registration):
                raise ConflictingRegistration(
                    name=registration.name,
                    first=_place(known),
                    second=_place(registration),
                )
            self._workflows[registration.name] = registration

    def add_call(
        self, name: str, function: Callable[..., Any], *, receiver: str | None = None
    ) -> None:
        """Register the workflow in which a step runs that is started by itself.

        Its body is the one call of the step, so it is no part of the version. Steps
        may share a name, which a check warns of: the last one is started by it.
        """
        call = WorkflowRegistration(
            name=TEMPORARY_PREFIX + name,
            function=function,
            is_coroutine=inspect.iscoroutinefunction(function),
            receiver=receiver,
        )
        known = self._calls.get(call.name)
        if known is not None and _place(known) != _place(call):
            self._shared_names[name] = (_place(known), _place(call))
        self._calls[call.name] = call

    def shared_names(self) -> list[tuple[str, str, str]]:
        """Return the names that two steps have, each with where these are."""
        return [
            (name, *self._shared_names[name]) for name in sorted(self._shared_names)
        ]

    def call_of(self, name: str, function: object) -> WorkflowRegistration:
        """Return the workflow in which this step runs when it is started by itself.

        Raises:
            ConflictingRegistration: another step of that name was registered later.
            ValueError: the name is too long for a workflow's.
        """
        call = self._calls[check_key(TEMPORARY_PREFIX + name, what="the name")]
        if call.function is not function:
            first = f"{getattr(function, '__qualname__', function)}"
            raise ConflictingRegistration(name=name, first=first, second=_place(call))
        return call

    def workflow(self, name: str) -> WorkflowRegistration:
        """Return the workflow of that name.

        Raises:
            UnregisteredWorkflow: nothing has that name in this process.
        """
        found = self._workflows.get(name) or self._calls.get(name)
        if found is None:
            raise UnregisteredWorkflow(name=name)
        return found

    def has_workflow(self, name: str) -> bool:
        """Whether a workflow of that name is registered."""
        return name in self._workflows or name in self._calls

    def workflows(self) -> list[WorkflowRegistration]:
        """Return every workflow, by name."""
        with self._lock:
            return [self._workflows[name] for name in sorted(self._workflows)]

    def settle(self) -> None:
        """Let the application's version count what is registered now, and no more.

        What other processes may not import, or later, must not change it: they would
        not run each other's workflows. Called when Django has started, and when a
        version is asked for first; the first time that there is any workflow counts.
        """
        with self._lock:
            found = self._workflows.values()
            names = frozenset(one.name for one in found if not one.any_version)
            if self._counted is None and names:
                self._counted = names

    def counted(self) -> list[WorkflowRegistration]:
        """Return the workflows that make up the application's version, by name."""
        counted = self._counted or ()
        return [one for one in self.workflows() if one.name in counted]

    def runnable(self) -> list[WorkflowRegistration]:
        """Return all that a worker may claim: workflows, and steps by themselves."""
        return [*self.workflows(), *self._calls.copy().values()]

    def add_queue(self, name: str, queue: Queue) -> None:
        """Register a queue; workers of this process take work from it.

        Raises:
            ConflictingRegistration: the name is taken by another declaration.
        """
        check_key(name, what="the name of a queue")
        with self._lock:
            known = self._queues.get(name)
            if known is not None and known != queue:
                raise ConflictingRegistration(
                    name=name, first=repr(known), second=repr(queue)
                )
            self._queues[name] = queue

    def serve_queue(self, name: str) -> None:
        """Have workers of this process serve a queue, declared or not."""
        check_key(name, what="the name of a queue")
        with self._lock:
            self._served.add(name)

    def add_instance(self, instance: object, name: str) -> None:
        """Register an instance under a name of its class.

        Raises:
            ConflictingRegistration: another instance of the class has the name.
        """
        check_key(name, what="the name of an instance")
        owner = f"{type(instance).__module__}:{type(instance).__qualname__}"
        with self._lock:
            known = self._instances.setdefault((owner, name), instance)
            if known is not instance:
                raise ConflictingRegistration(
                    name=name, first=repr(known), second=repr(instance)
                )
            # Kept alive above, so that its identity is not given to another one.
            self._instance_names[id(instance)] = name

    def add_class(self, path: str, owner: type) -> None:
        """Remember a class (`module:qualname`) whose class method was started."""
        self._classes[path] = owner

    def known_class(self, path: str) -> type | None:
        """Return such a class, which need not be an attribute of its module."""
        return self._classes.get(path)

    def instance(self, owner: str, name: str) -> object | None:
        """Return the instance of a class (`module:qualname`) by name, or None."""
        return self._instances.get((owner, name))

    def instance_name(self, instance: object) -> str | None:
        """Return the name that an instance was registered under, or None."""
        return self._instance_names.get(id(instance))

    def add_schedule(self, schedule: ScheduleRow) -> None:
        """Register a schedule; workers of this process store and serve it.

        Raises:
            ConflictingRegistration: the name is taken by another workflow's.
        """
        check_key(schedule.name, what="the name of a schedule")
        with self._lock:
            known = self._schedules.get(schedule.name)
            if known is not None and known.workflow_name != schedule.workflow_name:
                raise ConflictingRegistration(
                    name=schedule.name,
                    first=known.workflow_name,
                    second=schedule.workflow_name,
                )
            self._schedules[schedule.name] = schedule

    def schedules(self) -> list[ScheduleRow]:
        """Return every schedule declared in this process, by name."""
        with self._lock:
            return [self._schedules[name] for name in sorted(self._schedules)]

    def declares_schedule(self, name: str) -> bool:
        """Whether a schedule of that name is declared in this process."""
        return name in self._schedules

    def queue_names(self) -> list[str]:
        """Return the names of all queues that this process serves, sorted."""
        with self._lock:
            return sorted({*self._queues, *self._served})

    def queue(self, name: str) -> Queue | None:
        """Return the declaration of a queue, or None."""
        return self._queues.get(name)


registry = Registry()
"""The registry of this process: decorators run before anything could pass one."""


def registration_of(function: object) -> Registration | None:
    """Return what a decorated function (also bound to a class) is registered as."""
    target = getattr(function, "__func__", function)
    return getattr(target, "__durable__", None)


def chosen_name(what: str, name: str | None, function: Callable[..., Any]) -> str:
    """Return the name that a function is registered under.

    Raises:
        ValueError: it is not 1 to 255 printable characters.
    """
    chosen = default_name(function) if name is None else name
    return check_key(chosen, what=f"the name of a {what}")


def default_name(function: Callable[..., Any]) -> str:
    """Return the name of a function that is not given one: module and qualname.

    A partial has that of its function, another callable object that of its class.
    """
    named: Any = function
    while isinstance(named, partial):
        named = named.func
    if not hasattr(named, "__qualname__"):
        named = type(named)
    return f"{named.__module__}.{named.__qualname__}"


def _place(registration: WorkflowRegistration) -> str:
    function = registration.function
    code = getattr(inspect.unwrap(function), "__code__", None)
    where = f" at {code.co_filename}:{code.co_firstlineno}" if code else ""
    return f"{function.__module__}.{function.__qualname__}{where}"
