"""`queue resume`."""

from durable_engine import client
from durable_engine.management.queue.acting import ActingWord
from durable_engine.management.shell.word import Options


class Resume(ActingWord):
    """Starts again what is in paused queues."""

    name = "resume"
    help = "Start again what is in paused queues."
    examples = "queue resume mail"
    action = "resume_queue"
    done = "resumed"

    def change(self, name: str, options: Options) -> None:
        """Resume one."""
        del options
        client.resume_queue(name)
