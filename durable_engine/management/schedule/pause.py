"""`schedule pause`."""

from durable_engine import client
from durable_engine.management.schedule.acting import ActingWord
from durable_engine.management.shell.word import Options


class Pause(ActingWord):
    """Stops the ticks of schedules."""

    name = "pause"
    help = "Start nothing at the ticks of schedules until they are resumed."
    examples = 'schedule pause nightly --reason "migration"'
    done = "paused"

    def change(self, name: str, options: Options) -> None:
        """Pause one."""
        del options
        client.pause_schedule(name)
