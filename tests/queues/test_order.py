"""Priority, then age; first in, first out, inside one bulk enqueue too."""

import durable_engine as durable
from tests.queues.ledger import JOB, JOB_ASYNC, Ledger, finish
from tests.support.project import Project


def test_priority_then_age(project: Project, ledger: Ledger):
    handles = []
    for priority, key in [(5, "d"), (None, "a"), (1, "c"), (5, "e"), (None, "b")]:
        with durable.SetEnqueueOptions(priority=priority):
            handles.append(durable.enqueue_workflow("one", JOB, key, 0))
    with project.worker():
        finish(handles)
    assert ledger.begun() == ["a", "b", "c", "d", "e"]


def test_a_bulk_keeps_its_order(project: Project, ledger: Ledger):
    calls = [durable.Call(JOB, (number, 0)) for number in range(200)]
    calls[150] = durable.Call(JOB, ("late", 0), priority=9)
    handles = durable.Queue("one", concurrency=1).enqueue_many(calls)
    with project.worker("--threads", "8"):
        finish(handles)
    numbers = [str(n) for n in range(200) if n != 150]
    assert ledger.begun() == [*numbers, "late"]


def test_a_queue_without_limits_starts_in_order(project: Project, ledger: Ledger):
    calls = [durable.Call(JOB_ASYNC, (number,)) for number in range(60)]
    handles = durable.Queue("free").enqueue_many(calls)
    with project.worker("--coroutines", "1"):
        finish(handles)
    assert ledger.begun() == [str(n) for n in range(60)]


def test_partitions_are_served_by_priority_and_age(project: Project, ledger: Ledger):
    handles = []
    for priority, key in [(9, "a"), (2, "b"), (1, "c"), (2, "d")]:
        with durable.SetEnqueueOptions(priority=priority, queue_partition_key=key):
            handles.append(durable.enqueue_workflow("keyed", JOB, key, 0))
    with project.worker("--threads", "1"):
        finish(handles)
    assert ledger.begun() == ["c", "b", "d", "a"]
