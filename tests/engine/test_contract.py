"""The words of the contract: their arguments, defaults, answers and positions."""

import dataclasses
import inspect

import pytest

import durable_engine as durable
from tests.engine.histories import history
from tests.support.shop.models import Order

# As programs call them; `...` stands for any value.
CALLS = {
    "workflow": "name=None, max_recovery_attempts=100, guard=None",
    "step": (
        "name=None, retries_allowed=False, interval_seconds=1.0, max_attempts=3, "
        "backoff_rate=2.0, should_retry=None, timeout_seconds=None"
    ),
    "transaction": "name=None, using=None, isolation_level=None, read_only=False",
    "Queue": (
        "name, concurrency=None, worker_concurrency=None, limiter=None, "
        "priority_enabled=False, partition_queue=False, partition_concurrency=None, "
        "release_while_waiting=False"
    ),
    "Call": (
        "fn, args=..., kwargs=..., workflow_id=None, priority=None, "
        "deduplication_id=None, delay_seconds=None, queue_partition_key=None"
    ),
    "SetEnqueueOptions": (
        "deduplication_id=None, priority=None, delay_seconds=None, "
        "queue_partition_key=None, app_version=None, duplication_policy='reject'"
    ),
    "SetWorkflowAttributes": "attributes=None, subject=None",
    "get_event": "workflow_id, key, timeout_seconds=60",
    "send": "destination_id, message, topic=None, idempotency_key=None",
    "recv": "topic=None, timeout_seconds=60",
    "set_event": "key, value",
    "write_stream": "key, value",
    "close_stream": "key",
    "read_stream": "workflow_id, key",
    "list_workflows": (
        "workflow_ids=None, status=None, name=None, queue_name=None, app_version=None, "
        "executor_id=None, start_time=None, end_time=None, completed_after=None, "
        "completed_before=None, parent_workflow_id=None, forked_from=None, "
        "workflow_id_prefix=None, attributes=None, subject=None, search=None, "
        "schedule_name=None, limit=100, cursor=None, sort_desc=True, load_input=False, "
        "load_output=False"
    ),
    "cancel_workflow": "workflow_id, cancel_children=False",
    "fork_workflow": "workflow_id, start_step, application_version=None",
    "set_workflow_delay": "workflow_id, delay_seconds=None",
    "create_schedule": (
        "schedule_name, workflow_fn, schedule, context=None, automatic_backfill=False, "
        "cron_timezone=None, queue_name=None"
    ),
    "scheduled": "schedule, timezone='UTC', name=None, automatic_backfill=False",
    "backfill_schedule": "name, start, end",
    "register_instance": "instance, name",
    "SetWorkflowTimeout": "seconds",
}

# What does not wait for the database or for anybody, or cannot be awaited.
WITHOUT_TWIN = {
    "asyncio_wait",
    "dbos_class",
    "destroy",
    "launch",
    "now",
    "prune_workflows",
    "random",
    "register_instance",
    "scheduled",
    "step",
    "transaction",
    "uuid4",
    "workflow",
}


def wanted(text):
    """Return name to default of a row of `CALLS`."""
    probe = eval(f"lambda {text}: None")  # noqa: S307 - the table above
    return {p.name: p.default for p in inspect.signature(probe).parameters.values()}


@pytest.mark.parametrize("word", CALLS)
def test_arguments_and_defaults(word):
    found = inspect.signature(getattr(durable, word)).parameters
    for name, default in wanted(CALLS[word]).items():
        assert name in found
        if default is not ...:
            assert found[name].default == default


def test_every_word_that_waits_has_a_twin_with_the_same_arguments():
    words = {
        name
        for name in durable.__all__
        if inspect.isfunction(getattr(durable, name)) and not name.endswith("_async")
    }
    assert {one for one in words if f"{one}_async" not in durable.__all__} == (
        WITHOUT_TWIN
    )
    for word in words - WITHOUT_TWIN:
        names = list(inspect.signature(getattr(durable, word)).parameters)
        twin = getattr(durable, f"{word}_async")
        assert list(inspect.signature(twin).parameters) == names, word


def test_records_are_frozen():
    records = [
        one
        for one in (getattr(durable, name) for name in durable.__all__)
        if dataclasses.is_dataclass(one) and not issubclass(one, BaseException)
    ]
    assert len(records) >= 10
    assert [one for one in records if not one.__dataclass_params__.frozen] == []


@durable.workflow(name="tests.contract_other")
def other():
    durable.set_event("key", 1)


queue = durable.Queue("contract")


@durable.workflow(name="tests.contract_all")
def everything():
    handle = durable.start_workflow(other)
    handle.get_result()
    handle.get_status()
    other()
    queue.enqueue(other)
    durable.sleep(0)
    durable.recv("topic", timeout_seconds=0)
    durable.set_event("key", 1)
    durable.get_event(handle.workflow_id, "key")
    durable.get_all_events(handle.workflow_id)
    durable.send(handle.workflow_id, 1)
    durable.write_stream("s", 1)
    durable.close_stream("s")
    durable.now(), durable.uuid4(), durable.random()
    durable.patch("p")
    durable.deprecate_patch("never marked")
    durable.run_step({"name": "ad hoc"}, len, "abc")
    durable.wait_first([handle])
    durable.retrieve_workflow(handle.workflow_id)
    durable.get_workflow_status(handle.workflow_id)
    durable.list_workflows()
    durable.list_queued_workflows()
    durable.list_workflow_steps(handle.workflow_id)
    durable.workflows_for(Order(pk=1))
    durable.list_executors()
    durable.list_application_versions()
    durable.list_queues()
    durable.list_schedules()
    durable.cancel_workflow(handle.workflow_id)
    durable.resume_workflows([handle.workflow_id])
    durable.update_workflow_attributes(handle.workflow_id, {})
    durable.set_workflow_delay(handle.workflow_id, delay_seconds=1)
    durable.pause_queue("contract")
    durable.set_queue_limits("contract", concurrency=2)
    durable.resume_queue("contract")
    durable.restart_workflow(handle.workflow_id)
    durable.delete_workflow(handle.workflow_id)


@durable.workflow(name="tests.contract_twins")
async def everything_async():
    handle = await durable.start_workflow_async(other)
    await handle.get_result()
    await handle.get_status()
    await durable.list_queued_workflows_async()
    await durable.list_queues_async()
    await durable.cancel_workflow_async(handle.workflow_id)
    await durable.delete_workflow_async(handle.workflow_id)


# One a line of `everything`, but for the lines that take none.
NAMES = """
    tests.contract_other durable.get_result durable.get_status tests.contract_other
    tests.contract_other durable.sleep durable.recv durable.set_event durable.get_event
    durable.get_all_events durable.send durable.write_stream durable.close_stream
    durable.patch-p ad_hoc durable.wait_first durable.get_status
    durable.get_workflow_status durable.list_workflows durable.list_queued_workflows
    durable.list_workflow_steps durable.workflows_for durable.list_executors
    durable.list_application_versions durable.list_queues durable.list_schedules
    durable.cancel_workflow durable.resume_workflow durable.update_workflow_attributes
    durable.set_workflow_delay durable.pause_queue durable.set_queue_limits
    durable.resume_queue durable.restart_workflow durable.delete_workflow
"""


class TestPositions:
    def test_each_call_takes_one_and_a_replay_repeats_none(self, worker):
        with durable.SetWorkflowID("w"):
            durable.start_workflow(everything).get_result()
        names = [step.name for step in durable.list_workflow_steps("w")]
        assert [name.replace(" ", "_") for name in names] == NAMES.split()
        count = len(durable.list_workflows())
        durable.fork_workflow("w", 99).get_result()
        assert len(durable.list_workflows()) == count + 1

    def test_of_twins(self, worker):
        with durable.SetWorkflowID("w"):
            durable.start_workflow(everything_async).get_result()
        assert history("w") == [
            (1, "contract_other"),
            (2, "durable.get_result"),
            (3, "durable.get_status"),
            (4, "durable.list_queued_workflows"),
            (5, "durable.list_queues"),
            (6, "durable.cancel_workflow"),
            (7, "durable.delete_workflow"),
        ]
