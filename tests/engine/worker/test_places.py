"""How many workflows run at once in one worker: as many as the settings say."""

import asyncio
import threading

import pytest

import durable_engine as durable
from tests.engine.histories import happened

THREADS, COROUTINES, MORE = 2, 3, 4


class Crowd:
    """Bodies that hold until they are let go, and how many there are at once."""

    def __init__(self, wanted: int) -> None:
        self._lock = threading.Lock()
        self._wanted = wanted
        self._inside = 0
        self.peak = 0
        self.full = threading.Event()
        self.go = threading.Event()

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            self.peak = max(self.peak, self._inside)
            if self._inside == self._wanted:
                self.full.set()

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1


crowds: dict[str, Crowd] = {}


@pytest.fixture
def small_worker(engine_database, settings):
    settings.DURABLE_ENGINE = {
        "WORKER_THREADS": THREADS,
        "WORKER_COROUTINES": COROUTINES,
    }
    crowds.update(threads=Crowd(THREADS), coroutines=Crowd(COROUTINES))
    durable.launch()


@durable.workflow
def holds():
    crowds["threads"].enter()
    happened(crowds["threads"].go)
    crowds["threads"].leave()


@durable.workflow
async def holds_in_a_loop():
    crowds["coroutines"].enter()
    await asyncio.to_thread(happened, crowds["coroutines"].go)
    crowds["coroutines"].leave()


def test_no_more_than_the_settings_say_and_a_free_place_is_taken(small_worker):
    handles = [durable.start_workflow(holds) for _ in range(THREADS + MORE)]
    handles += [
        durable.start_workflow(holds_in_a_loop) for _ in range(COROUTINES + MORE)
    ]
    for crowd in crowds.values():
        happened(crowd.full)
    assert [h.get_status().status for h in handles].count("ENQUEUED") == 2 * MORE
    for crowd in crowds.values():
        crowd.go.set()
    assert [handle.get_result() for handle in handles] == [None] * len(handles)
    assert (crowds["threads"].peak, crowds["coroutines"].peak) == (THREADS, COROUTINES)
