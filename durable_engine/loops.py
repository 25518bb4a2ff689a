"""Stepping beside an event loop that runs on this thread.

Used where synchronous code has to run below a coroutine, on its thread: by the testing
kit, and by the replay check in an asynchronous test. Never in production paths: the
loop stands still meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def beside_the_loop() -> Iterator[None]:
    """Hide the loop and the task of this thread, so that synchronous code may run.

    Guarantees: both are back at the end, whatever happened; without a loop it does
    nothing.

    Source: asyncio's "Extending" page, on entering and leaving tasks.
    """
    loop = asyncio._get_running_loop()  # noqa: SLF001 - meant for such code
    if loop is None:
        yield
        return
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio._leave_task(loop, task)  # noqa: SLF001 - see Source
    asyncio._set_running_loop(None)  # noqa: SLF001 - see Source
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - see Source
        if task is not None:
            asyncio._enter_task(loop, task)  # noqa: SLF001 - see Source


class InPlace(Executor):
    """An executor without threads: what is submitted has run when `submit` returns."""

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Call it now, beside any loop of this thread."""
        future: Future[Any] = Future()
        try:
            with beside_the_loop():
                future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the future hands it on
            future.set_exception(error)
        return future
