"""A worker inside a process that does something else too: a site, a script, a test."""

import threading

from durable_engine import conf
from durable_engine.worker.process import GRACE_SECONDS, Worker, WorkerOptions

_lock = threading.Lock()
_worker: Worker | None = None


def launch(
    *,
    threads: int | None = None,
    coroutines: int | None = None,
    queues: list[str] | None = None,
) -> None:
    """Start a worker in this process; does nothing if one runs.

    Args:
        threads: synchronous workflows that run at once; default `WORKER_THREADS`.
        coroutines: coroutine workflows that run at once; default
            `WORKER_COROUTINES`.
        queues: serve only these; default every queue declared in code.
    """
    global _worker  # noqa: PLW0603 - one process has one worker
    with _lock:
        if _worker is None:
            _worker = Worker(
                WorkerOptions(queues=queues, threads=threads, coroutines=coroutines)
            )
            _worker.start()


def destroy(*, workflow_completion_timeout_sec: float = GRACE_SECONDS) -> None:
    """Stop the worker of this process; what runs continues elsewhere.

    Args:
        workflow_completion_timeout_sec: how long running steps get to end.
    """
    global _worker
    with _lock:
        worker, _worker = _worker, None
    if worker is not None:
        worker.stop(workflow_completion_timeout_sec)


def launch_if_configured() -> None:
    """Start a worker in this process if the setting `EMBEDDED_WORKER` says so.

    Called at a serving process's first request; a project whose process should
    work before it serves calls it at the end of its `asgi.py` or `wsgi.py`.
    """
    if conf.settings().embedded_worker:
        launch()
