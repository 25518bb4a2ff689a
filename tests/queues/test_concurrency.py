"""Limits on what runs at once hold over all workers, whatever happens to them."""

from contextlib import ExitStack

import psycopg

import durable_engine as durable
from durable_engine.clock import wall_epoch
from tests.queues.ledger import JOB, STUCK, WAITER, Ledger, finish, peak, wait_until_due
from tests.support.databases import on_postgresql
from tests.support.project import Project


def enqueue(queue: str, count: int, seconds: float = 0.05) -> list:
    return [
        durable.enqueue_workflow(queue, JOB, number, seconds) for number in range(count)
    ]


class TestGlobal:
    def test_never_exceeded_by_three_workers_and_a_kill(
        self, project: Project, ledger: Ledger
    ):
        killed = {}
        with ExitStack() as stack:
            workers = [stack.enter_context(project.worker()) for _ in range(3)]
            handles = enqueue("four", 60, 0.1)
            for number in (5, 25):
                handles[number].get_result()
                victim = ledger.latest(workers)
                killed[victim.pid] = wall_epoch()
                victim.kill()
                workers.remove(victim)
                workers.append(stack.enter_context(project.worker()))
            finish(handles)
        intervals = ledger.intervals(killed)
        assert peak(intervals) == 4
        assert {one.key for one in intervals} == {str(n) for n in range(60)}

    def test_a_dead_workers_places_come_back(self, project: Project, ledger: Ledger):
        held = durable.enqueue_workflow("one", STUCK, "held")
        with project.worker() as first:
            first.wait_for("begin held")
            durable.cancel_workflow(held.workflow_id)
            again = durable.enqueue_workflow("one", JOB, "again", 3600)
            first.wait_for("begin again")
            killed = {first.pid: wall_epoch()}
            first.kill()
        last = durable.enqueue_workflow("one", JOB, "last")
        with project.worker() as second:
            second.wait_for("begin again")  # taken over, and it keeps its place
            durable.cancel_workflow(again.workflow_id)
            last.get_result()
        # Cancelled, a step runs on until it ends; it holds no place any more.
        begun = [
            line.split()[1]
            for line in ledger.path.read_text().splitlines()
            if line.startswith("begin")
        ]
        assert begun == ["held", "again", "again", "last"]
        assert killed

    def test_a_waiting_workflow_holds_its_place(self, project: Project, ledger: Ledger):
        project.configure(DURABLE_ENGINE={"RESIDENT_WAITERS": 1})
        # Two fill the memory for waiting workflows, so that the third is unloaded.
        fillers = [durable.enqueue_workflow("free", WAITER, f"f{n}") for n in range(2)]
        with project.worker() as worker:
            for _ in fillers:
                worker.wait_for("end f")
            first = durable.enqueue_workflow("one", WAITER, "first")
            worker.wait_for("end first")
            second = durable.enqueue_workflow("one", JOB, "second")
            durable.send(first.workflow_id, None, "go")
            finish([first, second])
            for filler in fillers:
                durable.send(filler.workflow_id, None, "go")
            finish(fillers)
        keys = [key for key in ledger.begun() if not key.startswith("f0")]
        assert [k for k in keys if k in ("first", "second")] == [
            "first",
            "first",
            "second",
        ]

    def test_a_released_place_is_taken_by_another_and_asked_for_again(
        self, project: Project, ledger: Ledger
    ):
        first = durable.enqueue_workflow("polite", WAITER, "first")
        with project.worker() as worker:
            worker.wait_for("end first")
            second = durable.enqueue_workflow("polite", STUCK, "second")
            worker.wait_for("begin second")
            durable.send(first.workflow_id, None, "go")
            wait_until_due(first.workflow_id)
            third = durable.enqueue_workflow("polite", JOB, "third")
            durable.cancel_workflow(second.workflow_id)
            finish([first, third])
        assert ledger.begun() == ["first", "first", "third"]

    def test_other_queues_go_on_beside_a_full_one(
        self, project: Project, ledger: Ledger
    ):
        durable.enqueue_workflow("one", STUCK, "held")
        waiting = enqueue("one", 50)
        others = [durable.enqueue_workflow("free", JOB, f"o{n}") for n in range(100)]
        with project.worker("--threads", "4") as worker:
            finish(others)
            assert len([key for key in ledger.begun() if key.startswith("o")]) == 100
            del worker
        assert {handle.get_status().status for handle in waiting} == {"ENQUEUED"}

    @on_postgresql
    def test_a_lock_that_is_not_given_back_stops_no_other_queue(
        self, project: Project, ledger: Ledger, database_url: str
    ):
        with project.worker():
            durable.enqueue_workflow("one", JOB, "a", 0).get_result()
            with psycopg.connect(database_url) as frozen:
                frozen.execute(
                    "SELECT 1 FROM durable_engine_queue WHERE name = 'one' FOR UPDATE"
                )
                blocked = durable.enqueue_workflow("one", JOB, "b", 0)
                finish(enqueue("four", 10, 0) + enqueue("free", 10, 0))
                assert blocked.get_status().status == "ENQUEUED"
            blocked.get_result()


class TestWorker:
    def test_never_exceeded_in_any_process(self, project: Project, ledger: Ledger):
        killed = {}
        with ExitStack() as stack:
            workers = [stack.enter_context(project.worker()) for _ in range(3)]
            handles = enqueue("pair", 40, 0.1)
            handles[3].get_result()
            victim = ledger.latest(workers)
            killed[victim.pid] = wall_epoch()
            victim.kill()
            finish(handles)
        intervals = ledger.intervals(killed)
        peaks = [
            peak([one for one in intervals if one.pid == worker.pid])
            for worker in workers
        ]
        assert peaks == [2, 2, 2]


class TestPartitions:
    def test_each_key_has_its_own_limit(self, project: Project, ledger: Ledger):
        handles = []
        for number in range(10):
            for key in ("a", "b", "c"):
                with durable.SetEnqueueOptions(queue_partition_key=key):
                    handles.append(
                        durable.enqueue_workflow("keyed", JOB, f"{key}{number}")
                    )
        with project.worker(), project.worker():
            finish(handles)
        intervals = ledger.intervals()
        of_key = [[one for one in intervals if one.key[0] == key] for key in "abc"]
        assert [peak(some) for some in of_key] == [1, 1, 1]
        assert peak(intervals) > 1
        for some in of_key:  # and first in, first out within one
            numbers = [int(one.key[1:]) for one in some]
            assert numbers == sorted(numbers)

    def test_the_queue_has_its_limit_besides(self, project: Project, ledger: Ledger):
        handles = []
        for number in range(12):
            for key in ("a", "b"):
                with durable.SetEnqueueOptions(queue_partition_key=key):
                    handles.append(
                        durable.enqueue_workflow("both", JOB, f"{key}{number}")
                    )
        with project.worker(), project.worker():
            finish(handles)
        intervals = ledger.intervals()
        assert peak(intervals) == 3
        for key in "ab":
            assert peak([one for one in intervals if one.key[0] == key]) == 2

    def test_a_full_key_hides_no_other(self, project: Project, ledger: Ledger):
        with durable.SetEnqueueOptions(queue_partition_key="a"):
            durable.enqueue_workflow("keyed", STUCK, "a0")
            behind = durable.enqueue_workflow("keyed", JOB, "a1")
        with durable.SetEnqueueOptions(queue_partition_key="b"):
            other = durable.enqueue_workflow("keyed", JOB, "b0")
        with project.worker():
            other.get_result()
        assert behind.get_status().status == "ENQUEUED"
        assert ledger.begun() == ["b0"]
