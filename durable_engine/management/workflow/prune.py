"""`workflow prune`."""

from django.core.management.base import CommandParser

from durable_engine.client.retention import prune_in_batches
from durable_engine.management.shell.acting import note_done, permitted
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.given import amount
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records.operators import OperatorOutcome


class Prune(Word):
    """Deletes what ended long ago."""

    name = "prune"
    help = (
        "Delete workflows that ended, in any way, at least so many days ago, in bounded "
        "batches that hold up nobody. What has not ended stays."
    )
    examples = "workflow prune --days 90"
    writes = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the age."""
        parser.add_argument(
            "--days",
            type=amount,
            required=True,
            metavar="N",
            help="the least age since the end, in days; fractions count",
        )

    def run(self, shell: Shell, options: Options) -> None:
        """Delete until nothing that old is left, and tell how many there were."""
        days = options["days"]
        act = shell.act(
            "prune_workflows", "durable_engine.delete_workflow", "workflow", ""
        )
        permitted(act)
        deleted = 0
        try:
            with shell.terminal.progress("deleted") as show:
                for count in prune_in_batches(days=days):
                    deleted += count
                    show(deleted)
        except BaseException as error:
            failure = error if isinstance(error, Exception) else None
            note_done(act, _outcome(days, deleted, failure))
            raise
        note_done(act, _outcome(days, deleted))
        if shell.terminal.as_json:
            write_document(shell.terminal, {"deleted": deleted})
        else:
            shell.terminal.line(f"{deleted} deleted")


def _outcome(
    days: float, deleted: int, error: Exception | None = None
) -> OperatorOutcome:
    told = f"{deleted} deleted that ended {days:g} days ago or earlier"
    return OperatorOutcome(changed={"": told}, error=error)
