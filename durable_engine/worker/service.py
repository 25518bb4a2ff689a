"""The life of a background service: one thread, one loop, one way to stop."""

import abc
import logging
import threading

from durable_engine.retries import Backoff

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 5.0


class Service(abc.ABC):
    """Calls `work` again and again on a thread of its own.

    An error is logged with its traceback, counted, and followed by a pause that
    grows; the loop goes on.
    """

    name: str

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.errors = 0
        self._thread = threading.Thread(
            target=self._loop, name=f"durable-{self.name}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the loop to end; returns at once."""
        self.stopping.set()
        self.wake()

    def join(self) -> None:
        """Wait for the loop to end, for a while."""
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def wake(self) -> None:  # noqa: B027 - a pause on `stopping` needs none
        """End the current pause; nothing by default."""

    def failed(self, error: Exception) -> None:
        """Take note of an error before the loop goes on; nothing by default."""
        del error

    @abc.abstractmethod
    def work(self) -> None:
        """Do one round, with its pause."""

    def _loop(self) -> None:
        backoff = Backoff(longest_seconds=5.0)
        while not self.stopping.is_set():
            try:
                self.work()
            except Exception as error:
                self.errors += 1
                if backoff.failures == 0:
                    logger.exception("%s failed, it goes on", self.name)
                self.failed(error)
                self.stopping.wait(backoff.next_seconds())
            else:
                backoff.reset()
