"""How schedules are written."""

from typing import Any

from durable_engine.management.shell.acting import may, permitted
from durable_engine.management.shell.plain import record
from durable_engine.management.shell.word import Shell
from durable_engine.records import ScheduleInfo

_VIEW = "durable_engine.view_workflow"
_PAYLOAD = "durable_engine.view_payload"


def require_view(shell: Shell, name: str = "") -> None:
    """Ask whether the operator may look at schedules.

    Raises:
        NotAuthorized: no.
    """
    permitted(shell.act("view_workflow", _VIEW, "schedule", name))


def item(shell: Shell, schedule: ScheduleInfo) -> dict[str, Any]:
    """Return a schedule as JSON; its context is a payload."""
    values = record(schedule, name=schedule.name)
    name = schedule.name
    if not may(shell.act("view_payload", _PAYLOAD, "schedule", name)):
        values["context"] = None
    return values
