"""Checks of `check --deploy`: what is fine on a desk only."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from durable_engine.checks.databases import engine_settings
from durable_engine.store.session import connection_of


@register(Tags.security, deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    """A site in production runs workers of its own, on a server database."""
    settings = engine_settings()
    if settings is None:
        return []
    found: list[CheckMessage] = []
    if settings.embedded_worker:
        found.append(
            checks.Warning(
                "DURABLE_ENGINE['EMBEDDED_WORKER'] is on: every serving process runs "
                "workflows, shares its threads with requests, and stops them with each "
                "restart of the site.",
                hint="Set it to False and run manage.py durable_worker beside the site.",
                id="durable.W201",
            )
        )
    if connection_of(settings.database).vendor == "sqlite":
        found.append(
            checks.Warning(
                f"The alias {settings.database!r} is SQLite: one file on one machine, "
                "one writer at a time. Several workers get no faster, and no other "
                "machine takes over.",
                hint="Use PostgreSQL where more than one worker process is to run.",
                id="durable.W202",
            )
        )
    return found
