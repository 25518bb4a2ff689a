"""Queues: declared in code, filled by anybody, emptied by workers that know them."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import InitVar, dataclass
from typing import Any, ParamSpec, TypeVar, overload

from durable_engine.primitives.handles import WorkflowHandle, WorkflowHandleAsync
from durable_engine.primitives.items import Item, enqueue_items, request_of
from durable_engine.primitives.limits import LIMITS, Limiter, check_limit
from durable_engine.primitives.starting import StartBlock
from durable_engine.runtime import launch
from durable_engine.runtime.context import StartOptions
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.registry import registry
from durable_engine.runtime.requests import Started
from durable_engine.seconds import check_seconds

P = ParamSpec("P")
R = TypeVar("R")

_POLICIES = ("reject", "return-existing")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of workflows; declaring it makes this process's workers serve it.

    Args:
        name: 1 to 255 printable characters.
        concurrency: most that run at once over all workers.
        worker_concurrency: most that run at once in one process.
        limiter: most starts in a rolling window over all workers.
        priority_enabled: accepted for programs written for DBOS; priorities
            always count.
        partition_queue: whether items carry a partition key.
        partition_concurrency: most that run at once of one key.
        release_while_waiting: a waiting workflow gives its place up.
        polling_interval_sec: accepted for programs written for DBOS; workers are
            woken.

    Raises:
        ValueError: a limit is below 1, or contradicts another one.
        ConflictingRegistration: the name is declared otherwise elsewhere.
    """

    name: str
    concurrency: int | None = None
    worker_concurrency: int | None = None
    limiter: Limiter | None = None
    priority_enabled: bool = False
    partition_queue: bool = False
    partition_concurrency: int | None = None
    release_while_waiting: bool = False
    polling_interval_sec: InitVar[float | None] = None

    def __post_init__(self, polling_interval_sec: float | None) -> None:
        if polling_interval_sec is not None:
            rule = "polling_interval_sec must be above 0 seconds or None"
            check_seconds(polling_interval_sec, rule=rule, zero=False)
        for limit in LIMITS:
            check_limit(limit, getattr(self, limit))
        for limit in ("worker_concurrency", "partition_concurrency"):
            value = getattr(self, limit)
            if self.concurrency is not None and (value or 0) > self.concurrency:
                message = (
                    f"{limit} must be at most concurrency, {self.concurrency}, "
                    f"not {value}"
                )
                raise ValueError(message)
        registry.add_queue(self.name, self)

    def declaration(self) -> dict[str, Any]:
        """Return what is declared beyond the defaults, as workers write it down."""
        values: dict[str, Any] = {
            name: getattr(self, name)
            for name in (*LIMITS, "priority_enabled", "partition_queue")
        }
        values["release_while_waiting"] = self.release_while_waiting
        if self.limiter is not None:
            values["limiter"] = dict(self.limiter)
        return {name: value for name, value in values.items() if value}

    @overload
    def enqueue(
        self,
        function: Callable[P, Coroutine[Any, Any, R]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> WorkflowHandle[R]: ...

    @overload
    def enqueue(
        self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> WorkflowHandle[R]: ...

    @overload
    def enqueue(
        self, function: str, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandle[Any]: ...

    def enqueue(
        self, function: Callable[..., Any] | str, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandle[Any]:
        """Enqueue one workflow; returns once it is durable.

        Raises:
            TypeError: the arguments do not fit the function; nothing is stored.
            QueueDeduplicated: its deduplication id is held by another one.
            SerializationError: an argument cannot be encoded; nothing is stored.
        """
        refuse_in_event_loop("enqueue")
        return enqueue_workflow(self.name, function, *args, **kwargs)

    @overload
    async def enqueue_async(
        self,
        function: Callable[P, Coroutine[Any, Any, R]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> WorkflowHandleAsync[R]: ...

    @overload
    async def enqueue_async(
        self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> WorkflowHandleAsync[R]: ...

    @overload
    async def enqueue_async(
        self, function: str, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandleAsync[Any]: ...

    async def enqueue_async(
        self, function: Callable[..., Any] | str, /, *args: Any, **kwargs: Any
    ) -> WorkflowHandleAsync[Any]:
        """Enqueue one workflow: twin of `enqueue`."""
        return await enqueue_workflow_async(self.name, function, *args, **kwargs)

    def enqueue_many(self, items: Iterable[Item]) -> list[WorkflowHandle[Any]]:
        """Enqueue workflows in order, in one transaction; all or nothing.

        Args:
            items: `(fn, args)`, `(fn, args, kwargs)` or `Call(…)`.

        Raises:
            TypeError: an item's arguments do not fit; says which, counted from 0.
            QueueDeduplicated: a deduplication id is held by another workflow.
            SerializationError: an argument cannot be encoded; nothing is stored.
        """
        refuse_in_event_loop("enqueue_many")
        started = perform(enqueue_items(self.name, list(items)))
        return [WorkflowHandle(one.workflow_id, one.local) for one in started]

    async def enqueue_many_async(
        self, items: Iterable[Item]
    ) -> list[WorkflowHandleAsync[Any]]:
        """Enqueue workflows in order: twin of `enqueue_many`."""
        started = await perform_async(enqueue_items(self.name, list(items)))
        return [WorkflowHandleAsync(one.workflow_id, one.local) for one in started]


def register_queue(name: str, **limits: Any) -> Queue:
    """Declare a queue, as programs written for DBOS do.

    Args:
        name: 1 to 255 printable characters.
        limits: those of `Queue`; `global_concurrency` is another name of
            `concurrency`.

    Raises:
        ValueError: a limit is below 1, or contradicts another one.
        ConflictingRegistration: the name is declared otherwise elsewhere.
    """
    if "global_concurrency" in limits:
        if "concurrency" in limits:
            message = "give concurrency or global_concurrency: they are the same limit"
            raise ValueError(message)
        limits["concurrency"] = limits.pop("global_concurrency")
    return Queue(name, **limits)


async def register_queue_async(name: str, **limits: Any) -> Queue:
    """Declare a queue: twin of `register_queue`."""
    return register_queue(name, **limits)


@overload
def enqueue_workflow(
    queue_name: str,
    function: Callable[P, Coroutine[Any, Any, R]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> WorkflowHandle[R]: ...


@overload
def enqueue_workflow(
    queue_name: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandle[R]: ...


@overload
def enqueue_workflow(
    queue_name: str, function: str, /, *args: Any, **kwargs: Any
) -> WorkflowHandle[Any]: ...


def enqueue_workflow(
    queue_name: str, function: Callable[..., Any] | str, /, *args: Any, **kwargs: Any
) -> WorkflowHandle[Any]:
    """Enqueue a workflow, given as function or as registered name.

    An unknown queue is accepted: the workflow waits until some worker knows it.
    """
    started = enqueue_started(queue_name, function, args, kwargs)
    return WorkflowHandle(started.workflow_id, started.local)


def enqueue_started(
    queue_name: str, function: Callable[..., Any] | str, args: Any, kwargs: Any
) -> Started:
    """Enqueue a workflow, and say also whether it was there before."""
    refuse_in_event_loop("enqueue_workflow")
    request = request_of(queue_name, function, args, kwargs)
    return perform(launch.start(engine(), request))


@overload
async def enqueue_workflow_async(
    queue_name: str,
    function: Callable[P, Coroutine[Any, Any, R]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> WorkflowHandleAsync[R]: ...


@overload
async def enqueue_workflow_async(
    queue_name: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> WorkflowHandleAsync[R]: ...


@overload
async def enqueue_workflow_async(
    queue_name: str, function: str, /, *args: Any, **kwargs: Any
) -> WorkflowHandleAsync[Any]: ...


async def enqueue_workflow_async(
    queue_name: str, function: Callable[..., Any] | str, /, *args: Any, **kwargs: Any
) -> WorkflowHandleAsync[Any]:
    """Enqueue a workflow: twin of `enqueue_workflow`."""
    request = request_of(queue_name, function, args, kwargs)
    started = await perform_async(launch.start(engine(), request))
    return WorkflowHandleAsync(started.workflow_id, started.local)


class SetEnqueueOptions(StartBlock):
    """Options of what is enqueued in the block.

    Args:
        deduplication_id: unique in the queue until its holder ends.
        priority: 1 first; None before all.
        delay_seconds: `DELAYED` until then.
        queue_partition_key: whose `partition_concurrency` counts.
        app_version: only workers of this version take it.
        duplication_policy: what a held deduplication id does: `reject` raises
            QueueDeduplicated, `return-existing` returns the holder's handle.

    Raises:
        ValueError: an option is not valid.
    """

    def __init__(
        self,
        *,
        deduplication_id: str | None = None,
        priority: int | None = None,
        delay_seconds: float | None = None,
        queue_partition_key: str | None = None,
        app_version: str | None = None,
        duplication_policy: str = "reject",
    ) -> None:
        super().__init__()
        if duplication_policy not in _POLICIES:
            message = (
                f"duplication_policy must be one of {_POLICIES}, "
                f"not {duplication_policy!r}"
            )
            raise ValueError(message)
        if delay_seconds is not None:
            check_seconds(delay_seconds, rule="delay_seconds must be 0 or more")
        self._values = {
            "deduplication_id": deduplication_id,
            "priority": priority,
            "delay_seconds": delay_seconds,
            "queue_partition_key": queue_partition_key,
            "app_version": app_version,
            "duplication_policy": duplication_policy,
        }

    def _changed(self, options: StartOptions) -> None:
        options.enqueue = dict(self._values)
