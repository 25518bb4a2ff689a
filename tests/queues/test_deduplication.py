"""A deduplication id belongs to one workflow of its queue until that ends."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

import durable_engine as durable
from durable_engine.errors import QueueDeduplicated
from durable_engine.models import Workflow
from tests.queues.ledger import JOB, Ledger
from tests.support.project import Project

CALLERS = 100


def enqueue(key: str, policy: str = "reject", queue: str = "free", seconds: float = 0):
    with durable.SetEnqueueOptions(deduplication_id=key, duplication_policy=policy):
        return durable.enqueue_workflow(queue, JOB, key, seconds)


class TestRaces:
    def test_of_a_hundred_callers_one_enqueues(self, engine_database):
        def call(_: int) -> str:
            try:
                return enqueue("k").workflow_id
            except QueueDeduplicated as error:
                return f"held by {error.workflow_id}"

        with ThreadPoolExecutor(CALLERS) as pool:
            answers = Counter(pool.map(call, range(CALLERS)))
        (row,) = Workflow.objects.all()
        assert answers == {row.id: 1, f"held by {row.id}": CALLERS - 1}

    def test_all_get_the_handle_of_the_holder(self, engine_database):
        with ThreadPoolExecutor(CALLERS) as pool:
            ids = set(
                pool.map(
                    lambda _: enqueue("k", "return-existing").workflow_id,
                    range(CALLERS),
                )
            )
        (row,) = Workflow.objects.all()
        assert ids == {row.id}

    def test_of_several_processes_one_enqueues(self, project: Project, ledger: Ledger):
        script = """
            import sys
            import durable_engine as durable
            print("ready", flush=True)
            sys.stdin.readline()
            with durable.SetEnqueueOptions(deduplication_id="k"):
                try:
                    durable.enqueue_workflow("free", "shop.workflows.job", "k")
                    print("outcome: mine", flush=True)
                except durable.QueueDeduplicated:
                    print("outcome: held", flush=True)
        """
        programs = [project.start(script) for _ in range(4)]
        try:
            for program in programs:
                program.wait_for("ready")
            for program in programs:
                program.tell("go")
            outcomes = sorted(program.wait_for("outcome") for program in programs)
        finally:
            for program in programs:
                program.close()
        assert outcomes == ["outcome: held"] * 3 + ["outcome: mine"]

    def test_no_handle_leads_nowhere_while_holders_end(
        self, project: Project, ledger: Ledger
    ):
        with project.worker(), ThreadPoolExecutor(8) as pool:
            handles = list(
                pool.map(lambda _: enqueue("k", "return-existing"), range(400))
            )
            for handle in handles:
                handle.get_result()
        ids = {handle.workflow_id for handle in handles}
        assert ids == set(Workflow.objects.values_list("id", flat=True))
        assert len(ids) > 1


class TestHolder:
    def test_reject_names_the_holder(self, engine_database):
        holder = enqueue("k")
        with pytest.raises(QueueDeduplicated) as caught:
            enqueue("k")
        error = caught.value
        assert (error.workflow_id, error.queue_name, error.deduplication_id) == (
            holder.workflow_id,
            "free",
            "k",
        )

    def test_another_queue_is_another_matter(self, engine_database):
        assert enqueue("k").workflow_id != enqueue("k", queue="other").workflow_id

    def test_released_by_the_end(self, project: Project, ledger: Ledger):
        with project.worker():
            first = enqueue("k")
            first.get_result()
            second = enqueue("k")
            second.get_result()
        assert first.workflow_id != second.workflow_id

    def test_released_by_cancel_and_by_resume(self, engine_database):
        durable.cancel_workflow(enqueue("k").workflow_id)
        durable.resume_workflow(enqueue("k").workflow_id)
        enqueue("k")

    def test_held_while_delayed(self, engine_database):
        with durable.SetEnqueueOptions(deduplication_id="k", delay_seconds=60):
            durable.enqueue_workflow("free", JOB, "k")
        with pytest.raises(QueueDeduplicated):
            enqueue("k")


class TestBulk:
    def test_a_refused_item_takes_all_along(self, engine_database):
        enqueue("k")
        calls = [
            durable.Call(JOB, ("a",)),
            durable.Call(JOB, ("b",), deduplication_id="k"),
        ]
        with pytest.raises(QueueDeduplicated):
            durable.Queue("free").enqueue_many(calls)
        assert Workflow.objects.count() == 1

    def test_one_transaction_of_many(self, engine_database):
        calls = [(JOB, (number,)) for number in range(2_500)]
        handles = durable.Queue("free").enqueue_many(calls)
        rows = Workflow.objects.order_by("created_at").values_list("id", flat=True)
        assert [handle.workflow_id for handle in handles] == list(rows)
