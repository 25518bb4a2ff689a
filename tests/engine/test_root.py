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
    assert getattr(durable, name).__name__ == name
from django.conf import settings
from django.apps import apps
assert not settings.configured
assert not apps.ready
assert not [name for name in sys.modules if name.startswith("durable_engine.models")]
print("imported")
"""

EARLY = """
import asyncio
from durable_engine import get_workflow_status_async, list_workflows

import django
from django.conf import settings
from django.core.management import call_command

memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": "{path}"}
settings.configure(DATABASES={"default": memory}, INSTALLED_APPS=["durable_engine", "django.contrib.contenttypes"])
django.setup()
call_command("migrate", verbosity=0)
assert list_workflows(status="SUCCESS") == []
assert asyncio.run(get_workflow_status_async("nobody")) is None
from durable_engine.client import reading
import durable_engine
assert durable_engine.list_workflows is reading.list_workflows
print("listed")
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_needs_no_settings_and_no_app_registry():
    done = run(IMPORT)
    assert (done.stdout, done.stderr) == ("imported\n", "")


def test_what_is_imported_before_django_starts_works_after_that(tmp_path):
    done = run(EARLY.replace("{path}", str(tmp_path / "early.sqlite3")))
    assert (done.stdout, done.stderr) == ("listed\n", "")


def test_what_is_called_before_django_starts_says_so():
    done = run("import durable_engine; durable_engine.list_workflows()")
    assert "django.core.exceptions.ImproperlyConfigured: " in done.stderr


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
