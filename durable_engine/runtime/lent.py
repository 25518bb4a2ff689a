"""The caller's task, lent to a coroutine that is called directly.

Cancelling that task may mean two things. The caller gives up, or its own time limit
passed: the workflow is none of that, and continues elsewhere. Or the body cancelled
itself: that is its end. asyncio does not say who cancelled; but a task that is
cancelled while the body runs, and not while it waits, was cancelled by the body.

What cannot be told apart counts as the caller's, so that nothing is ended by mistake:
a sub-task of the body that cancels it, and a body that cancels itself in the same
breath in which it takes back another cancellation. A worker's task tells these, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any


class LentTask:
    """Awaits a body, and counts how often it cancelled the task that it runs in.

    What it took back by `uncancel`, as a `TaskGroup` and `timeout` do, does not count.
    """

    __slots__ = ("_before", "_body", "_own", "_task")

    def __init__(self, body: Awaitable[Any]) -> None:
        self._body = body
        self._task = asyncio.current_task()
        self._before = self._cancels()
        self._own = 0

    def cancelled_by_others(self) -> bool:
        """Whether the body's task was cancelled, and not by the body."""
        return self._cancels() > self._before + self._own

    def _cancels(self) -> int:
        return 0 if self._task is None else self._task.cancelling()

    def __await__(self) -> Generator[Any, Any, Any]:
        body: Any = self._body.__await__()
        resume: Callable[[], Any] = partial(body.send, None)
        while True:
            cancels = self._cancels()
            try:
                waits_for = resume()
            except StopIteration as stop:
                return stop.value
            finally:
                self._own = max(0, self._own + self._cancels() - cancels)
            try:
                answer = yield waits_for
            except GeneratorExit:
                body.close()
                raise
            except BaseException as error:  # noqa: BLE001 - the body decides
                resume = partial(body.throw, error)
            else:
                resume = partial(body.send, answer)
