"""`schedule backfill`."""

from django.core.management.base import CommandParser

from durable_engine import client
from durable_engine.management.schedule.acting import ActingWord
from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.word import Options


class Backfill(ActingWord):
    """Starts the workflows of past ticks."""

    name = "backfill"
    help = (
        "Start the workflows of all ticks between two instants, which do not count "
        "themselves. Ids are those of live ticks: what was started is not started again."
    )
    examples = (
        "schedule backfill nightly "
        "--start 2026-11-01T00:00:00Z --end 2026-11-08T00:00:00Z"
    )
    done = "backfilled"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare names and bounds."""
        super().add_arguments(parser)
        for name, what in (("start", "after"), ("end", "before")):
            parser.add_argument(
                f"--{name}",
                required=True,
                metavar="INSTANT",
                help=f"ticks {what} it: ISO 8601 with an offset",
            )

    def change(self, name: str, options: Options) -> list[str]:
        """Backfill one; return the ids of the workflows of its ticks."""
        with usage_errors():
            handles = client.backfill_schedule(name, options["start"], options["end"])
        return [one.workflow_id for one in handles]
