"""`schedule get`: all about one schedule."""

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.errors import NonExistentSchedule
from durable_engine.management.schedule.listing import item, require_view
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.plain import shown
from durable_engine.management.shell.terminal import printable
from durable_engine.management.shell.word import Options, Shell, Word


class Get(Word):
    """Shows one schedule."""

    name = "get"
    help = "Show one schedule."
    examples = "schedule get nightly"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the name."""
        add_id(parser, "NAME")

    def run(self, shell: Shell, options: Options) -> None:
        """Write what is known of it."""
        name = read_id(options["targets"])
        require_view(shell, name)
        schedule = client.get_schedule(name)
        if schedule is None:
            raise NonExistentSchedule(name=name)
        values = item(shell, schedule)
        if shell.terminal.as_json:
            write_document(shell.terminal, values)
            return
        width = max(map(len, values))
        for key, value in values.items():
            if value is not None:
                shell.terminal.line(f"{key:<{width}}  {printable(shown(value))}")
