"""`workflow resume`."""

from durable_engine import client
from durable_engine.management.shell.answers import Answer
from durable_engine.management.shell.word import Options
from durable_engine.management.workflow.acting import ActingWord, outcome_of
from durable_engine.records.operators import OperatorOutcome


class Resume(ActingWord):
    """Lets workflows go on."""

    name = "resume"
    help = (
        "Let workflows go on after their last completed step: those that are cancelled, "
        "dead-lettered, queued or delayed, and running ones whose process or version is "
        "gone. They run on the current version of the application, past any queue."
    )
    examples = """
    workflow resume order-42
    workflow list --app-version 3f2a --status PENDING --ids | manage.py workflow resume -
    """
    permission = "durable_engine.resume_workflow"
    done = "resumed"

    def change(
        self, batch: list[str], options: Options, answer: Answer
    ) -> OperatorOutcome:
        """Resume some."""
        del options, answer
        return outcome_of(client.resume_workflows(batch))
