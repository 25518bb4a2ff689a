"""The few connections by which a process reads."""

import threading

import pytest

from durable_engine.runtime import engine as module
from durable_engine.runtime.engine import engine

FEW, MANY = 8, 12
LONG_SECONDS = 30.0


class Readers:
    """Threads that read, each until all are at it or that has not happened for long."""

    def __init__(self, reads):
        self._reads = reads
        self._lock = threading.Lock()
        self._inside = 0
        self._together = threading.Event()
        self.peak = 0

    def run(self, together_within):
        def read(_):
            with self._lock:
                self._inside += 1
                self.peak = max(self.peak, self._inside)
                if self._inside == MANY:
                    self._together.set()
            self._together.wait(together_within)
            with self._lock:
                self._inside -= 1

        def ask():
            self._reads.run(read, writes=False)

        threads = [threading.Thread(target=ask) for _ in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    ("patient_seconds", "together_within", "peak"),
    [(LONG_SECONDS, 0.3, FEW), (0.01, LONG_SECONDS, MANY)],
    ids=["few at once", "more where these are slow"],
)
def test_many_who_ask_share_few_connections(
    engine_database, monkeypatch, patient_seconds, together_within, peak
):
    monkeypatch.setattr(module, "_PATIENT_SECONDS", patient_seconds)
    readers = Readers(engine().reads)
    readers.run(together_within)
    assert readers.peak == peak
