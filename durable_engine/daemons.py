"""Threads of the engine's own: they end with their process, and keep none alive."""

import threading
from collections.abc import Callable


def started(target: Callable[[], None], name: str) -> threading.Thread:
    """Start a thread and return it, to be kept.

    Nobody keeps one that did not start: an interrupt may come meanwhile, and then
    another is started at the next need.

    Args:
        target: what it does.
        name: what it is called in lists of threads.

    Raises:
        RuntimeError: no thread is to be had, at the limit of the system.
    """
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
