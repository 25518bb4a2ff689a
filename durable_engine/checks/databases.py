"""Checks of the aliases that the engine uses, by their settings alone."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import router

from durable_engine import conf
from durable_engine.conf import Settings
from durable_engine.store.session import connection_of

VENDORS = ("postgresql", "sqlite")
_OLDEST_SQLITE = (3, 38, 0)
_APP = "durable_engine"
_POOL_SIZE = 4  # psycopg_pool's own default
_JOURNAL = re.compile(r"journal_mode\s*=\s*'?(\w+)", re.IGNORECASE)


def engine_settings() -> Settings | None:
    """Return the setting; None where it cannot be used, which another check says."""
    try:
        return conf.settings()
    except ImproperlyConfigured:
        return None


def options_of(alias: str) -> dict[str, Any]:
    """Return `OPTIONS` of an alias."""
    return django_settings.DATABASES[alias].get("OPTIONS") or {}


@register(Tags.compatibility)
def check_database_engine(**_: Any) -> list[CheckMessage]:
    """The engine's alias is a database that the engine runs on, and set up for it."""
    settings = engine_settings()
    if settings is None:
        return []
    alias = settings.database
    connection = connection_of(alias)
    if connection.vendor not in VENDORS:
        return [
            Error(
                f"The alias {alias!r} is {connection.display_name}: the engine runs on "
                "PostgreSQL and SQLite.",
                hint="Name an alias of one of them in DURABLE_ENGINE['DATABASE'].",
                id="durable.E002",
            )
        ]
    found = [*_check_alias(alias)]
    if connection.vendor == "sqlite":
        found += [*_check_sqlite(alias)]
    else:
        found += [*_check_postgresql(settings)]
    return found


def _check_alias(alias: str) -> Iterator[CheckMessage]:
    if not router.allow_migrate(alias, _APP):
        yield Error(
            f"DATABASE_ROUTERS do not let the engine's tables be made at {alias!r}, "
            "where DURABLE_ENGINE['DATABASE'] has them.",
            hint=f"Allow the app {_APP!r} at that alias in allow_migrate().",
            id="durable.E006",
        )
    if not django_settings.DATABASES[alias].get("AUTOCOMMIT", True):
        yield checks.Warning(
            f"The alias {alias!r} has AUTOCOMMIT = False: starts and messages do not "
            "join a transaction that is not an atomic() block.",
            hint="Leave AUTOCOMMIT on, and use transaction.atomic().",
            id="durable.W007",
        )


def _check_sqlite(alias: str) -> Iterator[CheckMessage]:
    options = options_of(alias)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        yield Error(
            f"SQLite is {sqlite3.sqlite_version}: the engine needs 3.38 or later.",
            hint="Use a newer Python, or PostgreSQL.",
            id="durable.E003",
        )
    if str(options.get("transaction_mode", "")).upper() != "IMMEDIATE":
        yield checks.Warning(
            f"The SQLite alias {alias!r} begins transactions deferred: one that "
            "reads first and writes later fails at once when another writer was "
            "faster.",
            hint=(
                "Set OPTIONS['transaction_mode'] = 'IMMEDIATE' and a 'timeout' of "
                "20 seconds."
            ),
            id="durable.W001",
        )
    journal = _JOURNAL.search(str(options.get("init_command", "")))
    if journal is not None and journal[1].upper() != "WAL":
        yield checks.Warning(
            f"The SQLite alias {alias!r} sets journal_mode to {journal[1]} each time it "
            "connects, and the engine sets WAL: readers and writers block each other.",
            hint="Set PRAGMA journal_mode = WAL in OPTIONS['init_command'], or nothing.",
            id="durable.W004",
        )
    if django_settings.DATABASES[alias].get("TIME_ZONE") not in (None, "UTC"):
        yield checks.Warning(
            f"The SQLite alias {alias!r} has a TIME_ZONE: Django reads instants in it, "
            "and the engine writes them in UTC.",
            hint=f"Remove TIME_ZONE from DATABASES[{alias!r}].",
            id="durable.W008",
        )
    if django_settings.DATABASES[alias].get("NAME") == ":memory:":
        yield checks.Warning(
            f"The SQLite alias {alias!r} is in memory: every connection has a database "
            "of its own, so that no worker sees what is started.",
            hint="Give it a file in NAME.",
            id="durable.W009",
        )


def _check_postgresql(settings: Settings) -> Iterator[CheckMessage]:
    alias = settings.database
    pooled = django_settings.DATABASES[alias].get("DISABLE_SERVER_SIDE_CURSORS", False)
    if pooled and settings.listen_database in ("", alias):  # not None on purpose
        yield checks.Warning(
            f"The alias {alias!r} sets DISABLE_SERVER_SIDE_CURSORS, as behind a pooler "
            "in transaction mode, where LISTEN hears nothing: waiters only poll.",
            hint=(
                "Name an alias with a direct connection in "
                "DURABLE_ENGINE['LISTEN_DATABASE'], or None to poll knowingly."
            ),
            id="durable.W005",
        )
    yield from _check_role(settings)
    pool = options_of(alias).get("pool")
    if pool:
        given = pool if isinstance(pool, dict) else {}
        size = given.get("max_size") or given.get("min_size") or _POOL_SIZE
        if size < settings.worker_threads:
            yield checks.Warning(
                f"The pool of the alias {alias!r} has {size} connections and a worker "
                f"{settings.worker_threads} threads: steps wait for a connection, and "
                "fail when the pool's time-out is over.",
                hint=(
                    "Raise OPTIONS['pool']['max_size'], or lower "
                    "DURABLE_ENGINE['WORKER_THREADS']."
                ),
                id="durable.W006",
            )
    yield from _check_listening(settings)


def _check_role(settings: Settings) -> Iterator[CheckMessage]:
    alias = settings.database
    role = options_of(alias).get("assume_role")
    if not role or settings.session_state_allowed:
        return
    user = django_settings.DATABASES[alias].get("USER")
    yield checks.Warning(
        f"The alias {alias!r} assumes the role {role!r}, and the engine keeps no state "
        "of a session, as behind a pooler: its own connections have the rights of the "
        f"user {user!r}.",
        hint=(
            f"Have the server do it, ALTER ROLE {user} SET role = '{role}', and remove "
            "OPTIONS['assume_role']."
        ),
        id="durable.W013",
    )


def _check_listening(settings: Settings) -> Iterator[CheckMessage]:
    listening = settings.listen_alias
    if listening is None or listening == settings.database:
        return
    vendor = connection_of(listening).vendor
    if vendor != "postgresql":
        yield Error(
            f"DURABLE_ENGINE['LISTEN_DATABASE'] is {listening!r}, which is {vendor}: "
            "only PostgreSQL can be listened to.",
            hint="Name a direct alias of the same PostgreSQL database, or None to poll.",
            id="durable.E007",
        )
        return
    name = django_settings.DATABASES[settings.database].get("NAME")
    other = django_settings.DATABASES[listening].get("NAME")
    if name != other:
        yield checks.Warning(
            f"DURABLE_ENGINE['LISTEN_DATABASE'] {listening!r} is the database {other!r} "
            f"and {settings.database!r} is {name!r}: notifications stay within a "
            "database.",
            hint="Make both aliases name one database, unless a pooler renames it.",
            id="durable.W010",
        )
