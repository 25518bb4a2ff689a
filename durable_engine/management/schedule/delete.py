"""`schedule delete`."""

from durable_engine import client
from durable_engine.management.schedule.acting import ActingWord
from durable_engine.management.shell.word import Options


class Delete(ActingWord):
    """Deletes schedules."""

    name = "delete"
    help = "Delete schedules. The workflows that they started stay. One that is declared in code comes back with the next worker that starts: pause it instead."
    examples = "schedule delete nightly"
    done = "deleted"

    def change(self, name: str, options: Options) -> None:
        """Delete one."""
        del options
        client.delete_schedule(name)
