"""`schedule trigger`."""

from durable_engine import client
from durable_engine.management.schedule.acting import ActingWord
from durable_engine.management.shell.word import Options


class Trigger(ActingWord):
    """Starts the workflows of schedules now."""

    name = "trigger"
    help = "Start the workflow of each schedule now, also while it is paused."
    examples = "schedule trigger nightly"
    done = "triggered"

    def change(self, name: str, options: Options) -> str:
        """Trigger one; return the id of its workflow."""
        del options
        return client.trigger_schedule(name).workflow_id
