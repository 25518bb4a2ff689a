"""Restarting a worker when the code changes, with Django's own watching of files."""

import logging
import os
import sys
import threading
from collections.abc import Callable

from django.conf import settings
from django.utils import autoreload

logger = logging.getLogger(__name__)

RELOAD_STATUS = 3
"""How a process ends that wants to be started again, as Django's own do."""

_ENVIRONMENT = "DURABLE_WORKER_RELOADS"


def wanted(said: bool | None) -> bool:
    """Return whether to reload: as said, else for somebody who develops at a terminal.

    What starts a worker without a terminal, such as a test, may want to kill the very
    process that it started.
    """
    if said is not None:
        return said
    return bool(settings.DEBUG) and sys.stdin is not None and sys.stdin.isatty()


def environment_of_child() -> dict[str, str]:
    """Return what tells a child that it reloads."""
    # Django's variable too: projects ask it whether they are reloaded.
    return {_ENVIRONMENT: "true", autoreload.DJANGO_AUTORELOAD_ENV: "true"}


def is_child() -> bool:
    """Return whether this process is one that reloads."""
    return _ENVIRONMENT in os.environ


def watch(changed: Callable[[], None]) -> None:
    """Have a thread call back, once, when a file of the code changes."""
    main = threading.current_thread()

    def serve() -> None:
        reloader = autoreload.get_reloader()
        try:
            reloader.run(main)
        except SystemExit:  # how a reloader says that something changed
            changed()

    threading.Thread(target=serve, name="durable-reload", daemon=True).start()


class Files:
    """The files of the code as they were, for somebody who waits for a change."""

    def __init__(self) -> None:
        self._reloader = autoreload.StatReloader()
        self._seen: dict[str, float] = {}

    def _look(self) -> dict[str, float]:
        return {str(path): at for path, at in self._reloader.snapshot_files()}

    def changed(self) -> bool:
        """Return whether a file has changed, come or gone since the last look."""
        before, self._seen = self._seen, self._look()
        return before != self._seen
