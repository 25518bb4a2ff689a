"""`@workflow`: ordinary functions that survive any failure."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

from durable_engine.conf import GUARDS
from durable_engine.errors import SynchronousCallInEventLoop
from durable_engine.primitives.decorating import check_body, used_bare
from durable_engine.runtime import calls
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.receivers import receiver_of
from durable_engine.runtime.registry import (
    WorkflowRegistration,
    chosen_name,
    registry,
)

P = ParamSpec("P")
R = TypeVar("R")


@overload
def workflow(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def workflow(
    name: str,
    /,
    *,
    max_recovery_attempts: int | None = 100,
    guard: str | None = None,
    unload: bool = True,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


@overload
def workflow(
    *,
    name: str | None = None,
    max_recovery_attempts: int | None = 100,
    guard: str | None = None,
    unload: bool = True,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def workflow(
    function: Callable[P, R] | str | None = None,
    /,
    *,
    name: str | None = None,
    max_recovery_attempts: int | None = 100,
    guard: str | None = None,
    unload: bool = True,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a workflow: it runs to its end however often processes die.

    Called directly it runs durably in the caller's thread (or loop) and returns its
    value. Its body must be deterministic; everything else belongs into steps.

    Args:
        function: the function, when the decorator is used bare; or the name.
        name: under which it is recorded; default `module.qualname`.
        max_recovery_attempts: how often a dead process's execution is taken over
            before the workflow is given up; None: without end.
        guard: what a database query in the body does: `raise`, `warn`, `off`;
            None: as the setting `GUARD` says.
        unload: whether a long wait may give its thread and memory back.

    Raises:
        ConflictingRegistration: another function has the name.
        ValueError: an option is not valid.
        TypeError: not a function or method, or a generator.
    """
    if guard is not None and guard not in GUARDS:
        message = f"guard must be one of {GUARDS} or None, not {guard!r}"
        raise ValueError(message)
    if max_recovery_attempts is not None and max_recovery_attempts < 0:
        message = (
            f"max_recovery_attempts must be 0 or more, not {max_recovery_attempts}"
        )
        raise ValueError(message)

    bare, chosen = used_bare(function, name)

    def decorate(body: Callable[P, R]) -> Callable[P, R]:
        check_body("workflow", body)
        registration = WorkflowRegistration(
            name=chosen_name("workflow", chosen, body),
            function=body,
            is_coroutine=inspect.iscoroutinefunction(body),
            max_recovery_attempts=max_recovery_attempts,
            guard=guard,
            unload=unload,
            receiver=receiver_of(body),
        )
        registry.add_workflow(registration)
        return _wrapped(body, registration)

    return decorate if bare is None else decorate(bare)


def _wrapped(
    body: Callable[P, R], registration: WorkflowRegistration
) -> Callable[P, R]:
    wrapper: Any
    if registration.is_coroutine:

        @functools.wraps(body)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            operation = calls.call(engine(), registration, args, kwargs)
            return await perform_async(operation)

        wrapper = call_async
    else:

        @functools.wraps(body)
        def call(*args: Any, **kwargs: Any) -> Any:
            _refuse_in_loop(registration)
            return perform(calls.call(engine(), registration, args, kwargs))

        wrapper = call
    wrapper.__durable__ = registration
    return cast("Callable[P, R]", wrapper)


def _refuse_in_loop(registration: WorkflowRegistration) -> None:
    try:
        refuse_in_event_loop(registration.name)
    except SynchronousCallInEventLoop:
        raise SynchronousCallInEventLoop(
            called=registration.name, twin="start_workflow_async"
        ) from None
