"""What somebody is told who forgot something."""

import logging

import pytest
from django.core.management import CommandError, call_command

import durable_engine as durable
from durable_engine.models import Executor, Workflow
from durable_engine.runtime import advice
from durable_engine.runtime.engine import engine, reset
from durable_engine.runtime.operations import perform
from durable_engine.store.session import connection_of
from durable_engine.worker import adoption, reporter
from tests.tasks import functions


@durable.workflow
def program():
    return 1


class TestNotMigrated:
    @pytest.fixture(autouse=True)
    def no_tables(self, engine_database):
        with connection_of("default").cursor() as cursor:
            for table in ("executor", "workflow"):
                cursor.execute(f"DROP TABLE durable_engine_{table}")

    def test_calls_say_what_to_run(self):
        for call in (program, lambda: durable.start_workflow(program)):
            with pytest.raises(durable.DurableError) as caught:
                call()
            said = str(caught.value)
            assert said.startswith(
                "The database of the alias 'default' lacks tables or columns of the "
                "engine ("
            )
            assert said.endswith("). Run: manage.py migrate --database default")

    def test_worker_says_what_to_run(self):
        with connection_of("default").cursor() as cursor:
            cursor.execute(
                "DELETE FROM django_migrations WHERE app = 'durable_engine' "
                "AND name LIKE '0002%'"
            )
        with pytest.raises(CommandError) as caught:
            call_command("durable_worker", "--burst", "--no-reload")
        assert str(caught.value) == (
            "The database of the alias 'default' lacks tables or columns of the engine "
            "(0002_queue_limits). Run: manage.py migrate --database default"
        )


def test_a_missing_column_says_what_to_run(engine_database):
    with connection_of("default").cursor() as cursor:
        cursor.execute(
            "ALTER TABLE durable_engine_workflow RENAME COLUMN started_by TO was_by"
        )
    for call in (program, lambda: durable.start_workflow(program)):
        with pytest.raises(durable.DurableError) as caught:
            call()
        said = str(caught.value)
        assert "lacks tables or columns of the engine (" in said
        assert "started_by" in said
        assert said.endswith("). Run: manage.py migrate --database default")


def test_before_apps_are_ready(engine_database, monkeypatch):
    reset()
    monkeypatch.setattr("django.apps.apps.ready", False)
    with pytest.raises(durable.DurableError) as caught:
        program()
    assert str(caught.value) == (
        "The engine was used before Django had started: not every workflow is known "
        "yet. Call this from a view, a command or a workflow and not while modules are "
        "imported or apps get ready; a script calls django.setup() first."
    )


class TestNobodyRuns:
    @pytest.fixture
    def look(self, engine_database, monkeypatch, caplog):
        monkeypatch.setattr(advice, "_PATIENCE_SECONDS", 0)
        chosen = advice.Advice(engine(), "w-1")

        def ask() -> list[str]:
            caplog.clear()
            perform(chosen.look())
            return [record.getMessage() for record in caplog.records]

        return ask

    def test_no_worker_at_all_is_said_once(self, look):
        (said,) = look()
        assert said == (
            "workflow w-1 waits, and no worker is running; start one: manage.py "
            "durable_worker"
        )
        assert look() == []

    def test_workers_of_another_version(self, look):
        now = durable.now()
        Executor.objects.create(
            id="other",
            pid=1,
            app_version="v0",
            started_at=now,
            heartbeat_at=now,
            lease_expires_at=now.replace(year=now.year + 1),
        )
        (said,) = look()
        assert said == (
            "workflow w-1 waits, and no worker runs this version of the application "
            f"({durable.application_version}; workers run v0); restart them"
        )

    def test_nothing_to_say_while_a_worker_runs(self, look):
        durable.launch()
        assert [said for said in look() if "w-1" in said] == []


def test_names_and_queues_that_no_worker_knows_are_reported_once(
    engine_database, caplog
):
    durable.enqueue_workflow("nowhere", program)
    durable.enqueue_workflow("nowhere", "nobody.knows")
    service = reporter.Reporter(engine(), serves_all=True)
    service._first = 0
    for _ in range(2):
        service.work()
    name, queue = (record.getMessage() for record in caplog.records)
    assert name == (
        "workflows named 'nobody.knows' wait, and this worker knows none of that name; "
        "is its module imported at start-up? Modules named 'workflows' of installed "
        "apps are."
    )
    assert queue == (
        "workflows wait in the queue 'nowhere', which this worker's code does not "
        "declare; put durable.Queue('nowhere') where it is imported at start-up, or "
        "start a worker with --queues."
    )


@pytest.mark.parametrize("develops", [False, True])
def test_what_is_stranded_and_needs_no_version_is_taken_in(
    engine_database, monkeypatch, caplog, develops
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(adoption, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(adoption, "_DEVELOPMENT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(adoption, "developing", lambda: develops)
    task = functions.noop.enqueue().id
    late = functions.noop.using(run_after=durable.now().replace(year=2100)).enqueue().id
    plain = durable.start_workflow(program).workflow_id
    owned = durable.start_workflow(program).workflow_id
    done = durable.start_workflow(program).workflow_id
    Workflow.objects.update(app_version="v0")
    Workflow.objects.filter(pk=owned).update(status="PENDING", executor_id="alive")
    Workflow.objects.filter(pk=done).update(status="SUCCESS")
    Workflow.objects.filter(pk=plain).update(status="PENDING")
    service = adoption.Adoption(engine())
    service.work()
    moved = Workflow.objects.filter(app_version=durable.application_version)
    assert set(moved.values_list("pk", flat=True)) == {
        task,
        late,
        *([plain] if develops else []),
    }
