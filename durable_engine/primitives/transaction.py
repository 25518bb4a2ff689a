"""`@transaction`: ORM writes and their checkpoint in one commit."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

from durable_engine import conf
from durable_engine.primitives.decorating import check_body
from durable_engine.runtime.context import current_run
from durable_engine.runtime.operations import perform, refuse_in_event_loop
from durable_engine.runtime.receivers import receiver_of
from durable_engine.runtime.registry import (
    TransactionRegistration,
    chosen_name,
    default_name,
    registry,
)
from durable_engine.runtime.transactions import (
    ISOLATION_LEVELS,
    run_plain,
    run_transaction,
)

P = ParamSpec("P")
R = TypeVar("R")


@overload
def transaction(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def transaction(
    isolation_level: str,
    /,
    *,
    name: str | None = None,
    using: str | None = None,
    read_only: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


@overload
def transaction(
    *,
    isolation_level: str | None = None,
    name: str | None = None,
    using: str | None = None,
    read_only: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def transaction(
    function: Callable[P, R] | str | None = None,
    isolation_level: str | None = None,
    *,
    name: str | None = None,
    using: str | None = None,
    read_only: bool = False,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a transaction step: it commits exactly once.

    The body runs in `transaction.atomic(using=…)`; its result is recorded in the
    same database transaction. Serialization failures and deadlocks run the whole
    function again, twenty times in all. So does a connection that is lost under it
    (twenty times), or at a commit that did not take place: what it does besides its
    database may be done more than once. Outside a workflow it is a plain `atomic()`
    call.

    Args:
        function: the function, when the decorator is used bare.
        isolation_level: such as "SERIALIZABLE" (PostgreSQL); default the
            connection's.
        name: under which it is recorded; default `module.qualname`.
        using: the database alias; default the engine's.
        read_only: the database refuses writes (PostgreSQL).

    Raises:
        ValueError: the isolation level does not exist.
        TypeError: the function is a coroutine (Django's transactions are not) or a
            generator, or no function.
    """
    if isinstance(function, str):
        function, isolation_level = None, function
    level = None
    if isolation_level is not None:
        level = isolation_level.upper().replace("_", " ")
        if level not in ISOLATION_LEVELS:
            message = (
                f"isolation_level must be one of {ISOLATION_LEVELS}, "
                f"not {isolation_level!r}; a name is given as name=…"
            )
            raise ValueError(message)

    def decorate(body: Callable[P, R]) -> Callable[P, R]:
        check_body("transaction", body)
        if inspect.iscoroutinefunction(body):
            message = (
                f"{default_name(body)} is a coroutine, but Django has no asynchronous "
                "transactions: make it an ordinary function, and in a coroutine "
                "workflow call it with asyncio.to_thread"
            )
            raise TypeError(message)
        registration = TransactionRegistration(
            name=chosen_name("transaction", name, body),
            function=body,
            using=using,
            isolation_level=level,
            read_only=read_only,
        )
        return _wrapped(body, registration)

    return decorate if function is None else decorate(function)


def _wrapped(
    body: Callable[P, R], registration: TransactionRegistration
) -> Callable[P, R]:
    @functools.wraps(body)
    def call(*args: Any, **kwargs: Any) -> Any:
        refuse_in_event_loop(
            registration.name, f"asyncio.to_thread({body.__qualname__}, …)"
        )
        run = current_run()
        if run is None:
            return run_plain(registration, conf.settings().database, args, kwargs)
        return perform(run_transaction(run, registration, args, kwargs))

    wrapper: Any = call
    wrapper.__durable__ = registration
    registry.add_call(registration.name, wrapper, receiver=receiver_of(body))
    return cast("Callable[P, R]", wrapper)
