"""`workflow cancel`."""

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.management.shell.answers import Answer
from durable_engine.management.shell.word import Options
from durable_engine.management.workflow.acting import ActingWord, add_tree, outcome_of
from durable_engine.records.operators import OperatorOutcome


class Cancel(ActingWord):
    """Cancels workflows."""

    name = "cancel"
    help = (
        "Cancel workflows. What is queued never runs, what waits ends now, what runs "
        "stops at its next durable call. What has ended is left alone."
    )
    examples = """
    workflow cancel order-42 order-43 --reason "wrong price"
    workflow list --status ENQUEUED --all --ids | manage.py workflow cancel -
    """
    permission = "durable_engine.cancel_workflow"
    done = "cancelled"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ids, and whether children are meant too."""
        super().add_arguments(parser)
        add_tree(parser, "cancel")

    def change(
        self, batch: list[str], options: Options, answer: Answer
    ) -> OperatorOutcome:
        """Cancel some."""
        del answer
        return outcome_of(
            client.cancel_workflows(batch, cancel_children=options["children"])
        )
