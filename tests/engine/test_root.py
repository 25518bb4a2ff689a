"""Importing the package needs nothing but the package."""

import os
import subprocess
import sys

import durable_engine as durable
from tests.support.databases import ROOT

IMPORT = """
import sys
import durable_engine as durable
assert "django" not in sys.modules, "importing the root imports Django"

@durable.workflow
def program(value):
    return step(value)

@durable.step(retries_allowed=True)
def step(value):
    return value

@durable.transaction
def transaction(): ...

queue = durable.Queue("mail", concurrency=2)
durable.SetWorkflowID("w-1")
assert durable.workflow_id is None
assert durable.step_id is None
assert durable.logger.name
for name in durable.__all__:
    if name not in {exempt}:
        getattr(durable, name)
from django.conf import settings
from django.apps import apps
assert not settings.configured
assert not apps.ready
assert not [name for name in sys.modules if name.startswith("durable_engine.models")]
print("imported")
"""

# Read through the ORM; looked up, they import the models.
NEEDS_MODELS = ("inspection", "client")


def needs_models():
    from durable_engine.rooms import ROOM_OF  # noqa: PLC0415

    return {name for name, room in ROOM_OF.items() if room.startswith(NEEDS_MODELS)}


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_needs_no_settings_and_no_app_registry():
    done = run(IMPORT.replace("{exempt}", repr(needs_models())))
    assert (done.stdout, done.stderr) == ("imported\n", "")


def test_names_are_sorted_complete_and_loaded():
    assert durable.__all__ == sorted(set(durable.__all__))
    for name in durable.__all__:
        assert getattr(durable, name).__name__ == name
    assert set(durable.__all__) < set(dir(durable))


def test_every_error_of_the_contract_is_at_the_root():
    names = [
        "AtomicBlock",
        "AwaitedWorkflowCancelled",
        "AwaitedWorkflowMaxRecoveryAttemptsExceeded",
        "ConflictingRegistration",
        "ConflictingWorkflow",
        "MaxStepRetriesExceeded",
        "NonDeterminism",
        "NonExistentWorkflow",
        "NotAuthorized",
        "PayloadTooLarge",
        "QueryInWorkflow",
        "QueueDeduplicated",
        "SerializationError",
        "StepTimeout",
        "StreamTimeout",
        "UnregisteredWorkflow",
        "WorkflowFailed",
    ]
    for name in names:
        assert issubclass(getattr(durable, name), durable.DurableError)
    assert not issubclass(durable.WorkflowCancelled, Exception)


def test_every_waiting_word_has_its_twin():
    words = [
        "cancel_workflow",
        "cancel_workflows",
        "enqueue_workflow",
        "get_all_events",
        "get_event",
        "get_workflow_status",
        "list_executors",
        "list_workflow_steps",
        "list_workflows",
        "recv",
        "resume_workflow",
        "resume_workflows",
        "retrieve_workflow",
        "run_step",
        "send",
        "set_event",
        "sleep",
        "start_workflow",
    ]
    assert [
        f"{word}_async" for word in words if f"{word}_async" in durable.__all__
    ] == [f"{word}_async" for word in words]


def test_star_import():
    done = run("from durable_engine.errors import *; import durable_engine; print(1)")
    assert (done.stdout, done.stderr) == ("1\n", "")
