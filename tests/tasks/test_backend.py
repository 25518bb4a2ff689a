"""What Django expects of a backend: its own tests, against this one."""

from datetime import datetime, timedelta

import pytest
from django.core import checks
from django.db import transaction
from django.test import override_settings

import durable_engine as durable
from durable_engine.checks.determinism import check_bodies, messages_about
from durable_engine.models import Workflow
from durable_engine.runtime.registry import registry
from durable_engine.tasks import DurableBackend, vendor
from durable_engine.tasks.results import LOST_WORKER
from tests.engine.histories import happened, status
from tests.tasks import functions

if vendor.NAME == "django.tasks":
    from django.tasks import default_task_backend, task, task_backends
    from django.tasks.base import TaskResultStatus
    from django.tasks.exceptions import (
        InvalidTask,
        TaskResultDoesNotExist,
        TaskResultMismatch,
    )
else:
    from django_tasks import default_task_backend, task, task_backends
    from django_tasks.base import TaskResultStatus
    from django_tasks.exceptions import InvalidTaskError as InvalidTask
    from django_tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch

BACKEND = {"BACKEND": "durable_engine.tasks.DurableBackend"}


def ended(result):
    """Wait until a task has ended; give its result as it is then."""
    try:
        durable.retrieve_workflow(result.id).get_result()
    except Exception:  # noqa: BLE001, S110 - the test looks at the result
        pass
    result.refresh()
    return result


def test_backend_can_everything():
    backend = task_backends["default"]
    assert default_task_backend == backend
    assert isinstance(backend, DurableBackend)
    assert (backend.alias, backend.options) == ("default", {})
    assert backend.supports_defer is True
    assert backend.supports_async_task is True
    assert backend.supports_get_result is True
    assert backend.supports_priority is True


class TestEnqueue:
    @pytest.mark.parametrize("chosen", [functions.noop, functions.noop_async])
    def test_gives_a_result_that_is_ready(self, engine_database, chosen):
        result = chosen.enqueue(1, two=3)
        assert result.status is TaskResultStatus.READY
        assert result.is_finished is False
        assert (result.started_at, result.last_attempted_at) == (None, None)
        assert result.finished_at is None
        assert result.task == chosen
        assert (result.args, result.kwargs) == ([1], {"two": 3})
        assert (result.attempts, result.errors, result.backend) == (0, [], "default")
        assert chosen.get_result(result.id) == result
        with pytest.raises(ValueError, match="Task has not finished yet"):
            _ = result.return_value
        row = durable.get_workflow_status(result.id)
        assert (row.name, row.queue_name) == (chosen.module_path, "default")
        assert row.created_at == result.enqueued_at

    async def test_async_gives_the_same(self, engine_database):
        result = await functions.noop_async.aenqueue(1, two=3)
        assert await functions.noop_async.aget_result(result.id) == result
        await result.arefresh()
        assert result.status is TaskResultStatus.READY

    async def test_on_a_running_loop_names_its_twin(self, engine_database):
        with pytest.raises(
            durable.SynchronousCallInEventLoop, match=r"await Task\.aenqueue\(\)"
        ):
            functions.noop.enqueue()

    def test_invalid_argument_stores_nothing(self, engine_database):
        with pytest.raises(TypeError, match="Unsupported type"):
            functions.noop.enqueue(durable.now())
        assert durable.list_workflows() == []

    def test_joins_the_callers_transaction(self, engine_database):
        with transaction.atomic():
            gone = functions.noop.enqueue()
            assert functions.noop.get_result(gone.id) == gone
            transaction.set_rollback(True)
        with pytest.raises(TaskResultDoesNotExist):
            functions.noop.get_result(gone.id)
        with transaction.atomic():
            kept = functions.noop.enqueue()
        assert functions.noop.get_result(kept.id) == kept

    def test_under_a_used_id_gives_what_is_there(self, worker):
        with durable.SetWorkflowID("once"):
            first = ended(functions.meaning_of_life.enqueue())
        with durable.SetWorkflowID("once"):
            second = functions.meaning_of_life.enqueue()
        assert second == first
        assert second.return_value == 42

    def test_in_a_workflow_is_a_child(self, worker):
        @durable.workflow
        def parent():
            return functions.double.enqueue(4).id

        with durable.SetWorkflowID("p"):
            child = parent()
        assert child == "p-1"
        assert ended(functions.double.get_result(child)).return_value == 8

    def test_wakes_a_worker_at_once(self, worker):
        result = functions.double.enqueue(21)
        assert durable.retrieve_workflow(result.id).get_result() == 42


class TestRunning:
    def test_result(self, worker):
        result = ended(functions.meaning_of_life.enqueue())
        assert result.status is TaskResultStatus.SUCCESSFUL
        assert result.is_finished is True
        assert result.return_value == 42
        assert result.enqueued_at <= result.started_at <= result.finished_at
        assert result.last_attempted_at == result.started_at
        assert (result.attempts, result.errors) == (1, [])
        assert result.worker_ids == [durable.executor_id]

    def test_while_it_runs(self, worker):
        functions.begun.clear()
        functions.release.clear()
        result = functions.hold.enqueue()
        happened(functions.begun)
        result.refresh()
        assert result.status is TaskResultStatus.RUNNING
        assert result.worker_ids == [durable.executor_id]
        assert result.started_at is not None
        assert result.finished_at is None
        functions.release.set()
        assert ended(result).status is TaskResultStatus.SUCCESSFUL

    @pytest.mark.parametrize(
        ("chosen", "exception", "message"),
        [
            (functions.fail, ValueError, "This task failed due to ValueError"),
            (functions.exit_system, SystemExit, "This task failed due to SystemExit"),
            (functions.exit_async, SystemExit, "This task failed due to SystemExit"),
        ],
    )
    def test_error(self, worker, caplog, chosen, exception, message):
        result = ended(chosen.enqueue())
        assert result.status is TaskResultStatus.FAILED
        with pytest.raises(ValueError, match="Task failed"):
            _ = result.return_value
        assert result.finished_at >= result.started_at
        (error,) = result.errors
        assert error.exception_class is exception
        assert error.traceback.endswith(f"{exception.__name__}: {message}\n")
        durable.destroy()  # says what is left to say
        told = [
            r for r in caplog.records if r.exc_info and message in str(r.exc_info[1])
        ]
        assert [record.getMessage() for record in told] == [
            f"Task id={result.id} path={chosen.module_path} state=FAILED"
        ]

    def test_complex_error_and_return(self, worker):
        result = ended(functions.complex_exception.enqueue())
        assert result.errors[0].exception_class is ValueError
        shown = 'ValueError(ValueError("This task failed"))'
        assert shown in result.errors[0].traceback
        result = ended(functions.complex_return.enqueue())
        assert result.errors[0].exception_class is TypeError
        assert "Unsupported type" in result.errors[0].traceback
        assert ended(functions.lists.enqueue((2, 3))).return_value == [1, [2, 3]]

    def test_context(self, worker):
        result = ended(functions.own_id.enqueue())
        assert result.return_value == result.id
        assert ended(functions.attempt.enqueue(1)).return_value == 5
        assert ended(functions.attempt.using(priority=7).enqueue(1)).return_value == 7

    def test_queries_are_no_mistake_in_it(self, worker):
        assert ended(functions.query.enqueue()).return_value == 1

    def test_cancelled_and_given_up_have_failed(self, engine_database):
        result = functions.noop.enqueue()
        durable.cancel_workflow(result.id)
        result.refresh()
        assert result.status is TaskResultStatus.FAILED
        assert result.errors[0].exception_class is durable.AwaitedWorkflowCancelled
        assert result.errors[0].traceback == f"Workflow {result.id} was cancelled."

    def test_workflow_as_a_task_keeps_its_history(self, worker):
        functions.ran.clear()
        result = functions.program.enqueue("counted")
        name = durable.get_workflow_status(result.id).name
        assert name == f"{functions.__name__}.program@task"
        durable.send(result.id, "go on")
        assert ended(result).return_value == "go on"
        names = [step.name for step in durable.list_workflow_steps(result.id)]
        assert names == [f"{functions.__name__}.count", "durable.recv"]
        assert functions.ran == ["counted"]


class TestChoosing:
    def test_priority_is_the_queues_order(self, engine_database):
        functions.ran.clear()
        for priority in (-100, 0, 100, 3):
            functions.append.using(priority=priority).enqueue(priority)
        low = functions.append.using(priority=-100).enqueue("last")
        assert functions.append.get_result(low.id).task.priority == -100
        durable.launch(threads=1)
        ended(low)
        assert functions.ran == [100, 3, 0, -100, "last"]

    def test_run_after_is_kept_and_obeyed(self, worker):
        later = durable.now() + timedelta(days=2)
        result = functions.noop.using(run_after=later).enqueue()
        assert status(result.id) == "DELAYED"
        assert functions.noop.get_result(result.id) == result
        assert result.task.run_after == later
        past = durable.now() - timedelta(days=2)
        soon = functions.noop.using(run_after=past).enqueue()
        assert ended(soon).status is TaskResultStatus.SUCCESSFUL
        assert soon.task.run_after == past
        durable.set_workflow_delay(result.id, delay_seconds=0)
        assert ended(result).status is TaskResultStatus.SUCCESSFUL

    def test_queue_of_the_same_name(self, engine_database):
        result = functions.noop.using(queue_name="mail").enqueue()
        assert functions.noop.get_result(result.id) == result
        assert durable.get_workflow_status(result.id).queue_name == "mail"

    def test_another_alias_is_remembered(self, engine_database):
        with override_settings(TASKS={"default": BACKEND, "other": BACKEND}):
            assert "default" in registry.queue_names()
            with durable.SetWorkflowAttributes({"customer": 7}):
                result = functions.noop.using(backend="other").enqueue()
            assert result.backend == "other"
            assert functions.noop.get_result(result.id) == result
            row = durable.get_workflow_status(result.id)
            assert row.attributes == {
                "customer": 7,
                "django.tasks": {"backend": "other"},
            }

    def test_any_version_of_the_application_runs_it(self, engine_database):
        result = functions.noop.enqueue()
        row = durable.get_workflow_status(result.id)
        assert row.app_version is None
        held = functions.program.enqueue("x")
        row = durable.get_workflow_status(held.id)
        assert row.app_version == durable.application_version


class TestRefusing:
    def test_unknown_results(self, engine_database):
        with pytest.raises(TaskResultDoesNotExist, match="no task result '123'"):
            functions.noop.get_result("123")

        @durable.workflow(name="no task")
        def no_task():
            return 1

        handle = durable.start_workflow(no_task)
        with pytest.raises(TaskResultDoesNotExist, match="'no task', which is no task"):
            default_task_backend.get_result(handle.workflow_id)
        result = functions.noop.enqueue()
        with pytest.raises(TaskResultMismatch, match="Task does not match"):
            functions.noop_async.get_result(result.id)

    async def test_unknown_result_async(self, engine_database):
        with pytest.raises(TaskResultDoesNotExist):
            await functions.noop.aget_result(123)

    def test_what_cannot_be_a_task(self):
        def local():
            pass

        with pytest.raises(InvalidTask, match="must be defined at a module level"):
            task(local)
        with pytest.raises(InvalidTask, match="first argument of 'context'"):
            task(takes_context=True)(functions.meaning_of_life.func)
        for priority in (-101, 101, 3.1):
            with pytest.raises(InvalidTask, match="priority must be a whole number"):
                functions.noop.using(priority=priority)
        with pytest.raises(InvalidTask, match="run_after must be an aware datetime"):
            functions.noop.using(run_after=datetime(2030, 1, 1))  # noqa: DTZ001

    def test_queue_that_the_backend_does_not_have(self, engine_database):
        chosen = functions.noop.using(queue_name="unknown")
        with (
            override_settings(TASKS={"default": {**BACKEND, "QUEUES": ["mail"]}}),
            pytest.raises(InvalidTask, match="Queue 'unknown' is not valid"),
        ):
            chosen.enqueue()

    def test_checks(self, monkeypatch):
        assert task_backends["default"].check() == []
        monkeypatch.setattr("django.apps.apps.is_installed", lambda _: False)
        assert task_backends["default"].check() == [
            checks.Error(
                "TASKS['default'] uses DurableBackend, and its tables are missing: "
                "'durable_engine' is not in INSTALLED_APPS.",
                hint="Add it, and run `manage.py migrate`.",
                id="durable.E051",
            )
        ]


def test_bodies_of_tasks_may_do_what_they_like():
    names = [functions.query.module_path, f"{functions.__name__}.program@task"]
    plain, durably = (registry.workflow(name) for name in names)
    assert messages_about(plain) != []  # it would be one in a workflow
    assert [m for m in check_bodies() if "tests/tasks/functions.py" in m.msg] == []
    assert (plain.guard, durably.guard) == ("off", None)


class TestSignals:
    def test_three_in_order(self, engine_database):
        said = []

        def hear(signal, task_result, **kwargs):
            name = next(n for n in vars(vendor) if getattr(vendor, n) is signal)
            assert kwargs["sender"] is DurableBackend
            said.append((name, task_result.id, str(task_result.status)))

        signals = (vendor.task_enqueued, vendor.task_started, vendor.task_finished)
        for signal in signals:
            signal.connect(hear)
        try:
            good, bad = functions.double.enqueue(1), functions.fail.enqueue()
            durable.launch()
            ended(good)
            ended(bad)
            durable.destroy()
        finally:
            for signal in signals:
                signal.disconnect(hear)
        for result, outcome in ((good, "SUCCESSFUL"), (bad, "FAILED")):
            assert [one for one in said if one[1] == result.id] == [
                ("task_enqueued", result.id, "READY"),
                ("task_started", result.id, "RUNNING"),
                ("task_finished", result.id, outcome),
            ]


def test_lost_workers_are_counted(engine_database):
    result = functions.attempt.enqueue(3)
    Workflow.objects.filter(pk=result.id).update(recovery_attempts=2)
    durable.launch()
    assert ended(result).return_value == 5
    assert result.worker_ids == [LOST_WORKER, LOST_WORKER, durable.executor_id]
    assert result.attempts == 3
    assert result.last_attempted_at >= result.started_at


def test_workers_that_died_are_named(engine_database):
    result = functions.attempt.enqueue(3)
    Workflow.objects.filter(pk=result.id).update(
        status="PENDING",
        executor_id="second",
        lost_executors="first",
        epoch=2,
        recovery_attempts=2,
    )
    durable.launch()
    assert ended(result).return_value == 5
    assert result.worker_ids == ["first", "second", durable.executor_id]
    assert result.last_attempted_at >= result.enqueued_at


def test_inputs_are_the_tasks_own(engine_database):
    result = functions.noop.enqueue(1, two="three")
    row = durable.get_workflow_status(result.id)
    assert row.input == {"args": [1], "kwargs": {"two": "three"}}
