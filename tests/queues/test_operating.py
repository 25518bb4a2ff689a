"""Operators pause, resume and limit queues while workers run."""

import pytest

import durable_engine as durable
from durable_engine.models import Queue
from durable_engine.records import Claimant, QueueLimits
from durable_engine.runtime.engine import engine
from durable_engine.store import queues, workflows
from tests.queues.ledger import JOB, STUCK, Ledger, finish, peak
from tests.support.project import Project


def info(name: str) -> durable.QueueInfo:
    (found,) = [one for one in durable.list_queues() if one.name == name]
    return found


def pass_seconds(seconds: float) -> None:
    """Return when the running worker has ended what was due after that time."""
    with durable.SetEnqueueOptions(delay_seconds=seconds):
        durable.enqueue_workflow("one", JOB, "marker", 0).get_result()


class TestPause:
    @pytest.mark.parametrize("queue", ["free", "four", "pair"])
    def test_live(self, project: Project, ledger: Ledger, queue: str):
        with project.worker():
            durable.enqueue_workflow(queue, JOB, "before", 0).get_result()
            durable.pause_queue(queue)
            pass_seconds(1.0)
            blocked = durable.enqueue_workflow(queue, JOB, "blocked", 0)
            pass_seconds(0.3)
            assert blocked.get_status().status == "ENQUEUED"
            durable.resume_queue(queue)
            blocked.get_result()

    def test_what_runs_goes_on(self, project: Project, ledger: Ledger):
        with project.worker() as worker:
            handle = durable.enqueue_workflow("four", JOB, "running", 1)
            worker.wait_for("begin running")
            durable.pause_queue("four")
            handle.get_result()

    def test_before_anybody_knows_the_queue(self, project: Project, ledger: Ledger):
        durable.pause_queue("four")
        blocked = durable.enqueue_workflow("four", JOB, "blocked", 0)
        with project.worker():
            durable.enqueue_workflow("free", JOB, "other", 0).get_result()
            assert blocked.get_status().status == "ENQUEUED"
            assert info("four").paused
            assert info("four").declared == {"concurrency": 4}


class TestLimits:
    def test_override_of_an_unlimited_queue_counts_what_runs(
        self, project: Project, ledger: Ledger
    ):
        with project.worker() as worker:
            for number in range(2):
                durable.enqueue_workflow("free", STUCK, f"h{number}")
                worker.wait_for(f"begin h{number}")
            durable.set_queue_limits("free", concurrency=3)
            pass_seconds(1.0)
            handles = [
                durable.enqueue_workflow("free", JOB, f"j{number}", 0.05)
                for number in range(6)
            ]
            finish(handles)
        jobs = [one for one in ledger.intervals() if one.key.startswith("j")]
        assert peak(jobs) == 1

    def test_override_wins_until_reset(self, project: Project, ledger: Ledger):
        durable.set_queue_limits("four", concurrency=1)
        with project.worker():
            handles = [
                durable.enqueue_workflow("four", JOB, n, 0.02) for n in range(10)
            ]
            finish(handles)
            assert peak(ledger.intervals()) == 1
            assert info("four").effective == {"concurrency": 1}
            durable.set_queue_limits("four", concurrency=None)
            assert info("four").overridden == {}
            pass_seconds(1.0)
            ledger.path.write_text("")
            handles = [
                durable.enqueue_workflow("four", JOB, n, 0.05) for n in range(20)
            ]
            finish(handles)
        assert peak(ledger.intervals()) == 4

    def test_declaring_again_keeps_the_override(self, project: Project, ledger: Ledger):
        durable.set_queue_limits("four", concurrency=2, worker_concurrency=1)
        with project.worker():
            durable.enqueue_workflow("free", JOB, "a", 0).get_result()
        found = info("four")
        assert found.declared == {"concurrency": 4}
        assert found.overridden == {"concurrency": 2, "worker_concurrency": 1}
        assert found.effective == found.overridden

    @pytest.mark.parametrize("polite", [False, True])
    def test_a_worker_that_has_not_heard_of_it_yet_keeps_it_too(
        self, engine_database, polite
    ):
        queue = durable.Queue(f"heard-{polite}", release_while_waiting=polite)
        host = engine()
        for _ in range(9):
            queue.enqueue(operate)

        def claim_as_without_limits(limit):
            def claim(session):
                return workflows.claim(
                    session,
                    executor_id="deaf",
                    app_version=host.app_version,
                    names=["tests.operate"],
                    queues=[queue.name],
                    limit=limit,
                )

            return host.reads.run(claim, writes=True)

        def claim(limit):
            claimant = Claimant(
                executor_id="other",
                app_version=host.app_version,
                names=["tests.operate"],
            )
            limits = QueueLimits(concurrency=3, release_while_waiting=polite)
            return host.reads.run(
                lambda session: queues.claim(
                    session, queue.name, limits, claimant, limit=limit
                ),
                writes=True,
            ).rows

        host.reads.run(
            lambda session: queues.declare(session, {queue.name: queue.declaration()}),
            writes=True,
        )
        assert len(claim_as_without_limits(2)) == 2
        durable.set_queue_limits(queue.name, concurrency=3)
        assert claim_as_without_limits(5) == []
        assert len(claim(5)) == 1
        assert claim(5) == []
        durable.pause_queue(queue.name)
        durable.set_queue_limits(queue.name, concurrency=None)
        assert claim_as_without_limits(5) == []
        durable.resume_queue(queue.name)
        assert len(claim_as_without_limits(5)) == 5

    def test_what_is_not_given_stays(self, engine_database):
        durable.set_queue_limits("q", concurrency=2)
        durable.set_queue_limits("q", limiter={"limit": 5, "period": 60})
        assert info("q").overridden == {
            "concurrency": 2,
            "limiter": {"limit": 5, "period": 60},
        }
        durable.set_queue_limits("q", limiter=None)
        assert info("q").overridden == {"concurrency": 2}

    def test_below_one_is_refused(self, engine_database):
        with pytest.raises(ValueError, match="concurrency must be 1 or more"):
            durable.set_queue_limits("q", concurrency=0)
        assert not Queue.objects.exists()

    def test_the_engines_own_queue_is_left_alone(self, engine_database):
        with pytest.raises(ValueError, match="the engine's own queue"):
            durable.pause_queue("durable.internal")


class TestList:
    def test_counts(self, project: Project, ledger: Ledger):
        for _ in range(3):
            durable.enqueue_workflow("one", STUCK, "a")
        with durable.SetEnqueueOptions(delay_seconds=60):
            durable.enqueue_workflow("one", JOB, "b")
        durable.enqueue_workflow("nobody-knows", JOB, "c")
        with project.worker() as worker:
            worker.wait_for("begin a")
            found = {one.name: one for one in durable.list_queues()}
        assert (found["one"].enqueued, found["one"].delayed, found["one"].running) == (
            2,
            1,
            1,
        )
        assert found["nobody-knows"] == durable.QueueInfo(
            name="nobody-knows",
            declared={},
            overridden={},
            effective={},
            paused=False,
            enqueued=1,
            delayed=0,
            running=0,
        )
        assert found["rated"].declared == {"limiter": {"limit": 5, "period": 1.0}}
        assert "durable.internal" not in found

    def test_queued_workflows(self, engine_database):
        first = durable.enqueue_workflow("a", JOB, 1)
        with durable.SetEnqueueOptions(delay_seconds=60):
            second = durable.enqueue_workflow("b", JOB, 2)
        durable.cancel_workflow(durable.enqueue_workflow("a", JOB, 3).workflow_id)
        durable.resume_workflow(durable.enqueue_workflow("a", JOB, 4).workflow_id)
        found = durable.list_queued_workflows(sort_desc=False)
        assert [one.id for one in found] == [first.workflow_id, second.workflow_id]
        assert [one.id for one in durable.list_queued_workflows(queue_name="b")] == [
            second.workflow_id
        ]
        assert durable.list_queued_workflows(status="PENDING") == []


@durable.workflow(name="tests.operate")
def operate() -> tuple[bool, int]:
    durable.pause_queue("q")
    durable.set_queue_limits("q", concurrency=3)
    (found,) = [one for one in durable.list_queues() if one.name == "q"]
    durable.resume_queue("q")
    return found.paused, found.effective["concurrency"]


@durable.workflow
async def operate_async() -> bool:
    await durable.pause_queue_async("q")
    await durable.set_queue_limits_async("q", concurrency=3)
    (found,) = [one for one in await durable.list_queues_async() if one.name == "q"]
    await durable.resume_queue_async("q")
    return found.paused


class TestInWorkflows:
    def test_each_call_takes_one_position(self, engine_database):
        with durable.SetWorkflowID("w"):
            assert operate() == (True, 3)
        assert [step.name for step in durable.list_workflow_steps("w")] == [
            "durable.pause_queue",
            "durable.set_queue_limits",
            "durable.list_queues",
            "durable.resume_queue",
        ]

    def test_async(self, engine_database):
        durable.launch(threads=1, coroutines=2)
        handle = durable.start_workflow(operate_async)
        assert handle.get_result() is True
        assert not info("q").paused
