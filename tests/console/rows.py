"""Rows of the system tables, written straight into them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from durable_engine.models import Executor, Queue, Schedule, Step, Workflow

HOSTILE = "\"><img src=x onerror=alert(1)>{{7*7}}</script>'&"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def workflow(workflow_id: str, status: str = "SUCCESS", **more: Any) -> Workflow:
    """Write one workflow; by default one that ran from `START` for two seconds."""
    created_at = more.pop("created_at", START)
    ended = status not in ("ENQUEUED", "DELAYED", "PENDING")
    begun = status not in ("ENQUEUED", "DELAYED")
    values = {
        "name": "shop.workflows.checkout",
        "inputs": '{"args":[42],"kwargs":{}}',
        "updated_at": created_at,
        "started_at": created_at if begun else None,
        "completed_at": created_at + timedelta(seconds=2) if ended else None,
    }
    return Workflow.objects.create(
        id=workflow_id, status=status, created_at=created_at, **(values | more)
    )


def workflows(count: int, **more: Any) -> list[str]:
    """Write many workflows, one a second; return their ids, newest first."""
    for number in range(count):
        at = START + timedelta(seconds=number)
        workflow(f"order-{number}", created_at=at, **more)
    return [f"order-{number}" for number in reversed(range(count))]


def step(workflow_id: str, position: int, **more: Any) -> Step:
    """Write one step, of 100 ms by default."""
    started_at = START + timedelta(seconds=position)
    values = {
        "name": f"shop.workflows.step_{position}",
        "epoch": 1,
        "output": "null",
        "started_at": started_at,
        "completed_at": started_at + timedelta(milliseconds=100),
    }
    return Step.objects.create(
        workflow_id=workflow_id, position=position, **(values | more)
    )


def executor(
    executor_id: str = "host:1:aa", *, alive: bool = True, kind: str = "worker"
) -> Executor:
    """Write one executor whose lease holds for an hour, or ended an hour ago."""
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    return Executor.objects.create(
        id=executor_id,
        kind=kind,
        hostname="host",
        pid=1,
        started_at=START,
        heartbeat_at=now,
        lease_expires_at=now + timedelta(hours=1 if alive else -1),
    )


def one_of_each() -> None:
    """Write `order-1` with a step, and a queue, a schedule and a version `mail`."""
    stamps = {"created_at": START, "updated_at": START}
    workflow("order-1", "PENDING", app_version="mail")
    step("order-1", 1)
    Queue.objects.create(name="mail", **stamps)
    Schedule.objects.create(
        name="mail", workflow_name="shop.report", expression="0 3 * * *", **stamps
    )


def states() -> tuple[object, ...]:
    """Tell what people change of workflows, queues and schedules."""
    return (
        list(Workflow.objects.order_by("id").values_list("id", "status")),
        list(Queue.objects.values_list("paused", "overridden")),
        list(Schedule.objects.values_list("paused")),
    )
