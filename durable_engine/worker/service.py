"""The life of a background service: one thread, one loop, one way to stop."""

import abc
import logging
import threading

from durable_engine.retries import Backoff
from durable_engine.runtime.engine import Engine
from durable_engine.store.session import Fault

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 5.0


class Service(abc.ABC):
    """Calls `work` again and again on a thread of its own.

    An error is logged, counted, and followed by a pause that grows; the loop goes on.
    A database that is away is no mistake of anybody's here, and needs no traceback.
    """

    name: str

    def __init__(self, engine: Engine) -> None:
        self._store = engine.store
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
            except Exception as error:  # noqa: BLE001 - told, and the loop goes on
                self.errors += 1
                if backoff.failures == 0:
                    self._tell(error)
                self.failed(error)
                self.stopping.wait(backoff.next_seconds())
            else:
                backoff.reset()

    def _tell(self, error: Exception) -> None:
        """Log an error that is being handled."""
        match self._store.classify(error):
            case Fault.TRANSIENT:
                logger.warning("%s waits for the database: %s", self.name, error)
            case Fault.CONFLICT:  # such as a lock that a migration holds
                logger.warning("%s tries again: %s", self.name, error)
            case _:
                logger.error("%s failed, it goes on", self.name, exc_info=error)
