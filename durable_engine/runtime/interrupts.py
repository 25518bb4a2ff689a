"""Exceptions that the handler of a signal raises into whatever runs just then.

Ctrl-C is told by its class. The time limits of job queues are told by nothing but where
they come from: they raise an exception of the project's choice from the handler of
SIGALRM or SIGUSR1, on the main thread.
"""

import functools
import signal
import threading
from collections.abc import Iterator
from types import CodeType, TracebackType


def raised_by_handler(error: BaseException) -> bool:
    """Whether a signal's handler raised an exception; looks at its traceback.

    Not told: a handler that was replaced since.
    """
    if threading.current_thread() is not threading.main_thread():
        return False  # Python calls handlers on the main thread only
    if isinstance(error, KeyboardInterrupt):
        return True
    handlers = set(_codes_of_handlers())
    return any(code in handlers for code in _codes_of(error.__traceback__))


def _codes_of(traceback: TracebackType | None) -> Iterator[CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next


def _codes_of_handlers() -> Iterator[CodeType]:
    for number in signal.valid_signals():
        handler: object = signal.getsignal(number)
        while isinstance(handler, functools.partial):
            handler = handler.func
        if not hasattr(handler, "__code__"):  # an object that can be called
            handler = getattr(type(handler), "__call__", None)  # noqa: B004 - its code
        code = getattr(handler, "__code__", None)
        if isinstance(code, CodeType):
            yield code
