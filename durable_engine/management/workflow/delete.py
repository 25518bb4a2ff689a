"""`workflow delete`."""

from django.core.management.base import CommandError, CommandParser

from durable_engine import client
from durable_engine.management.shell.answers import Answer
from durable_engine.management.shell.faults import UsageError
from durable_engine.management.shell.given import read_ids
from durable_engine.management.shell.word import Options, Shell
from durable_engine.management.workflow.acting import ActingWord, add_tree, outcome_of
from durable_engine.records.operators import OperatorOutcome


class Delete(ActingWord):
    """Deletes workflows with all that belongs to them."""

    name = "delete"
    help = (
        "Delete workflows, whatever their status, with their steps, events, messages "
        "and streams. Asks first, unless --yes is given."
    )
    examples = """
    workflow delete order-42 --yes
    workflow list --status CANCELLED --all --ids | manage.py workflow delete - --yes
    """
    permission = "durable_engine.delete_workflow"
    done = "deleted"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ids, whether children are meant too, and consent."""
        super().add_arguments(parser)
        add_tree(parser, "delete")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def run(self, shell: Shell, options: Options) -> None:
        """Ask, then delete."""
        workflow_ids = read_ids(options["targets"])
        if not options["yes"]:
            _require_consent(shell, workflow_ids)
        self.act(shell, options, workflow_ids)

    def change(
        self, batch: list[str], options: Options, answer: Answer
    ) -> OperatorOutcome:
        """Delete some."""
        del answer
        return outcome_of(
            client.delete_workflows(batch, delete_children=options["children"])
        )


def _require_consent(shell: Shell, workflow_ids: list[str]) -> None:
    count = len(workflow_ids)
    what = repr(workflow_ids[0]) if count == 1 else f"{count:,} workflows"
    consent = shell.terminal.confirm(f"Delete {what} and all that belongs to them?")
    if consent is None:
        message = "Deleting needs --yes where nobody can be asked."
        raise UsageError(message)
    if not consent:
        message = "Nothing was deleted."
        raise CommandError(message)
