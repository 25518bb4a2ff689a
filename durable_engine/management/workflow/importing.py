"""`workflow import`."""

import json
import sys

from django.core.management.base import CommandError, CommandParser

from durable_engine.management.shell.acting import perform_one
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.faults import UsageError
from durable_engine.management.shell.given import STANDARD_INPUT
from durable_engine.management.shell.terminal import printable
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.replaying import Document, import_workflows, read_file


class Import(Word):
    """Inserts exported workflows into this database."""

    name = "import"
    help = (
        "Insert the workflows of an export, all or none. What has not ended arrives as "
        "CANCELLED, so that nothing runs by itself; `workflow resume` continues it."
    )
    examples = """
    workflow import order.json
    workflow import order.json --run
    """
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file, and whether what is in flight goes on at once."""
        parser.add_argument(
            "path", metavar="FILE", help="an export; - reads standard input"
        )
        parser.add_argument(
            "--run",
            action="store_true",
            help="let workers go on with what has not ended",
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Import, and write the ids."""
        document = _document(options["path"])
        act = shell.act(
            "import_workflows", "durable_engine.start_workflow", "workflow", ""
        )
        ids = perform_one(act, lambda: import_workflows(document, run=options["run"]))
        if shell.terminal.as_json:
            write_document(shell.terminal, {"imported": ids})
        else:
            for workflow_id in ids:
                shell.terminal.line(printable(f"{workflow_id}  imported"))


def _document(path: str) -> Document:
    try:
        if path != STANDARD_INPUT:
            return read_file(path)
        found: Document = json.load(sys.stdin)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise CommandError(message) from error
    except ValueError as error:
        message = f"standard input holds no JSON: {error}"
        raise UsageError(message) from error
    return found
