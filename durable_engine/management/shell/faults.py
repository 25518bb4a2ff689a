"""From exceptions to messages and exit statuses."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.migrations.executor import MigrationExecutor

from durable_engine import conf
from durable_engine.errors import DurableError
from durable_engine.management.shell.terminal import Terminal
from durable_engine.store.session import connection_of

INTERRUPTED = 130
_LABELS = ("durable_engine", "durable_console")


class UsageError(CommandError):
    """Something was said that cannot be meant so; exit status 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


@contextmanager
def reported(terminal: Terminal) -> Iterator[None]:
    """End a command as a shell expects it to end.

    Raises:
        CommandError: what the engine or the database refused, in words.
        SystemExit: interrupted (130), or nobody reads the answer any more (0).
    """
    try:
        yield
    except DurableError as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        raise CommandError(_explained(error)) from error
    except BrokenPipeError:
        # Python would complain at its end about what it cannot write.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        terminal.note("interrupted")
        raise SystemExit(INTERRUPTED) from None


@contextmanager
def usage_errors() -> Iterator[None]:
    """What is refused within was said wrongly.

    Raises:
        UsageError: for a ValueError or TypeError.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


def _explained(error: DatabaseError) -> str:
    """Say what a database error most likely means for somebody at a shell."""
    alias = conf.settings().database
    try:
        executor = MigrationExecutor(connection_of(alias))
    except DatabaseError:
        return f"The database of the alias {alias!r} cannot be reached: {error}"
    leaves = [node for node in executor.loader.graph.leaf_nodes() if node[0] in _LABELS]
    if executor.migration_plan(leaves):
        where = "" if alias == DEFAULT_DB_ALIAS else f" --database {alias}"
        return (
            f"The database of the alias {alias!r} lacks tables or columns of the "
            f"engine. Run: manage.py migrate{where}"
        )
    return f"The database of the alias {alias!r} says: {error}"
