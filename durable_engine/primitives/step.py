"""`@step` and ad-hoc steps: at least once until recorded, never again after."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypedDict, TypeVar, cast, overload

from durable_engine.primitives.decorating import check_body, used_bare
from durable_engine.retries import RetryPolicy
from durable_engine.runtime.context import current_run
from durable_engine.runtime.operations import (
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.receivers import receiver_of
from durable_engine.runtime.registry import (
    StepRegistration,
    chosen_name,
    default_name,
    registry,
)
from durable_engine.runtime.steps import run_step as run_registered_step
from durable_engine.seconds import check_seconds

P = ParamSpec("P")
R = TypeVar("R")

ShouldRetry = Callable[[Exception], bool | Awaitable[bool]]


class StepOptions(TypedDict, total=False):
    """Options of an ad-hoc step; meanings and defaults as in `step`."""

    name: str | None
    retries_allowed: bool
    interval_seconds: float
    max_attempts: int
    backoff_rate: float
    should_retry: ShouldRetry | None
    timeout_seconds: float | None


@overload
def step(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def step(
    name: str,
    /,
    *,
    retries_allowed: bool = False,
    interval_seconds: float = 1.0,
    max_attempts: int = 3,
    backoff_rate: float = 2.0,
    should_retry: ShouldRetry | None = None,
    timeout_seconds: float | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


@overload
def step(
    *,
    name: str | None = None,
    retries_allowed: bool = False,
    interval_seconds: float = 1.0,
    max_attempts: int = 3,
    backoff_rate: float = 2.0,
    should_retry: ShouldRetry | None = None,
    timeout_seconds: float | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def step(
    function: Callable[P, R] | str | None = None,
    /,
    *,
    name: str | None = None,
    retries_allowed: bool = False,
    interval_seconds: float = 1.0,
    max_attempts: int = 3,
    backoff_rate: float = 2.0,
    should_retry: ShouldRetry | None = None,
    timeout_seconds: float | None = None,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a step: its result is recorded when a workflow calls it.

    Outside a workflow, and inside another step, it is a plain call.

    Args:
        function: the function, when the decorator is used bare; or the name.
        name: under which it is recorded; default `module.qualname`.
        retries_allowed: whether an error is tried again.
        interval_seconds: wait before the second attempt.
        max_attempts: attempts in all. `MaxStepRetriesExceeded` has the error of each;
            of more than 1,000 only the first 20 and the last 980, and where the
            workflow went on elsewhere meanwhile, the first and last 20 until then.
        backoff_rate: factor by which each further wait grows, up to one hour.
        should_retry: asked with the error; false raises it at once.
        timeout_seconds: of each attempt; coroutines only.

    Raises:
        ValueError: an option is not valid.
        TypeError: not a function or method, or a generator.
    """
    bare, chosen = used_bare(function, name)

    def decorate(body: Callable[P, R]) -> Callable[P, R]:
        check_body("step", body)
        registration = _registration(
            body,
            name=chosen,
            retries_allowed=retries_allowed,
            interval_seconds=interval_seconds,
            max_attempts=max_attempts,
            backoff_rate=backoff_rate,
            should_retry=should_retry,
            timeout_seconds=timeout_seconds,
        )
        return _wrapped(body, registration)

    return decorate if bare is None else decorate(bare)


def run_step(
    options: StepOptions | Mapping[str, Any] | None,
    function: Callable[P, R],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run a function that is not decorated as a step of the current workflow.

    Args:
        options: as in `step`; None for the defaults.
        function: what to call.
        *args: passed on.
        **kwargs: passed on.

    Returns:
        What the function returned, now or when it was recorded.
    """
    refuse_in_event_loop("run_step")
    run = current_run()
    if run is None:
        return function(*args, **kwargs)
    registration = _registration(function, **(options or {}))
    return cast("R", perform(run_registered_step(run, registration, args, kwargs)))


@overload
async def run_step_async(
    options: StepOptions | Mapping[str, Any] | None,
    function: Callable[P, Coroutine[Any, Any, R]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R: ...


@overload
async def run_step_async(
    options: StepOptions | Mapping[str, Any] | None,
    function: Callable[P, R],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R: ...


async def run_step_async(
    options: StepOptions | Mapping[str, Any] | None,
    function: Callable[..., Any],
    /,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Run a function or coroutine function as a step: twin of `run_step`."""
    run = current_run()
    if run is None:
        answer = function(*args, **kwargs)
        return await answer if inspect.isawaitable(answer) else answer
    registration = _registration(function, **(options or {}))
    return await perform_async(run_registered_step(run, registration, args, kwargs))


def _wrapped(body: Callable[P, R], registration: StepRegistration) -> Callable[P, R]:
    wrapper: Any
    if registration.is_coroutine:

        @functools.wraps(body)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            run = current_run()
            if run is None:
                return await cast("Any", body)(*args, **kwargs)
            operation = run_registered_step(run, registration, args, kwargs)
            return await perform_async(operation)

        wrapper = call_async
    else:

        @functools.wraps(body)
        def call(*args: Any, **kwargs: Any) -> Any:
            run = current_run()
            if run is None:
                return cast("Any", body)(*args, **kwargs)
            return perform(run_registered_step(run, registration, args, kwargs))

        wrapper = call
    wrapper.__durable__ = registration
    registry.add_call(registration.name, wrapper, receiver=receiver_of(body))
    return cast("Callable[P, R]", wrapper)


def _registration(
    body: Callable[..., Any],
    *,
    name: str | None = None,
    retries_allowed: bool = False,
    interval_seconds: float = 1.0,
    max_attempts: int = 3,
    backoff_rate: float = 2.0,
    should_retry: ShouldRetry | None = None,
    timeout_seconds: float | None = None,
) -> StepRegistration:
    is_coroutine = inspect.iscoroutinefunction(body)
    if timeout_seconds is not None:
        if not is_coroutine:
            message = (
                f"timeout_seconds needs a coroutine: {default_name(body)} is an "
                "ordinary function, which cannot be interrupted"
            )
            raise ValueError(message)
        check_seconds(
            timeout_seconds, rule="timeout_seconds must be above 0", zero=False
        )
    policy = RetryPolicy(
        max_attempts=max_attempts,
        interval_seconds=interval_seconds,
        backoff_rate=backoff_rate,
        should_retry=should_retry,
    )
    return StepRegistration(
        name=chosen_name("step", name, body),
        function=body,
        is_coroutine=is_coroutine,
        retries=policy if retries_allowed else None,
        timeout_seconds=timeout_seconds,
    )


__all__ = ["StepOptions", "run_step", "run_step_async", "step"]
