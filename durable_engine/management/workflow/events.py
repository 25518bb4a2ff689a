"""`workflow events`: what a workflow published."""

from django.core.management.base import CommandParser

from durable_engine.inspection.decoding import readable
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.plain import short
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.rows import in_batches
from durable_engine.management.workflow.viewing import (
    require_payloads,
    require_view,
    require_workflow,
)
from durable_engine.models import Event
from durable_engine.runtime.engine import engine

_COLUMNS = (
    Column(title="KEY", least=12),
    Column(title="VALUE", least=20),
    Column(title="UPDATED", least=19),
)


class Events(Word):
    """Lists the events of a workflow."""

    name = "events"
    help = "List the latest value of every event that a workflow published, by key."
    examples = "workflow events order-42 --json"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        add_id(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        require_payloads(shell, workflow_id)
        require_workflow(workflow_id)
        serializer = engine().serializer
        rows = in_batches(Event.objects.filter(workflow_id=workflow_id), "key")
        found = (
            {
                "key": row.key,
                "value": readable(serializer, row.value),
                "position": row.position,
                "updated_at": row.updated_at,
            }
            for row in rows
        )
        if shell.terminal.as_json:
            write_items(shell.terminal, found)
            return
        write_table(
            shell.terminal,
            _COLUMNS,
            (
                (one["key"], short(one["value"]), moment(one["updated_at"]))
                for one in found
            ),
        )
