"""`manage.py durable_rotate_keys`: bring payloads under the first encryption key."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from durable_engine.errors import SerializationError
from durable_engine.rotation import Progress, rotate

_BATCH_ROWS = 500


class Command(BaseCommand):
    """Encrypts anew what older keys encrypted."""

    help = (
        "Encrypt every payload that an older key of ENCRYPTION_KEYS encrypted under the "
        "first one, in small batches, while workers run. Afterwards the older keys are "
        "needed no more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be said on the command line."""
        parser.add_argument(
            "--batch",
            type=_rows,
            default=_BATCH_ROWS,
            help="rows that one query reads (default: %(default)s)",
        )
        parser.add_argument(
            "--decrypt",
            action="store_true",
            help="store everything unencrypted, before encryption is given up",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate all tables; fail if something is under a key that is not known."""
        del args
        tables: dict[tuple[str, str], Progress] = {}
        try:
            pages = rotate(batch_rows=options["batch"], decrypt=options["decrypt"])
            for progress in pages:
                tables[progress.table, progress.alias] = progress
        except SerializationError as error:
            raise CommandError(error.reason) from error
        for progress in tables.values():
            self.stdout.write(
                f"{progress.table} ({progress.alias}): {progress.changed} payloads "
                f"rewritten, {progress.seen} rows read"
            )
        unreadable = sum(progress.unreadable for progress in tables.values())
        if unreadable:
            message = (
                f"{unreadable} payloads are encrypted under keys that are not in "
                "ENCRYPTION_KEYS; they were left as they are."
            )
            raise CommandError(message)


def _rows(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if not 1 <= value <= 10_000:
        message = f"give a whole number from 1 to 10000, not {text!r}"
        raise ArgumentTypeError(message)
    return value
