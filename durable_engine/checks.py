"""System checks: the message is the problem, the hint is the mend.

Without a database connection: settings, engine, options. With one (`check
--database …`, and before `migrate`): versions and tables.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from durable_engine import conf
from durable_engine.store.session import connection_of

_VENDORS = ("postgresql", "sqlite")
_OLDEST_POSTGRESQL = 140_000
_OLDEST_SQLITE = (3, 38, 0)


@register(Tags.compatibility)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every key of `DURABLE_ENGINE` is known and its value can be used."""
    return [Error(what, hint=mend, id="durable.E001") for what, mend in conf.problems()]


@register(Tags.compatibility)
def check_database_engine(**_: Any) -> list[CheckMessage]:
    """The engine's alias is a database that the engine runs on."""
    alias = _alias()
    if alias is None:
        return []
    connection = connection_of(alias)
    if connection.vendor not in _VENDORS:
        return [
            Error(
                f"The alias {alias!r} is {connection.display_name}: the engine runs on "
                "PostgreSQL and SQLite.",
                hint="Name an alias of one of them in DURABLE_ENGINE['DATABASE'].",
                id="durable.E002",
            )
        ]
    if connection.vendor == "sqlite":
        return _check_sqlite(alias)
    return []


def _check_sqlite(alias: str) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        found.append(
            Error(
                f"SQLite is {sqlite3.sqlite_version}: the engine needs 3.38 or later.",
                hint="Use a newer Python, or PostgreSQL.",
                id="durable.E003",
            )
        )
    options = django_settings.DATABASES[alias].get("OPTIONS", {})
    if str(options.get("transaction_mode", "")).upper() != "IMMEDIATE":
        found.append(
            checks.Warning(
                f"The SQLite alias {alias!r} begins transactions deferred: one that "
                "reads first and writes later fails at once when another writer was "
                "faster.",
                hint=(
                    "Set OPTIONS['transaction_mode'] = 'IMMEDIATE' and a 'timeout' of "
                    "20 seconds."
                ),
                id="durable.W001",
            )
        )
    return found


@register(Tags.compatibility)
def check_time_zones(**_: Any) -> list[CheckMessage]:
    """Instants are aware: schedules and filters need it."""
    if django_settings.USE_TZ:
        return []
    return [
        checks.Warning(
            "USE_TZ is False: instants of workflows come back naive from the models.",
            hint="Set USE_TZ = True.",
            id="durable.W002",
        )
    ]


@register(Tags.security)
def check_serializer(**_: Any) -> list[CheckMessage]:
    """The serializer can be imported, and is not one that runs code of rows."""
    if conf.problems():
        return []
    path = conf.settings().serializer
    try:
        serializer = import_string(path)()
    except ImportError as error:
        return [
            Error(
                f"DURABLE_ENGINE['SERIALIZER'] is {path!r}, which cannot be imported: "
                f"{error}",
                hint="Give the dotted path of a serializer class.",
                id="durable.E004",
            )
        ]
    except ImproperlyConfigured as error:
        return [
            Error(str(error), hint="Set what the serializer needs.", id="durable.E004")
        ]
    if serializer.name != "pickle":
        return []
    return [
        checks.Warning(
            "Payloads are pickled: whoever can write to the database and knows "
            "SECRET_KEY runs code in every process that reads them.",
            hint="Prefer the default JSONSerializer.",
            id="durable.W003",
        )
    ]


@register(Tags.database)
def check_database_version(
    databases: Iterable[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The server is not older than what the statements need."""
    alias = _alias()
    if alias is None or alias not in (databases or ()):
        return []
    connection = connection_of(alias)
    if connection.vendor != "postgresql":
        return []
    connection.ensure_connection()
    version = connection.connection.info.server_version
    if version >= _OLDEST_POSTGRESQL:
        return []
    return [
        Error(
            f"PostgreSQL at the alias {alias!r} is version {version // 10_000}: the "
            "engine needs 14 or later.",
            hint="Upgrade the server.",
            id="durable.E005",
        )
    ]


def _alias() -> str | None:
    try:
        return conf.settings().database
    except ImproperlyConfigured:
        return None  # said by check_settings
