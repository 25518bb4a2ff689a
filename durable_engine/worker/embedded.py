"""A worker inside a process that does something else too: a site, a script, a test."""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from durable_engine import conf
from durable_engine.runtime.engine import engine
from durable_engine.worker.process import GRACE_SECONDS, Worker, WorkerOptions

_EXIT_GRACE_SECONDS = 1.0

_lock = threading.Lock()
_worker: Worker | None = None


def launch(
    *,
    threads: int | None = None,
    coroutines: int | None = None,
    queues: list[str] | None = None,
) -> None:
    """Start a worker in this process; does nothing if one runs.

    In a test with the testing kit it starts none: `drain()` runs what is due.

    A forked child has no worker, whatever its parent has: its calls only enqueue, and
    `launch()` there starts one of its own. Where a server forks, as gunicorn and uwsgi
    do, launch after the fork.

    Args:
        threads: synchronous workflows that run at once; default `WORKER_THREADS`.
        coroutines: coroutine workflows that run at once; default
            `WORKER_COROUTINES`.
        queues: serve only these; default every queue declared in code.
    """
    if engine().threadless:
        return
    options = WorkerOptions(queues=queues, threads=threads, coroutines=coroutines)
    _beside_a_loop(partial(_launch, options))


def _launch(options: WorkerOptions) -> None:
    global _worker  # noqa: PLW0603 - one process has one worker
    with _lock:
        if _worker is None:
            worker = Worker(options)
            try:
                worker.start()
            except BaseException:  # such as no more threads: the next call tries again
                worker.stop(0)
                raise
            _worker = worker


def destroy(*, workflow_completion_timeout_sec: float = GRACE_SECONDS) -> None:
    """Stop the worker of this process; what runs continues elsewhere.

    Args:
        workflow_completion_timeout_sec: how long running steps get to end.
    """
    global _worker
    with _lock:
        worker, _worker = _worker, None
    if worker is not None:
        _beside_a_loop(partial(worker.stop, workflow_completion_timeout_sec))


def is_running() -> bool:
    """Whether this process runs a worker that `launch` started."""
    return _worker is not None


def _stop_at_exit() -> None:
    """Hand over in order when the process ends, or is restarted for new code."""
    destroy(workflow_completion_timeout_sec=_EXIT_GRACE_SECONDS)


# Before the executors of the process take no more work: until their threads have ended,
# which may last, coroutines would go on here and fail by `run_in_executor`. `atexit` has
# its turn only after that. Source: threading._shutdown, concurrent.futures.thread.
_at_exit: Callable[[Callable[[], None]], object]
_at_exit = getattr(threading, "_register_atexit", atexit.register)
_at_exit(_stop_at_exit)


def _beside_a_loop(work: Callable[[], object]) -> None:
    """Do it on this thread, or beside it where a loop runs here.

    An ASGI lifespan launches and destroys on its loop, where Django opens no
    connection.
    """
    if asyncio._get_running_loop() is None:  # noqa: SLF001 - public, but slow, twin
        work()
        return
    with ThreadPoolExecutor(1, thread_name_prefix="durable-launch") as pool:
        pool.submit(work).result()


def launch_if_configured() -> None:
    """Start a worker in this process if the setting `EMBEDDED_WORKER` says so.

    Called at a serving process's first request; a project whose process should
    work before it serves calls it at the end of its `asgi.py` or `wsgi.py`.
    """
    if conf.settings().embedded_worker:
        launch()


def _forget_after_fork() -> None:
    """A child has none of its parent's threads, and must not end what is its parent's.

    The farewell of its exit finds no worker then. It would close the connections that
    the two share, on the server.
    """
    global _worker, _lock  # noqa: PLW0603 - one process has one worker
    _worker = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)
