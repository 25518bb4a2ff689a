"""`workflow children`: what a workflow started."""

from django.core.management.base import CommandParser

from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.listing import Listing
from durable_engine.management.workflow.viewing import (
    require_view,
    require_workflow,
    shows_payloads,
)


class Children(Word):
    """Lists the direct children of a workflow."""

    name = "children"
    help = "List the direct children of a workflow, the oldest first."
    examples = "workflow children order-42"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        add_id(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        require_workflow(workflow_id)
        payloads = not shell.terminal.as_json or shows_payloads(shell, workflow_id)
        filters = {"parent_workflow_id": workflow_id, "sort_desc": False}
        Listing(filters, most=None, payloads=payloads).write(shell.terminal)
