"""`workflow fork`."""

from typing import Any

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.management.shell.given import positive
from durable_engine.management.shell.word import Options
from durable_engine.management.workflow.acting import CopyingWord


class Fork(CopyingWord):
    """Runs workflows again from a step."""

    name = "fork"
    help = (
        "Run workflows again from one of their steps, under new ids: the steps before "
        "it are copied. The old ones stay as they are."
    )
    examples = "workflow fork order-42 --step 3"
    done = "forked"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ids, the step and the version."""
        super().add_arguments(parser)
        parser.add_argument(
            "--step",
            type=positive,
            required=True,
            metavar="N",
            help="the first position that runs anew; see `workflow steps`",
        )
        parser.add_argument(
            "--app-version",
            metavar="NAME",
            help="whose workers run it (default: the current version)",
        )

    def copy(self, workflow_id: str, options: Options) -> client.WorkflowHandle[Any]:
        """Fork one."""
        return client.fork_workflow(
            workflow_id, options["step"], application_version=options["app_version"]
        )
