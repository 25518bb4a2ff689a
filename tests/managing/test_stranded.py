"""A running workflow that nobody runs can be moved; one that somebody runs cannot."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

import durable_engine as durable
from durable_engine.models import Executor, Workflow


@durable.step(name="tests.stranded_step")
def step():
    return durable.application_version


@durable.workflow(name="tests.stranded")
def program():
    return step()


@pytest.fixture
def left_behind(engine_database):
    """A workflow of an old version whose worker stopped in the middle."""
    with durable.SetWorkflowID("w"), durable.SetWorkflowTimeout(3600):
        durable.enqueue_workflow("nobody-serves", program)
    Workflow.objects.filter(pk="w").update(
        status="PENDING",
        executor_id="old worker",
        app_version="old",
        epoch=1,
        recovery_attempts=7,
    )


def executor(alive):
    left = timedelta(seconds=30 if alive else -1)
    Executor.objects.create(
        id="old worker",
        hostname="elsewhere",
        host_key="",
        pid=1,
        process_key="",
        kind="worker",
        app_version="old",
        started_at=Now(),
        heartbeat_at=Now(),
        lease_expires_at=Now() + left,
    )


@pytest.mark.parametrize("known", [False, True])
def test_owner_is_gone(left_behind, worker, known):
    if known:
        executor(alive=False)
    handle = durable.resume_workflow("w")
    assert handle.get_result() == durable.application_version
    status = handle.get_status()
    assert (status.app_version, status.recovery_attempts) == (
        durable.application_version,
        1,
    )


def test_nobody_owns_it_and_nobody_runs_its_version(left_behind, worker):
    Workflow.objects.update(executor_id=None)
    result = durable.resume_workflows(["w"])
    assert (result.changed, result.unchanged) == (["w"], {})
    handle = durable.retrieve_workflow("w")
    assert handle.get_result() == durable.application_version


def test_owner_lives(left_behind):
    executor(alive=True)
    result = durable.resume_workflows(["w"])
    assert (result.changed, result.unchanged) == ([], {"w": "it is PENDING"})
    status = durable.resume_workflow("w").get_status()
    assert (status.status, status.app_version) == ("PENDING", "old")
    durable.cancel_workflow("w")


def test_a_worker_will_take_it_up_when_it_is_due(left_behind):
    executor(alive=True)
    Workflow.objects.update(executor_id=None, waiting_on="somebody")
    result = durable.resume_workflows(["w"])
    assert (result.changed, result.unchanged) == ([], {"w": "it is PENDING"})
    row = Workflow.objects.get()
    assert (row.queue_name, row.waiting_on) == ("nobody-serves", "somebody")
    durable.cancel_workflow("w")
