"""Checks that ask a database: its version, and whether it was migrated."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from durable_engine.checks.databases import VENDORS, engine_settings
from durable_engine.checks.registrations import transactions
from durable_engine.models import TransactionCheckpoint, Workflow
from durable_engine.store.session import connection_of

_OLDEST_POSTGRESQL = 140_000
_TABLE = Workflow._meta.db_table  # noqa: SLF001 - Django's API
_PROOFS = TransactionCheckpoint._meta.db_table  # noqa: SLF001


@register(Tags.database)
def check_database_version(
    databases: Iterable[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The server is not older than what the statements need."""
    settings = engine_settings()
    if settings is None or settings.database not in (databases or ()):
        return []
    connection = connection_of(settings.database)
    if connection.vendor != "postgresql":
        return []
    connection.ensure_connection()
    version = connection.connection.info.server_version
    if version >= _OLDEST_POSTGRESQL:
        return []
    return [
        Error(
            f"PostgreSQL at the alias {settings.database!r} is version "
            f"{version // 10_000}: the engine needs 14 or later.",
            hint="Upgrade the server.",
            id="durable.E005",
        )
    ]


@register(Tags.database)
def check_tables(
    databases: Iterable[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The engine's tables are where they are used."""
    settings = engine_settings()
    if settings is None:
        return []
    wanted = {settings.database: (_TABLE, "the engine's tables")}
    for transaction in transactions():
        if transaction.using is not None:
            what = f"the table in which {transaction.name} proves its commits"
            wanted.setdefault(transaction.using, (_PROOFS, what))
    return [
        message
        for alias in sorted(set(databases or ()) & wanted.keys())
        for message in _missing(alias, *wanted[alias])
    ]


def _missing(alias: str, table: str, what: str) -> Iterator[CheckMessage]:
    connection = connection_of(alias)
    if connection.vendor not in VENDORS:
        return  # said by the checks of the aliases
    present = connection.introspection.table_names()
    # One without any table is about to be migrated for the first time.
    if present and table not in present:
        yield checks.Warning(
            f"The database at the alias {alias!r} lacks {what}.",
            hint=f"Run: manage.py migrate --database {alias}",
            id="durable.W012",
        )
