"""`schedule list`: which schedules there are."""

from durable_engine import client
from durable_engine.management.schedule.listing import item, require_view
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records import ScheduleInfo

_COLUMNS = (
    Column(title="SCHEDULE", least=12),
    Column(title="STATUS"),
    Column(title="CRON", least=9),
    Column(title="ZONE"),
    Column(title="NEXT", least=19),
    Column(title="LAST", least=19),
    Column(title="WORKFLOW", least=12),
)


class List(Word):
    """Lists schedules."""

    name = "list"
    help = "List the schedules, with the last tick and the next."
    examples = "schedule list"

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        del options
        require_view(shell)
        schedules = client.list_schedules()
        if shell.terminal.as_json:
            write_items(shell.terminal, (item(shell, one) for one in schedules))
        else:
            write_table(shell.terminal, _COLUMNS, map(_row, schedules))


def _row(schedule: ScheduleInfo) -> tuple[str, ...]:
    return (
        schedule.name,
        schedule.status,
        schedule.schedule,
        schedule.cron_timezone,
        moment(schedule.next_fire_at),
        moment(schedule.last_fired_at),
        schedule.workflow_name,
    )
