"""`schedule history`: what a schedule started."""

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.errors import NonExistentSchedule
from durable_engine.inspection import list_workflows
from durable_engine.management.shell.given import add_id, positive, read_id
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.listing import Listing
from durable_engine.management.workflow.viewing import require_view, shows_payloads

_ROWS = 20


class History(Word):
    """Lists the workflows that a schedule started."""

    name = "history"
    help = "List the workflows that a schedule started, the newest first."
    examples = "schedule history nightly --limit 5"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the name, and how many."""
        add_id(parser, "NAME")
        parser.add_argument(
            "--limit",
            type=positive,
            default=_ROWS,
            metavar="N",
            help="at most so many (default: %(default)s)",
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list; also of a schedule that is gone."""
        name = read_id(options["targets"])
        require_view(shell)
        payloads = not shell.terminal.as_json or shows_payloads(shell)
        known = client.get_schedule(name) is not None
        if not known and not list_workflows(schedule_name=name, limit=1):
            raise NonExistentSchedule(name=name)
        filters = {"schedule_name": name}
        listing = Listing(filters, most=options["limit"], payloads=payloads)
        listing.write(shell.terminal)
