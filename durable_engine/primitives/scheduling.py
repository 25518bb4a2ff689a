"""`@scheduled`: a workflow that runs at the ticks of a cron schedule."""

from collections.abc import Callable
from typing import Any, TypeVar

from durable_engine.cron import check_schedule
from durable_engine.ids import check_key
from durable_engine.primitives.starting import workflow_registration
from durable_engine.records import ScheduleRow
from durable_engine.runtime.registry import registry

F = TypeVar("F", bound=Callable[..., Any])

_MOST_NAME_CHARACTERS = 200  # so that `sched-…` of it is a workflow id


def scheduled(
    schedule: str,
    *,
    timezone: str = "UTC",
    name: str | None = None,
    automatic_backfill: bool = False,
) -> Callable[[F], F]:
    """Run a workflow at the ticks of a cron schedule; each tick starts once.

    Stands above `@workflow`. The workflow is called with the tick's time and with the
    time at which it was started, both aware, in the schedule's zone.

    Args:
        schedule: five fields, or six with seconds first.
        timezone: such as `Europe/Paris`.
        name: of the schedule; default the workflow's.
        automatic_backfill: whether ticks that no worker saw are made up for.

    Raises:
        ValueError: the schedule or the time zone is not valid.
        UnregisteredWorkflow: the function is no workflow.
        ConflictingRegistration: another workflow's schedule has the name.
    """
    check_schedule(schedule, timezone)

    def decorate(function: F) -> F:
        workflow_name = workflow_registration(function).name
        registry.add_schedule(
            ScheduleRow(
                name=check_schedule_name(name or workflow_name),
                workflow_name=workflow_name,
                expression=schedule,
                timezone=timezone,
                automatic_backfill=automatic_backfill,
                declared_in_code=True,
            )
        )
        return function

    return decorate


def check_schedule_name(name: str) -> str:
    """Return the name if workflow ids can be made of it.

    Raises:
        ValueError: it is not printable, or has more than 200 characters.
    """
    check_key(name, what="the name of a schedule")
    if len(name) > _MOST_NAME_CHARACTERS:
        message = (
            f"the name of a schedule must have at most {_MOST_NAME_CHARACTERS} "
            f"characters; {name[:40]!r}… has {len(name)}"
        )
        raise ValueError(message)
    return name
