"""`workflow export`."""

from django.core.management.base import CommandError, CommandParser

from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.given import add_ids, read_ids
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.viewing import require_payloads, require_view
from durable_engine.replaying import export_workflows, write_file


class Export(Word):
    """Writes workflows, with all that belongs to them, as JSON."""

    name = "export"
    help = (
        "Write workflows as one JSON document, with their inputs, steps, events, "
        "messages and streams, to be replayed (`workflow replay --file`) or imported "
        "elsewhere (`workflow import`)."
    )
    examples = """
    workflow export order-42 --output tests/histories/order.json
    workflow export order-42 --children > order.json
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ids, whether children are meant too, and where it goes."""
        add_ids(parser)
        parser.add_argument(
            "--children", action="store_true", help="also what they started, and so on"
        )
        parser.add_argument(
            "--output", metavar="PATH", help="a file (default: standard output)"
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Export, to the file or as the answer.

        Raises:
            CommandError: the file cannot be written.
        """
        workflow_ids = read_ids(options["targets"])
        for workflow_id in workflow_ids:
            require_view(shell, workflow_id)
            require_payloads(shell, workflow_id)
        document = export_workflows(workflow_ids, with_children=options["children"])
        path = options["output"]
        if path is None:
            write_document(shell.terminal, document)
            return
        try:
            write_file(document, path)
        except OSError as error:
            message = f"cannot write {path}: {error.strerror}"
            raise CommandError(message) from error
        count = len(document["workflows"])
        if shell.terminal.as_json:
            write_document(shell.terminal, {"path": path, "exported": count})
        else:
            shell.terminal.line(f"{count} exported to {path}")
