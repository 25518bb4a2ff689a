"""One implementation for threads and coroutines.

A durable operation is a generator that yields instructions (wait for a record,
read the database, call the user's function, wait to be woken) and is driven either
by `perform` on a thread or by `perform_async` on an event loop. The logic between
two instructions is the same code for both.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeVar

from asgiref.sync import sync_to_async

from durable_engine.clock import monotonic
from durable_engine.errors import StepTimeout, SynchronousCallInEventLoop
from durable_engine.notify.hub import Waiter
from durable_engine.records import Answer
from durable_engine.runtime.context import (
    Run,
    current_frame,
    current_run,
    outside_workflow,
)
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.journal import Journal
from durable_engine.store.session import Session, recycle_connections

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_RECYCLE_SECONDS = 1.0
_LOOP_WAITS = (
    "an event loop, with all that runs on it, waits %.1f s for a synchronous step to be "
    "tried again: make it `async def`, or call it by `await asyncio.to_thread(…)`"
)

PATIENCE_SECONDS = 30.0
"""How long a call from outside any workflow waits for a database that is away."""


class Instruction(Protocol):
    """Something to wait for, in the way of a thread or of a coroutine."""

    def block(self) -> Any:
        """Do it on this thread and return what came of it."""

    async def resolve(self) -> Any:
        """Do it without blocking the event loop."""


Operation = Generator[Instruction, Any, Result]


def perform(operation: Operation[Result]) -> Result:
    """Drive an operation to its end on this thread."""
    run = _moving()
    try:
        instruction = next(operation)
        while True:
            try:
                answer = instruction.block()
            except BaseException as error:  # noqa: BLE001 - the operation decides
                instruction = operation.throw(error)
            else:
                instruction = operation.send(answer)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        if run is not None:
            run.end_moving()


async def perform_async(operation: Operation[Result]) -> Result:
    """Drive an operation to its end in this task."""
    run = _moving()
    try:
        instruction = next(operation)
        while True:
            try:
                answer = await instruction.resolve()
            except BaseException as error:  # noqa: BLE001 - the operation decides
                instruction = operation.throw(error)
            else:
                instruction = operation.send(answer)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        if run is not None:
            run.end_moving()


def _moving() -> Run | None:
    """Say of the workflow whose body calls, if one does, that it moves."""
    run = current_run()
    if run is not None:
        run.begin_moving()
    return run


def refuse_in_event_loop(called: str, twin: str | None = None) -> None:
    """Refuse to block a running event loop.

    Raises:
        SynchronousCallInEventLoop: this thread runs one.
    """
    if asyncio._get_running_loop() is not None:  # noqa: SLF001 - public, but slow, twin
        raise SynchronousCallInEventLoop(called=called, twin=twin or f"{called}_async")


def patience_seconds() -> float | None:
    """Return how long a call may wait for a database that is away.

    None, without end, in a workflow and its steps (I6). Outside, somebody waits for an
    answer, such as a browser, and can call again.
    """
    return None if current_frame() is not None else PATIENCE_SECONDS


def _until(seconds: float | None) -> float | None:
    return None if seconds is None else monotonic() + seconds


class Recorded:
    """Wait until a row of the journal is durable; gives its answer."""

    __slots__ = ("entry", "journal", "seconds")

    def __init__(
        self, journal: Journal, entry: Entry, *, seconds: float | None = None
    ) -> None:
        self.journal = journal
        self.entry = entry
        self.seconds = seconds  # None: as long as it takes

    def block(self) -> Answer:
        """Wait on this thread, which may have to flush.

        Raises:
            DatabaseUnavailable: the time was over. The row is withdrawn, unless it
                was on its way: that one may be committed all the same.
        """
        return self.journal.wait(self.entry, _until(self.seconds))

    async def resolve(self) -> Answer:
        """Await the flusher.

        Raises:
            DatabaseUnavailable: the time was over. The row is withdrawn, unless it
                was on its way: that one may be committed all the same.
        """
        return await self.journal.wait_async(self.entry, _until(self.seconds))


class Query:
    """Read (or write outside the journal) with a session of the engine."""

    __slots__ = ("engine", "seconds", "work", "writes")

    def __init__(
        self,
        engine: Engine,
        work: Callable[[Session], Any],
        *,
        writes: bool = False,
        seconds: float | None = None,
    ) -> None:
        self.engine = engine
        self.work = work
        self.writes = writes
        self.seconds = seconds  # None: as long as it takes

    def block(self) -> Any:
        """Run it on this thread.

        Raises:
            DatabaseUnavailable: the time was over.
        """
        until = _until(self.seconds)
        return self.engine.reads.run(self.work, writes=self.writes, until=until)

    async def resolve(self) -> Any:
        """Run it on a thread of the engine."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.engine.threads, self.block)


class Joined:
    """Do something in the transaction that the caller is inside of, if any.

    Gives `(True, answer)`, or `(False, None)` where there is no `atomic()` on the
    engine's alias. A coroutine's is that of the thread which runs its synchronous
    code, as for the asynchronous ORM: work is done there. `writes` is False where
    nothing is to be written.
    """

    __slots__ = ("engine", "work", "writes")

    def __init__(
        self, engine: Engine, work: Callable[[Session], Any], *, writes: bool = True
    ) -> None:
        self.engine = engine
        self.work = work
        self.writes = writes

    def block(self) -> tuple[bool, Any]:
        """Look at this thread's connection."""
        store = self.engine.store
        if not store.in_callers_transaction():
            return False, None
        session = store.borrow()
        if self.writes:
            session.reserve()
        return True, self.work(session)

    async def resolve(self) -> tuple[bool, Any]:
        """Look there, with a hop only where somebody is in a transaction."""
        store = self.engine.store
        if store.in_callers_transaction():  # where the loop's own thread may query
            return self.block()
        if current_run() is not None or not store.anybody_in_transaction():
            return False, None  # a workflow's body has no block that could stay open
        return await sync_to_async(self.block, thread_sensitive=True)()


class Blocking:
    """Call a blocking function of the engine's own."""

    __slots__ = ("engine", "function")

    def __init__(self, engine: Engine, function: Callable[[], Any]) -> None:
        self.engine = engine
        self.function = function

    def block(self) -> Any:
        """Call it on this thread; its queries are not the body's."""
        with outside_workflow():
            return self.function()

    async def resolve(self) -> Any:
        """Call it on a thread of the engine."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.engine.threads, self._aside)

    def _aside(self) -> Any:
        """Call it where no request begins and ends, which would do the recycling."""
        if self.engine.threadless:  # there it is the test's thread, and connection
            return self.block()
        recycle_connections()
        try:
            return self.block()
        finally:
            recycle_connections()


class Call:
    """Call the user's function, or await it."""

    __slots__ = ("args", "function", "kwargs", "name", "timeout_seconds")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        name: str = "",
        timeout_seconds: float | None = None,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.name = name
        self.timeout_seconds = timeout_seconds

    def block(self) -> Any:
        """Call it on this thread."""
        return self.function(*self.args, **self.kwargs)

    async def resolve(self) -> Any:
        """Call it, and await what is awaitable, within its time limit.

        Raises:
            StepTimeout: the limit passed; the coroutine was cancelled.
            Exception: the function's own.
        """
        answer = self.function(*self.args, **self.kwargs)
        if not inspect.isawaitable(answer):
            return answer
        if self.timeout_seconds is None:
            return await answer
        limit = asyncio.timeout(self.timeout_seconds)
        try:
            async with limit:
                return await answer
        except TimeoutError:
            if limit.expired():
                raise StepTimeout(
                    step_name=self.name, timeout_seconds=self.timeout_seconds
                ) from None
            raise


class Recycle:
    """Close Django connections that broke or grew too old, before they are used.

    A thread looks at its own, which costs next to nothing. A coroutine's queries
    run on the thread of `sync_to_async`: that one is asked, with a hop, at most
    once a second, and at once after a step that lost its connection.
    """

    __slots__ = ("engine",)

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine

    def block(self) -> None:
        """Look at this thread's connections."""
        recycle_connections()

    async def resolve(self) -> None:
        """Have the thread of the asynchronous ORM look at its connections."""
        moment = monotonic()
        if moment - self.engine.recycled_at >= _RECYCLE_SECONDS:
            self.engine.recycled_at = moment
            await sync_to_async(recycle_connections, thread_sensitive=True)()


class Wait:
    """Wait to be woken, for a time at most."""

    __slots__ = ("seconds", "waiter")

    def __init__(self, waiter: Waiter, seconds: float) -> None:
        self.waiter = waiter
        self.seconds = seconds

    def block(self) -> None:
        """Block this thread; one with a loop, for the retry of a synchronous step."""
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - as above
            logger.warning(_LOOP_WAITS, self.seconds)
        self.waiter.wait(self.seconds)

    async def resolve(self) -> None:
        """Suspend this task."""
        await self.waiter.wait_async(self.seconds)
