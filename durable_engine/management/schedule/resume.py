"""`schedule resume`."""

from durable_engine import client
from durable_engine.management.schedule.acting import ActingWord
from durable_engine.management.shell.word import Options


class Resume(ActingWord):
    """Lets paused schedules tick again."""

    name = "resume"
    help = "Go on with the next tick of paused schedules. Ticks in the pause are not made up for: see backfill."
    examples = "schedule resume nightly"
    done = "resumed"

    def change(self, name: str, options: Options) -> None:
        """Resume one."""
        del options
        client.resume_schedule(name)
