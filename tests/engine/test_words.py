"""What holds for every public word: loops, shapes of answers, what they answer."""

import dataclasses
import inspect
from datetime import UTC, datetime
from functools import partial

import pytest

import durable_engine as durable
from durable_engine import models
from tests.engine.histories import status

queue = durable.Queue("tests.words")


@durable.workflow
def done(value=1):
    return value


@durable.workflow
def fails():
    raise LookupError("gone")


@durable.workflow
def ticked(scheduled_at, context):
    return context


NOW = datetime(2026, 1, 1, tzinfo=UTC)
GIVEN = {
    "attributes": {},
    "destination_id": "w",
    "duplication_policy": "reject",
    "end": NOW,
    "function": done,
    "handles": [],
    "inputs": [],
    "instance": None,
    "key": "k",
    "message": 1,
    "messages": [],
    "name": "n",
    "offset": 0,
    "options": None,
    "queue_name": "q",
    "schedule": "* * * * *",
    "schedule_name": "s",
    "seconds": 0,
    "start": NOW,
    "start_step": 1,
    "value": 1,
    "workflow_fn": ticked,
    "workflow_id": "w",
    "workflow_ids": ["w"],
    "subject": None,
}


def call(word: str):
    """Return a call of a word with as little as it takes."""
    args, kwargs = [], {}
    function = getattr(durable, word)
    for name, parameter in inspect.signature(function).parameters.items():
        variable = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        if variable or parameter.default is not parameter.empty:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            kwargs[name] = GIVEN[name]
        else:
            args.append(GIVEN[name])
    return partial(function, *args, **kwargs)


async def test_each_refuses_a_running_loop_and_names_its_twin():
    words = {name for name in durable.__all__ if f"{name}_async" in durable.__all__}
    assert len(words) > 50
    words.remove("register_queue")  # declares, and waits for nothing
    for word in words:
        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            call(word)()
        assert str(caught.value) == (
            f"{word}() was called while an event loop is running; use await "
            f"{word}_async()"
        )


SHAPES = {
    durable.WorkflowStatus: """workflow_id name status queue_name priority
        deduplication_id queue_partition_key app_version executor_id recovery_attempts
        parent_workflow_id forked_from schedule_name attributes created_at updated_at
        started_at completed_at deadline delay_until wake_at input output error""",
    durable.StepInfo: """position name status output error child_workflow_id attempts
        started_at completed_at""",
    durable.BulkResult: "changed unchanged",
    durable.ExecutorInfo: """executor_id hostname pid app_version started_at
        heartbeat_at alive running""",
}


@pytest.mark.parametrize("record", SHAPES)
def test_records_have_the_names_of_the_contract(record):
    names = {field.name for field in dataclasses.fields(record)}
    assert set(SHAPES[record].split()) <= names


def test_models_are_public_to_read(engine_database):
    names = {field.name for field in models.Workflow._meta.get_fields()}
    status_names = set(SHAPES[durable.WorkflowStatus].split())
    assert status_names - {"workflow_id", "input", "error", "output"} <= names
    assert "id" in names
    for name in (
        *("Workflow", "Step", "Event", "Message", "StreamEntry"),
        *("Queue", "Schedule", "Executor", "ApplicationVersion"),
    ):
        assert getattr(models, name).objects.count() == 0


def test_cancel_and_delete_answer_nothing_also_of_what_has_ended(engine_database):
    with durable.SetWorkflowID("ended"):
        done()
    with durable.SetWorkflowID("waits"):
        queue.enqueue(done)
    for word in (durable.cancel_workflow, durable.delete_workflow):
        assert [word("ended"), word("waits")] == [None, None]
        with pytest.raises(durable.NonExistentWorkflow) as caught:
            word("nobody")
        assert caught.value.workflow_id == "nobody"
    assert durable.list_workflows() == []


def test_what_starts_or_continues_answers_with_a_handle(engine_database):
    durable.create_schedule(
        schedule_name="s", workflow_fn=ticked, schedule="0 0 1 1 *", context=5
    )
    with durable.SetWorkflowID("failed"), pytest.raises(LookupError):
        fails()
    handles = [
        durable.start_workflow(done, 2),
        queue.enqueue(done, 3),
        durable.restart_workflow("failed"),
        durable.fork_workflow("failed", 1),
        durable.retry_workflow("failed"),
        durable.resume_workflow("failed"),
        durable.trigger_schedule("s"),
    ]
    durable.launch(threads=2)
    outcomes = []
    for handle in handles:
        try:
            outcomes.append(handle.get_result())
        except LookupError as error:
            outcomes.append(repr(error))
    gone = repr(LookupError("gone"))
    assert outcomes == [2, 3, gone, gone, gone, gone, 5]
    assert handles[5].workflow_id == "failed"
    assert len({handle.workflow_id for handle in handles}) == len(handles)


def test_too_large_is_refused_everywhere_and_nothing_is_stored(
    engine_database, settings
):
    settings.DURABLE_ENGINE = {"MAX_PAYLOAD_BYTES": 2_000}
    large = "x" * 2_000
    refused = []

    @durable.step
    def returns():
        return large

    @durable.workflow
    def program():
        for word in (
            returns,
            lambda: durable.set_event("key", large),
            lambda: durable.send("w-1", large),
            lambda: durable.write_stream("key", large),
            lambda: durable.start_workflow(done, large),
        ):
            with pytest.raises(durable.PayloadTooLarge):
                word()
            refused.append(word)
        return large

    with durable.SetWorkflowID("w-1"), pytest.raises(durable.PayloadTooLarge) as caught:
        program()
    assert (caught.value.limit_bytes, len(refused)) == (2_000, 5)
    assert status("w-1") == "ERROR"
    stored = (models.Event, models.Message, models.StreamEntry)
    assert [table.objects.count() for table in stored] == [0, 0, 0]
    assert [found.id for found in durable.list_workflows()] == ["w-1"]
