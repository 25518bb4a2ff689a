"""`queue pause`."""

from durable_engine import client
from durable_engine.management.queue.acting import ActingWord
from durable_engine.management.shell.word import Options


class Pause(ActingWord):
    """Stops starting what is in queues."""

    name = "pause"
    help = (
        "Start nothing more from queues until they are resumed. Enqueuing goes on, and "
        "so does what runs."
    )
    examples = 'queue pause mail --reason "provider is down"'
    action = "pause_queue"
    done = "paused"

    def change(self, name: str, options: Options) -> None:
        """Pause one."""
        del options
        client.pause_queue(name)
