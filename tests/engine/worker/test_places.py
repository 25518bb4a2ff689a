"""How many workflows run at once in one worker: as many as the settings say."""

import asyncio
import threading

import pytest

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.notify.base import RESULT
from durable_engine.runtime import unloading
from durable_engine.runtime.engine import engine
from durable_engine.runtime.places import WorkerPlace
from durable_engine.worker.claimer import Claimer
from tests.engine.histories import happened
from tests.faults.harness.fleet import until

THREADS, COROUTINES, MORE = 2, 3, 4
SLEEPERS = 60
MANY_TURNS = 2_000


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


def rows(**conditions):
    return Workflow.objects.filter(**conditions).count()


def statuses(handles):
    return [handle.get_status().status for handle in handles]


def counted_place():
    """Return a place, and the list of what it told its worker."""
    told: list[int] = []
    return WorkerPlace(told.append), told


class TestWorkerPlace:
    def test_is_free_while_nobody_holds_it(self):
        place, told = counted_place()
        place.hold()
        place.release()
        assert told == []
        place.release()
        place.hold()
        assert told == [1, -1]

    @pytest.mark.parametrize(("releases", "said"), [(0, []), (1, [1])])
    def test_closed_it_says_nothing_more_and_is_given_up_once(self, releases, said):
        place, told = counted_place()
        for _ in range(releases):
            place.release()
        assert place.close() is (releases == 0)
        for change in (place.hold, place.release, place.release, place.hold):
            change()
        assert not place.close()
        assert told == said


def test_what_starts_here_while_a_claim_is_under_way_takes_no_place_twice(
    small_worker, monkeypatch
):
    """A claim for free places is on its way while others are started in them."""
    claiming, started = threading.Event(), threading.Event()
    claim = Claimer._claim

    def slow_claim(self, names, room):
        if room:
            claiming.set()
            happened(started)
        return claim(self, names, room)

    monkeypatch.setattr(Claimer, "_claim", slow_claim)
    engine().launcher.claimer.wake()
    happened(claiming)
    handles = [durable.start_workflow(holds) for _ in range(THREADS + MORE)]
    assert statuses(handles)[0] == "PENDING"  # a place was left for it
    started.set()
    happened(crowds["threads"].full)
    until(lambda: statuses(handles).count("PENDING") >= THREADS, "they run")
    assert statuses(handles).count("ENQUEUED") == MORE
    crowds["threads"].go.set()
    assert [handle.get_result() for handle in handles] == [None] * len(handles)


def test_a_start_that_is_not_accepted_wakes_only_who_waits_for_its_id(small_worker):
    hub = engine().hub
    crowds["threads"].go.set()
    with durable.SetWorkflowID("one"):
        durable.start_workflow(holds).get_result()
    until(lambda: hub.connected, "whom that wakes is awake")
    with hub.subscribe((RESULT, "one")) as one, hub.subscribe((RESULT, "two")) as two:
        until(lambda: not hub._outbox, "its end is published")
        for waiter in (one, two):
            waiter.clear()
        with durable.SetWorkflowID("one"):
            durable.start_workflow(holds)
        assert (one.woken, two.woken) == (True, False)


def test_a_start_that_is_not_accepted_keeps_no_place(small_worker):
    crowds["threads"].go.set()
    with durable.SetWorkflowID("one"):
        durable.start_workflow(holds).get_result()
    for _ in range(THREADS + 1):
        with durable.SetWorkflowID("one"):
            durable.start_workflow(holds).get_result()
    crowds["threads"].go.clear()
    handles = [durable.start_workflow(holds) for _ in range(THREADS)]
    until(lambda: statuses(handles) == ["PENDING"] * THREADS, "both find a place")
    crowds["threads"].go.set()
    assert [handle.get_result() for handle in handles] == [None] * THREADS


class Bodies:
    """How many bodies are in memory at once."""

    def __init__(self) -> None:
        self.inside = self.peak = 0

    def __enter__(self) -> None:
        self.inside += 1
        self.peak = max(self.peak, self.inside)

    def __exit__(self, *_: object) -> None:
        self.inside -= 1


bodies = Bodies()


@durable.workflow
async def sleeps_in_a_loop():
    with bodies:
        await durable.sleep_async(600)


def test_no_more_fall_asleep_than_can_be_unloaded(
    engine_database, settings, monkeypatch
):
    monkeypatch.setattr(unloading, "_STILL_TURNS", MANY_TURNS)  # as of a busy loop
    settings.DURABLE_ENGINE = {"WORKER_COROUTINES": COROUTINES, "RESIDENT_WAITERS": 1}
    bodies.__init__()
    handles = [durable.start_workflow(sleeps_in_a_loop) for _ in range(SLEEPERS)]
    durable.launch()
    until(
        lambda: rows(status="PENDING", executor_id=None) == SLEEPERS - 1,
        "all but one are unloaded",
    )
    assert bodies.peak <= COROUTINES + 1  # the one that stays
    durable.cancel_workflows([handle.workflow_id for handle in handles])


@durable.workflow
async def waits_for_a_word():
    return await durable.recv_async("go", timeout_seconds=600)


@durable.workflow
async def calls_two_that_wait():
    return await asyncio.gather(waits_for_a_word(), waits_for_a_word())


def test_two_children_that_wait_free_one_place(engine_database, settings):
    settings.DURABLE_ENGINE = {"WORKER_COROUTINES": 1}
    crowds.update(coroutines=Crowd(1))
    durable.launch()
    with durable.SetWorkflowID("parent"):
        parent = durable.start_workflow(calls_two_that_wait)
    children = ["parent-1", "parent-2"]
    until(lambda: rows(id__in=children, status="PENDING") == 2, "both wait")
    handles = [durable.start_workflow(holds_in_a_loop) for _ in range(1 + MORE)]
    happened(crowds["coroutines"].full)
    crowds["coroutines"].go.set()
    assert [handle.get_result() for handle in handles] == [None] * len(handles)
    assert crowds["coroutines"].peak == 1
    for child in children:
        durable.send(child, "told", "go")
    assert parent.get_result() == ["told", "told"]


runs, told_to_end = threading.Event(), threading.Event()


@durable.step
async def lasts():
    runs.set()
    await asyncio.to_thread(happened, told_to_end)


@durable.workflow
async def waits_beside_a_step():
    return await asyncio.gather(durable.recv_async("go", timeout_seconds=600), lasts())


def test_a_wait_beside_a_step_frees_no_place(engine_database, settings, monkeypatch):
    looks = []
    look = Claimer._round
    monkeypatch.setattr(Claimer, "_round", lambda one: (looks.append(1), look(one))[1])
    settings.DURABLE_ENGINE = {"WORKER_COROUTINES": 1}
    runs.clear()
    told_to_end.clear()
    crowds.update(coroutines=Crowd(1))
    crowds["coroutines"].go.set()
    durable.launch()
    first = durable.start_workflow(waits_beside_a_step)
    happened(runs)
    until(lambda: engine().runs[first.workflow_id].waiting, "it waits beside")
    second = durable.start_workflow(holds_in_a_loop)
    looks.clear()
    until(lambda: len(looks) > 2, "the claimer has looked")
    assert second.get_status().status == "ENQUEUED"
    told_to_end.set()
    assert second.get_result() is None  # though the first one waits still
    durable.send(first.workflow_id, "told", "go")
    assert first.get_result() == ["told", None]
