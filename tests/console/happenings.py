"""A site on which something has happened, for the tests of the operating pages."""

from datetime import UTC, datetime, timedelta

from console.models import AuditEntry
from durable_engine.models import (
    ApplicationVersion,
    Executor,
    Queue,
    Schedule,
)
from tests.console import rows


def happen() -> None:
    """Write queues, schedules, executors, versions, entries and workflows."""
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    for number in range(6):
        at = now - timedelta(minutes=number)
        status = ("SUCCESS", "SUCCESS", "ERROR")[number % 3]
        rows.workflow(f"order-{number}", status, created_at=at)
    rows.workflow("stuck", "PENDING", created_at=now, app_version="v1")
    waiting = {"queue_name": "mail/out", "app_version": "v2"}
    rows.workflow("letter-1", "ENQUEUED", created_at=now, **waiting)
    stamps = {"created_at": now, "updated_at": now}
    Queue.objects.create(name="mail/out", declared={"concurrency": 5}, **stamps)
    Schedule.objects.create(
        name="nightly",
        workflow_name="shop.workflows.report",
        expression="0 3 * * *",
        active_since=now - timedelta(days=30),
        **stamps,
    )
    rows.executor("host:1:aa")
    rows.executor("host:2:bb", alive=False)
    Executor.objects.update(app_version="v2")
    rows.workflow("taken", "PENDING", created_at=now, executor_id="host:1:aa")
    for name in ("v1", "v2"):
        ApplicationVersion.objects.create(name=name, created_at=now, last_seen_at=now)
    AuditEntry.objects.create(
        actor="ada", via="console", action="cancel_workflow", target_type="workflow",
        target_id="order-1", outcome="done", reason="a test",
    )  # fmt: skip
