"""`workflow retry`."""

from typing import Any

from durable_engine import client
from durable_engine.management.shell.word import Options
from durable_engine.management.workflow.acting import CopyingWord


class Retry(CopyingWord):
    """Runs workflows again from the step that failed."""

    name = "retry"
    help = (
        "Run workflows again from the step that failed, under new ids: what was done "
        "before it is copied. The old ones stay as they are."
    )
    examples = """
    workflow retry order-42
    workflow list --status ERROR --all --ids | manage.py workflow retry - --json
    """
    done = "retried"

    def copy(self, workflow_id: str, options: Options) -> client.WorkflowHandle[Any]:
        """Retry one."""
        del options
        return client.retry_workflow(workflow_id)
