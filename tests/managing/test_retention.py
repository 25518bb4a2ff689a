"""What ended long ago goes; what has not ended never does."""

from datetime import timedelta

import pytest
from django.db.models import F

import durable_engine as durable
from durable_engine.models import Message, Step, Workflow
from tests.support.project import Project


@pytest.fixture
def program():
    @durable.step
    def work():
        pass

    @durable.workflow(name="tests.retained")
    def retained():
        work()

    return retained


def age(days, *workflow_ids):
    """Make workflows look as if all of it had happened earlier."""
    by = timedelta(days=days)
    Workflow.objects.filter(pk__in=workflow_ids).update(
        created_at=F("created_at") - by, completed_at=F("completed_at") - by
    )


def run(program, *workflow_ids):
    for workflow_id in workflow_ids:
        with durable.SetWorkflowID(workflow_id):
            program()
        durable.send(workflow_id, "unread")


def left():
    return sorted(Workflow.objects.values_list("pk", flat=True))


def test_by_the_time_of_their_end(engine_database, program):
    run(program, "old", "young", "new")
    age(10, "old")
    age(3, "young")
    assert durable.prune_workflows(days=5) == 1
    assert left() == ["new", "young"]
    assert Step.objects.filter(workflow_id="old").count() == 0
    assert Message.objects.filter(workflow_id="old").count() == 0
    assert Step.objects.count() == Message.objects.count() == 2
    assert durable.prune_workflows(days=0) == 2
    assert left() == []


def test_what_has_not_ended_stays_with_its_children(engine_database, program):
    @durable.workflow
    def parent():
        program()

    for status in ("ENQUEUED", "DELAYED", "PENDING"):
        run(program, status)
        Workflow.objects.filter(pk=status).update(status=status, executor_id="x")
    for status in ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR"):
        run(program, status)
        Workflow.objects.filter(pk=status).update(status=status)
    for workflow_id in ("waiting", "ended"):
        with durable.SetWorkflowID(workflow_id):
            parent()
    Workflow.objects.filter(pk="waiting").update(status="PENDING", executor_id="x")
    age(10, *left())
    durable.prune_workflows(days=5)
    assert left() == ["DELAYED", "ENQUEUED", "PENDING", "waiting", "waiting-1"]


def test_more_than_one_batch(engine_database, program):
    run(program, "one")
    row = Workflow.objects.get(pk="one")
    copies = []
    for number in range(1200):
        row.pk = f"copy-{number}"
        copies.append(
            Workflow(
                **{
                    field.attname: getattr(row, field.attname)
                    for field in row._meta.fields
                }
            )
        )
    Workflow.objects.bulk_create(copies)
    age(10, *left())
    assert durable.prune_workflows(days=5) == 1201


@pytest.mark.parametrize("days", [-1, True, float("nan"), float("inf")])
def test_bad_age(engine_database, days):
    with pytest.raises(ValueError, match="days must be 0 or more"):
        durable.prune_workflows(days=days)


def test_by_a_worker_when_the_setting_says_so(project: Project):
    project.configure(
        DURABLE_ENGINE={"DATABASE": "default", "RETENTION_DAYS": 0.0000001}
    )
    project.workflows("""
        import durable_engine as durable

        @durable.workflow
        def program():
            pass
    """)
    project.run("""
        from shop.workflows import program
        program()
    """)
    with project.worker():
        project.run("""
            import threading
            from durable_engine.models import Workflow
            while Workflow.objects.exists():
                threading.Event().wait(0.05)
        """)
