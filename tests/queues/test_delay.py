"""A delayed workflow is DELAYED until it is due, and begins then, by itself."""

from datetime import timedelta

import pytest

import durable_engine as durable
from durable_engine.clock import from_epoch
from durable_engine.errors import NonExistentWorkflow
from durable_engine.models import Workflow
from durable_engine.runtime.engine import engine
from tests.queues.ledger import JOB, Ledger, finish
from tests.support.project import POLL_SECONDS, Project


def delayed(key: str, seconds: float, queue: str = "free"):
    with durable.SetEnqueueOptions(delay_seconds=seconds):
        return durable.enqueue_workflow(queue, JOB, key, 0)


def lateness(handle) -> float:
    """Return how many seconds after its time a delayed workflow was claimed."""
    row = Workflow.objects.get(pk=handle.workflow_id)
    assert row.started_at is not None
    assert row.delay_until is not None
    return (row.started_at - row.delay_until).total_seconds()


class TestDue:
    def test_begins_when_it_is_due(self, project: Project, ledger: Ledger):
        project.trust_hints()
        with project.worker(), project.worker():
            handles = [delayed(key, 3600) for key in ("a", "b", "c")]
            assert {h.get_status().status for h in handles} == {"DELAYED"}
            now = from_epoch(engine().now())
            for handle, seconds in zip(handles, (2.1, 0.5, 1.3), strict=True):
                until = now + timedelta(seconds=seconds)
                durable.set_workflow_delay(handle.workflow_id, delay_until=until)
            finish(handles)
        assert ledger.begun() == ["b", "c", "a"]
        late = [lateness(handle) for handle in handles]
        assert min(late) >= 0
        assert max(late) < POLL_SECONDS / 20

    def test_of_a_queue_with_limits(self, project: Project, ledger: Ledger):
        with project.worker():
            handles = [delayed(str(n), 0.2, "one") for n in range(5)]
            finish(handles)
        assert ledger.begun() == ["0", "1", "2", "3", "4"]

    def test_due_while_nobody_worked(self, project: Project, ledger: Ledger):
        handle = delayed("a", 0.05)
        with project.worker():
            handle.get_result()
        assert ledger.begun() == ["a"]

    def test_waits_while_others_run(self, project: Project, ledger: Ledger):
        later = delayed("later", 3600)
        with project.worker():
            durable.enqueue_workflow("free", JOB, "now", 0).get_result()
        assert later.get_status().status == "DELAYED"

    def test_cancelled_it_never_runs(self, project: Project, ledger: Ledger):
        handle = delayed("a", 0.3)
        durable.cancel_workflow(handle.workflow_id)
        with project.worker():
            finish([delayed("b", 0.5)])
        assert ledger.begun() == ["b"]


class TestSetDelay:
    def test_shorter(self, project: Project, ledger: Ledger):
        handle = delayed("a", 3600)
        with project.worker():
            durable.set_workflow_delay(handle.workflow_id, delay_seconds=0)
            handle.get_result()

    def test_until_an_instant(self, engine_database):
        handle = delayed("a", 3600)
        until = from_epoch(engine().now()) + timedelta(days=1)
        durable.set_workflow_delay(handle.workflow_id, delay_until=until)
        assert abs(handle.get_status().delay_until - until) < timedelta(seconds=0.001)
        text = (until + timedelta(days=1)).isoformat()
        durable.set_workflow_delay(handle.workflow_id, delay_until=text)
        assert handle.get_status().delay_until.isoformat()[:19] == text[:19]

    async def test_async(self, engine_database):
        with durable.SetEnqueueOptions(delay_seconds=3600):
            handle = await durable.enqueue_workflow_async("free", JOB, "a")
        before = (await handle.get_status()).delay_until
        await durable.set_workflow_delay_async(handle.workflow_id, delay_seconds=7200)
        assert (await handle.get_status()).delay_until > before

    def test_leaves_alone_what_is_not_delayed(self, engine_database):
        handle = durable.enqueue_workflow("free", JOB, "a")
        durable.set_workflow_delay(handle.workflow_id, delay_seconds=9)
        status = handle.get_status()
        assert (status.status, status.delay_until) == ("ENQUEUED", None)

    def test_unknown(self, engine_database):
        with pytest.raises(NonExistentWorkflow):
            durable.set_workflow_delay("nobody", delay_seconds=1)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "give either delay_seconds or delay_until"),
            (
                {"delay_seconds": 1, "delay_until": "2030-01-01T00:00:00Z"},
                "give either delay_seconds or delay_until",
            ),
            ({"delay_seconds": -1}, "delay_seconds must be 0 or more, not -1"),
            (
                {"delay_until": "2030-01-01T00:00:00"},
                "delay_until must be an aware datetime or ISO 8601 text with an offset, not '2030-01-01T00:00:00'",
            ),
        ],
    )
    def test_refused(self, options, message):
        with pytest.raises(ValueError, match=f"^{message}$"):
            durable.set_workflow_delay("any", **options)
