"""`workflow restart`."""

from typing import Any

from durable_engine import client
from durable_engine.management.shell.word import Options
from durable_engine.management.workflow.acting import CopyingWord


class Restart(CopyingWord):
    """Runs workflows again from the beginning."""

    name = "restart"
    help = (
        "Run workflows again from the beginning, with the same inputs, under new ids. "
        "The old ones stay as they are."
    )
    examples = "workflow restart order-42"
    done = "restarted"

    def copy(self, workflow_id: str, options: Options) -> client.WorkflowHandle[Any]:
        """Restart one."""
        del options
        return client.restart_workflow(workflow_id)
