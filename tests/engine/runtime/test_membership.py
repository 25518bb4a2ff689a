"""Who is a worker, and which process of this host is gone."""

import os
import subprocess
import sys
import threading

import durable_engine as durable
from durable_engine import clock
from durable_engine.models import Executor
from durable_engine.runtime import membership
from durable_engine.runtime.engine import engine
from durable_engine.store import executors
from tests.engine.histories import happened


@durable.workflow
def nothing() -> None:
    pass


def test_client_that_launches_is_a_worker_from_then_on(engine_database):
    nothing()
    assert Executor.objects.get().kind == "client"
    durable.launch()
    assert Executor.objects.get().kind == "worker"
    assert engine().reads.run(executors.versions_alive) == {durable.application_version}


running, told = threading.Event(), threading.Event()


@durable.workflow
def holds_a_thread() -> None:
    running.set()
    happened(told)


def test_worker_says_at_each_beat_how_full_it_is(engine_database):
    durable.launch(threads=2, coroutines=3, queues=["a", "b"])
    fresh = Executor.objects.get()
    assert (fresh.threads, fresh.threads_busy) == (2, 0)
    assert (fresh.coroutines, fresh.coroutines_busy) == (3, 0)
    assert fresh.queues == ["a", "b"]
    running.clear()
    told.clear()
    handle = durable.start_workflow(holds_a_thread)
    happened(running)
    engine().membership._beat()
    (info,) = durable.list_executors()
    told.set()
    handle.get_result()
    assert (info.kind, info.threads, info.threads_busy) == ("worker", 2, 1)
    assert (info.coroutines, info.coroutines_busy) == (3, 0)
    assert info.queues == ["a", "b"]


def test_worker_of_every_queue_and_a_client_name_none(engine_database):
    nothing()
    (client,) = durable.list_executors()
    assert (client.kind, client.threads, client.queues) == ("client", 0, None)
    durable.launch(threads=2)
    (worker,) = durable.list_executors()
    assert (worker.kind, worker.threads, worker.queues) == ("worker", 2, None)


class TestHasEnded:
    def test_only_with_the_same_start_is_it_the_same_process(self):
        key = membership.process_key(os.getpid())
        assert not membership.has_ended(os.getpid(), key)
        assert membership.has_ended(os.getpid(), "1")

    def test_zombie_and_gone(self):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
        key = membership.process_key(child.pid)
        assert not membership.has_ended(child.pid, key)
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert membership.has_ended(child.pid, key)
        child.wait()
        assert membership.has_ended(child.pid, key)

    def test_one_that_proc_hides_is_asked_of_the_kernel(self, monkeypatch):
        def of_another_user(pid, number):
            del pid, number
            raise PermissionError

        monkeypatch.setattr(membership, "process_key", lambda _: None)
        assert not membership.has_ended(os.getpid(), "1")
        monkeypatch.setattr(os, "kill", of_another_user)
        assert not membership.has_ended(1, "1")


def test_clock_of_a_new_process_is_not_ahead_by_what_its_first_connection_took(
    engine_database, monkeypatch
):
    register, slow_seconds = executors.register, [10.0]

    def register_slowly(*args):
        epoch_seconds = register(*args)
        slow_seconds.clear()
        return epoch_seconds

    def moment():
        return clock.monotonic() - sum(slow_seconds)

    monkeypatch.setattr(executors, "register", register_slowly)
    monkeypatch.setattr(membership, "monotonic", moment)
    host = engine()
    membership.ensure_member(host)
    assert abs(host.clock.now() - host.reads.run(executors.read_clock)) < 2
