"""Workflows of a project that chose signed pickles, from start to replay."""

import pytest
from django.conf import settings
from django.test import override_settings

import durable_engine as durable
from durable_engine.models import Step, Workflow
from durable_engine.runtime.engine import reset

PICKLE = {"SERIALIZER": "durable_engine.serialization.PickleSerializer"}
JSON = {"SERIALIZER": "durable_engine.serialization.JSONSerializer"}


class Opaque:
    """Something that JSON cannot hold."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Opaque) and other.value == self.value

    __hash__ = None


@durable.step(name="tests.pickled_step")
def make(value):
    return Opaque(value)


@durable.step(name="tests.pickled_failure")
def fail(thing):
    raise ValueError(thing.value)


@durable.workflow(name="tests.pickled_child")
def child(thing):
    return thing


@durable.workflow(name="tests.pickled")
def program(thing):
    made = make(thing.value + 1)
    durable.set_event("made", made)
    durable.write_stream("s", made)
    received = durable.recv("go", timeout_seconds=30)
    with pytest.raises(ValueError, match="2"):
        fail(made)
    return [made, received, child(made)]


@pytest.fixture
def pickling(engine_database):
    with override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE, **PICKLE}):
        durable.launch(threads=4, coroutines=2)
        yield
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()


def test_every_kind_of_payload(pickling):
    with durable.SetWorkflowID("w"):
        handle = durable.start_workflow(program, Opaque(1))
    assert durable.get_event("w", "made", 20) == Opaque(2)
    durable.send("w", Opaque("message"), "go")
    expected = [Opaque(2), Opaque("message"), Opaque(2)]
    assert handle.get_result() == expected
    assert list(durable.read_stream("w", "s")) == [Opaque(2)]
    assert handle.get_status().input == {"args": [Opaque(1)], "kwargs": {}}
    assert durable.list_workflow_steps("w")[0].output == Opaque(2)
    assert durable.fork_workflow("w", 99).get_result() == expected
    row = Workflow.objects.get(pk="w")
    step = Step.objects.get(workflow_id="w", position=1)
    stored = [row.inputs, row.output, step.output]
    assert all(text.startswith("!") for text in stored), stored


def test_what_was_pickled_is_not_loaded_by_others(pickling, monkeypatch):
    with durable.SetWorkflowID("w"):
        durable.start_workflow(child, Opaque(1)).get_result()
    durable.destroy(workflow_completion_timeout_sec=5)

    def explode(*_):
        raise AssertionError("a pickle was loaded")

    monkeypatch.setattr("pickle.loads", explode)
    with override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE, **JSON}):
        status = durable.get_workflow_status("w")
        assert isinstance(status.output, str)
        with pytest.raises(durable.SerializationError):
            durable.retrieve_workflow("w").get_result()
        reset()


def test_what_json_wrote_before_is_still_read(engine_database):
    with durable.SetWorkflowID("old"):
        child({"plain": [1]})
    reset()
    with override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE, **PICKLE}):
        assert durable.retrieve_workflow("old").get_result() == {"plain": [1]}
        reset()
