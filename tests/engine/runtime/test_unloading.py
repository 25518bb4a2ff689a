"""Workflows whose memory is given back while they wait, and what wakes them."""

import asyncio
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

import durable_engine as durable
from durable_engine.clock import monotonic
from durable_engine.models import Message, WaitingKey, Workflow
from durable_engine.records import ReceiveRow
from durable_engine.runtime import residents, unloading, waiting
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import Recorded
from durable_engine.runtime.places import WorkerPlace
from durable_engine.store import workflows
from tests.engine.histories import history
from tests.faults.harness.fleet import until

PATIENCE_ROUNDS = 2_000
PATIENCE_SECONDS = 20.0
SOON_SECONDS = 8.0  # far below any poll or sweep that would find it otherwise


@pytest.fixture
def crowded(engine_database):
    """A worker that keeps one waiting workflow in memory, and that place is taken."""
    with override_settings(
        DURABLE_ENGINE={**settings.DURABLE_ENGINE, "RESIDENT_WAITERS": 1}
    ):
        durable.launch(threads=8, coroutines=8)
        started("resident", sleeper)
        assert durable.get_event("resident", "asleep", 20)
        yield
        durable.destroy(workflow_completion_timeout_sec=5)


@durable.workflow(name="tests.sleeper")
def sleeper():
    durable.set_event("asleep", True)
    durable.sleep(300)  # due before the others, so that it stays


@durable.workflow(name="tests.awaited")
def awaited():
    durable.write_stream("s", 1)
    while (value := durable.recv("go", timeout_seconds=600)) is not None:
        durable.write_stream("s", value)


@durable.workflow(name="tests.first_of")
def first_of(workflow_ids):
    handles = [durable.retrieve_workflow(one, False) for one in workflow_ids]
    return durable.wait_first(handles).workflow_id


@durable.workflow(name="tests.reader")
def reader(workflow_id, timeout_seconds=None):
    return list(durable.read_stream(workflow_id, "s", timeout_seconds=timeout_seconds))


@durable.workflow(name="tests.sleeps")
def sleeps():
    durable.sleep(600)


@durable.step(retries_allowed=True, interval_seconds=600)
def fails():
    raise LookupError("not yet")


@durable.workflow(name="tests.retries")
def retries():
    fails()


@durable.workflow(name="tests.receives")
def receives():
    return durable.recv("go", timeout_seconds=600)


@durable.workflow(name="tests.asks")
def asks():
    return durable.get_event("awaited", "key", timeout_seconds=600)


@durable.workflow(name="tests.awaits")
def awaits():
    return durable.retrieve_workflow("awaited").get_result()


@durable.workflow(name="tests.calls")
def calls():
    return awaited()


@durable.workflow(name="tests.receives_as_a_coroutine")
async def receives_as_a_coroutine():
    return await durable.recv_async("go", timeout_seconds=600)


async def first_of_tasks(tasks):
    done, pending = await durable.asyncio_wait(tasks, return_when="FIRST_COMPLETED")
    for one in pending:
        one.cancel()
    return [one.result() for one in done]


@durable.workflow(name="tests.told_or_late")
async def told_or_late():
    waits = [
        asyncio.ensure_future(durable.sleep_async(600)),
        asyncio.ensure_future(durable.recv_async("go", timeout_seconds=None)),
    ]
    return await first_of_tasks(waits)


@durable.workflow(name="tests.first_child_of_two")
async def first_child_of_two():
    children = [asyncio.ensure_future(receives_as_a_coroutine()) for _ in range(2)]
    return await first_of_tasks(children)


def tell(workflow_id):
    durable.send(workflow_id, "told", "go")


def publish(_):
    durable.send("awaited", "key", "publish")


def end_child(workflow_id):
    durable.send(f"{workflow_id}-1", None, "go")


def started(workflow_id, function, *args):
    with durable.SetWorkflowID(workflow_id):
        return durable.start_workflow(function, *args)


def unloaded(workflow_id):
    """Return once nobody owns a workflow that waits."""
    pause = threading.Event()
    for _ in range(PATIENCE_ROUNDS):
        row = Workflow.objects.get(pk=workflow_id)
        if row.status == "PENDING" and row.executor_id is None and row.waiting_on:
            return row
        pause.wait(0.01)
    raise AssertionError(f"{workflow_id} is not unloaded")


def swept():
    """Return what is found to wait though its wake-up has come."""
    return engine().reads.run(lambda s: workflows.sweep_waiting(s, 10), writes=True)


def away(workflow_id):
    """Return the row of a waiting workflow that no process owns."""
    pause = threading.Event()
    for _ in range(PATIENCE_ROUNDS):
        row = Workflow.objects.get(pk=workflow_id)
        if row.status == "PENDING" and row.executor_id is None and row.epoch > 0:
            return row
        pause.wait(0.01)
    raise AssertionError(f"{workflow_id} is not unloaded")


class TestEveryWait:
    @pytest.mark.parametrize("program", [sleeps, retries])
    def test_for_time_keeps_the_instant_and_ends_at_once_if_cancelled(
        self, crowded, program
    ):
        handle = started("w", program)
        row = away("w")
        assert 500 < row.wake_at.timestamp() - row.created_at.timestamp() < 700
        durable.cancel_workflow("w")
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handle.get_result()

    def test_for_others_is_given_back_and_woken(self, crowded):
        @durable.workflow
        def awaited_one():
            durable.set_event("key", durable.recv("publish", timeout_seconds=600))
            durable.recv("never", timeout_seconds=600)

        started("awaited", awaited_one)
        away("awaited")
        waits = [receives, receives_as_a_coroutine, asks, calls, awaits]
        handles = [started(f"w-{n}", program) for n, program in enumerate(waits)]
        for n in range(len(waits)):
            away(f"w-{n}")
        for n, wake in enumerate([tell, tell, publish, end_child]):
            wake(f"w-{n}")
        results = [handle.get_result() for handle in handles[:4]]
        assert results == ["told", "told", "key", None]
        durable.cancel_workflow("awaited")
        with pytest.raises(durable.AwaitedWorkflowCancelled):
            handles[4].get_result()


class TestWoken:
    def test_by_any_of_several_that_end(self, crowded):
        for one in ("a", "b", "c"):
            started(one, awaited)
            unloaded(one)
        handle = started("w", first_of, ["a", "b", "c"])
        assert unloaded("w").waiting_on == "r:a"
        keys = WaitingKey.objects.order_by("key").values_list("workflow_id", "key")
        assert list(keys) == [("w", "r:b"), ("w", "r:c")]
        asked = monotonic()
        durable.cancel_workflow("c")
        assert handle.get_result() == "c"
        assert monotonic() - asked < SOON_SECONDS
        assert not WaitingKey.objects.exists()
        assert history("w") == [(1, "durable.wait_first")]

    def test_by_what_is_written_to_a_stream_and_by_its_end(self, crowded):
        started("a", awaited)
        handle = started("w", reader, "a")
        for value in ("x", "y", None):
            assert unloaded("w").waiting_on == "s:a"
            asked = monotonic()
            durable.send("a", value, "go")
        assert handle.get_result() == [1, "x", "y"]
        assert monotonic() - asked < SOON_SECONDS

    def test_by_the_sweep_where_every_hint_was_lost(self, crowded, monkeypatch):
        for one in ("a", "b"):
            started(one, awaited)
            unloaded(one)
        handles = [
            started("first", first_of, ["a", "b"]),
            started("reader", reader, "b"),
        ]
        for one in ("first", "reader"):
            unloaded(one)
        with monkeypatch.context() as patch:
            patch.setattr(engine().hub, "_wake_unloaded", lambda _: False)
            durable.cancel_workflow("b")
            with pytest.raises(durable.AwaitedWorkflowCancelled):
                durable.retrieve_workflow("b").get_result()
            engine().hub._send_outbox()
        assert set(swept()) <= {"first", "reader"}
        assert [handle.get_result() for handle in handles] == ["b", [1]]

    def test_by_the_sweep_for_a_message_of_its_topic_however_old(
        self, crowded, monkeypatch
    ):
        def send_without_a_hint(topic):
            with monkeypatch.context() as patch:
                patch.setattr(engine().hub, "_wake_unloaded", lambda _: False)
                durable.send("w", "told", topic)
                engine().hub._send_outbox()

        handle = started("w", receives)
        unloaded("w")
        send_without_a_hint("other")
        assert swept() == []
        send_without_a_hint("go")
        # As of a transaction that began long ago; the worker may have swept already.
        Message.objects.update(created_at=timezone.now() - timedelta(hours=1))
        assert set(swept()) <= {"w"}
        asked = monotonic()
        assert handle.get_result() == "told"
        assert monotonic() - asked < SOON_SECONDS

    def test_by_the_sweep_for_the_longest_ids_only_when_they_end(
        self, crowded, monkeypatch
    ):
        longest = "a" * 255
        started(longest, awaited)
        unloaded(longest)
        handle = started("w", first_of, [longest])
        unloaded("w")
        assert swept() == []
        with monkeypatch.context() as patch:
            patch.setattr(engine().hub, "_wake_unloaded", lambda _: False)
            durable.cancel_workflow(longest)
            engine().hub._send_outbox()
        assert set(swept()) <= {"w"}
        assert handle.get_result() == longest

    def test_by_each_of_two_waits_at_once(self, crowded):
        handle = started("w", told_or_late)
        row = unloaded("w")
        assert 500 < row.wake_at.timestamp() - row.created_at.timestamp() < 700
        assert row.waiting_on == "m:w:go"
        asked = monotonic()
        durable.send("w", "told", "go")
        assert handle.get_result() == ["told"]
        assert monotonic() - asked < SOON_SECONDS

    def test_by_the_end_of_each_of_two_children_called(self, crowded):
        handle = started("w", first_child_of_two)
        keys = {unloaded("w").waiting_on}
        keys |= set(WaitingKey.objects.values_list("key", flat=True))
        assert keys == {"r:w-2", "r:w-3"}
        asked = monotonic()
        durable.send("w-3", "told", "go")
        assert handle.get_result() == ["told"]
        assert monotonic() - asked < SOON_SECONDS

    def test_a_time_limit_counts_once(self, crowded):
        started("a", awaited)
        handle = started("w", reader, "a", 0.5)
        with pytest.raises(durable.StreamTimeout):
            handle.get_result()

    def test_deleted_with_what_it_waited_for(self, crowded):
        started("a", awaited)
        started("w", reader, "a")
        unloaded("w")
        assert WaitingKey.objects.filter(workflow_id="w").exists()
        durable.delete_workflow("w")
        assert not WaitingKey.objects.exists()


class Turns:
    """A loop whose turns are taken by hand."""

    def __init__(self):
        self.ready = []

    def call_soon(self, function, *args):
        self.ready.append((function, args))

    call_soon_threadsafe = call_soon

    def take(self, most):
        """Take so many turns, or as many as something is left to do."""
        for _ in range(most):
            if not self.ready:
                return
            function, args = self.ready.pop(0)
            function(*args)


@pytest.mark.parametrize("stirred_after", [0, 5, unloading._STILL_TURNS, None])
def test_who_stirs_meanwhile_is_left_be(monkeypatch, stirred_after):
    """It may have made a task ready, which is in no durable call for a turn or two."""
    stopped = []
    monkeypatch.setattr(unloading, "_stop_resting", lambda run: not stopped.append(run))
    loop, told = Turns(), []
    place = WorkerPlace(told.append)
    place.release()
    run = SimpleNamespace(place=place, caller=None, called=(), stirs=1)
    run.waits = [SimpleNamespace(loop=loop)]
    unloading.unload(run)
    if stirred_after is not None:
        loop.take(stirred_after)
        run.stirs += 2  # it went on, and rests again
    loop.take(2 * unloading._STILL_TURNS)
    assert stopped == ([run] if stirred_after is None else [])
    assert told == ([1, -1] if stirred_after is None else [1, -1, 1])


stray_tasks = []


@durable.workflow
async def leaves_a_task_that_waits():
    stray_tasks.append(asyncio.create_task(durable.recv_async("go", 600)))
    await durable.sleep_async(0.01)


@durable.workflow
async def calls_one_that_leaves_a_task():
    await leaves_a_task_that_waits()
    await asyncio.gather(*stray_tasks, return_exceptions=True)


def test_a_task_that_outlives_its_child_is_no_resident(engine_database, monkeypatch):
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.05)
    stray_tasks.clear()
    durable.launch(coroutines=2)
    durable.start_workflow(calls_one_that_leaves_a_task).get_result()
    assert len(engine().residents) == 0


class TestBody:
    def test_cleaning_up_runs_but_its_durable_calls_are_refused(self, crowded):
        ran, refused = [], []

        @durable.step
        def tidy():
            ran.append("tidy")

        @durable.workflow
        def program():
            try:
                durable.recv("go", timeout_seconds=600)
                ran.append("received")
            finally:
                ran.append("finally")
                try:
                    tidy()
                except BaseException as error:
                    refused.append(type(error).__name__)
                    raise

        handle = started("w", program)
        unloaded("w")
        assert (ran, refused) == (["finally"], ["WorkflowUnloaded"])
        durable.send("w", "on", "go")
        handle.get_result()
        assert ran == ["finally", "received", "finally", "tidy"]
        assert history("w") == [(1, "durable.recv"), (2, "tidy")]

    def test_swallowing_it_does_not_help(self, crowded):
        ran = []

        @durable.step
        def after():
            ran.append("after")

        @durable.workflow
        def program():
            try:
                durable.recv("go", timeout_seconds=600)
            except BaseException:  # noqa: BLE001 - what no workflow should do
                ran.append("swallowed")
            try:
                after()
            except BaseException:  # noqa: BLE001
                ran.append("refused")
            return "wrong"

        handle = started("w", program)
        unloaded("w")
        assert ran == ["swallowed", "refused"]
        durable.send("w", "on", "go")
        assert handle.get_result() == "wrong"
        assert ran == ["swallowed", "refused", "after"]

    def test_unload_false_stays(self, crowded):
        @durable.workflow(unload=False)
        def stays():
            durable.set_event("here", True)
            return durable.recv("go", timeout_seconds=600)

        handle = started("w", stays)
        assert durable.get_event("w", "here", 20)
        started("other", awaited)
        unloaded("other")
        assert Workflow.objects.get(pk="w").executor_id == durable.executor_id
        durable.send("w", "on", "go")
        assert handle.get_result() == "on"
        assert Workflow.objects.get(pk="w").epoch == 1


class TestChosen:
    def test_one_that_takes_its_message_meanwhile_goes_on(
        self, engine_database, monkeypatch
    ):
        """The thread that chose it comes to stop it after the message was taken."""
        chosen, taken, stopped = (threading.Event() for _ in range(3))
        block = Recorded.block

        def unload(run):
            if run.workflow_id == "w":
                chosen.set()
                assert taken.wait(PATIENCE_SECONDS)
            residents_unload(run)
            stopped.set()

        def recorded(self):
            answer = block(self)
            if isinstance(self.entry.row, ReceiveRow) and answer.value is not None:
                taken.set()
                assert stopped.wait(PATIENCE_SECONDS)
            return answer

        residents_unload = residents.unload
        monkeypatch.setattr(residents, "unload", unload)
        monkeypatch.setattr(Recorded, "block", recorded)
        for poll in ("POLL_SECONDS", "UNHINTED_POLL_SECONDS"):
            monkeypatch.setattr(waiting, poll, PATIENCE_SECONDS)
        with override_settings(
            DURABLE_ENGINE={**settings.DURABLE_ENGINE, "RESIDENT_WAITERS": 1}
        ):
            durable.launch(threads=4, coroutines=4)
            handle = started("w", receives)
            until(lambda: engine().runs["w"].waiting, "it waits")
            started("resident", sleeper)
            assert chosen.wait(PATIENCE_SECONDS)
            asked = monotonic()
            durable.send("w", "told", "go")
            assert handle.get_result() == "told"
            assert monotonic() - asked < SOON_SECONDS
            assert Workflow.objects.get(pk="w").epoch == 1
            durable.destroy(workflow_completion_timeout_sec=5)
