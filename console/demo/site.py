"""The demo's serving process: pages, sockets and an embedded worker in one."""

import logging
import os
import signal
import sys
import threading
from typing import Any

from daphne.server import Server  # type: ignore[import-untyped]  # first: it chooses Twisted's reactor
from twisted.internet import defer, reactor

import durable_engine as durable
from console.project.asgi import application

logger = logging.getLogger(__name__)

CLOSE_SECONDS = 3.0
GRACE_SECONDS = 5.0
EXIT_SECONDS = 12.0


class BoundedServer(Server):  # type: ignore[misc]
    """Daphne that ends in time, whatever its connections are doing."""

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """Cancel every application; wait for them, but not for ever."""
        _end_in_time()
        tasks = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        for task in tasks:
            task.cancel()
        ended = defer.DeferredList(
            [defer.Deferred.fromFuture(task) for task in tasks], consumeErrors=True
        )
        ended.addTimeout(CLOSE_SECONDS, reactor)
        ended.addErrback(lambda failure: logger.warning("Closing: %s", failure))
        return ended


def serve(host: str, port: int) -> None:
    """Serve the site and run its workflows until SIGTERM, or until the parent ends.

    Does not return: the process ends, within `EXIT_SECONDS` of the signal.
    """
    _end_with_parent()
    durable.launch()
    server = BoundedServer(
        application=application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        server_name="durable",
    )
    server.run()
    durable.destroy(workflow_completion_timeout_sec=GRACE_SECONDS)
    _exit(0)


def _end_with_parent() -> None:
    """End when standard input does: the supervising parent holds its other end."""

    def watch() -> None:
        # Unbuffered: a lock held here would break the interpreter's own end.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="demo-parent", daemon=True).start()


def _end_in_time() -> None:
    timer = threading.Timer(EXIT_SECONDS, _exit, [1])
    timer.daemon = True
    timer.start()


def _exit(status: int) -> None:
    # Threads of the pools may be stuck in a view; what they do is not durable.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
