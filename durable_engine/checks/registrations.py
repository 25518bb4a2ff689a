"""Checks of what decorators registered: names, and the aliases of transactions."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from durable_engine.checks.databases import VENDORS
from durable_engine.runtime.registry import (
    TransactionRegistration,
    registration_of,
    registry,
)
from durable_engine.store.session import connection_of


def transactions() -> Iterator[TransactionRegistration]:
    """Yield every transaction of this process, by name."""
    for call in sorted(registry.runnable(), key=lambda one: one.name):
        registration = registration_of(call.function)
        if isinstance(registration, TransactionRegistration):
            yield registration


@register(Tags.compatibility)
def check_transaction_aliases(**_: Any) -> list[CheckMessage]:
    """Each `@transaction(using=…)` names a database that can keep its proof."""
    return [*_unusable_aliases()]


def _unusable_aliases() -> Iterator[CheckMessage]:
    known = sorted(django_settings.DATABASES)
    for transaction in transactions():
        alias = transaction.using
        if alias is None:
            continue
        if alias not in known:
            yield Error(
                f"The transaction uses the alias {alias!r}, which is not in DATABASES.",
                hint=f"Name one of {known} in @transaction(using=…).",
                obj=transaction.name,
                id="durable.E008",
            )
        elif connection_of(alias).vendor not in VENDORS:
            yield Error(
                f"The transaction uses the alias {alias!r}, which is "
                f"{connection_of(alias).display_name}: its proof can be kept on "
                "PostgreSQL and SQLite only.",
                hint="Make it a @step, with a write that may be repeated.",
                obj=transaction.name,
                id="durable.E009",
            )


@register(Tags.compatibility)
def check_names_of_steps(**_: Any) -> list[CheckMessage]:
    """No two steps share a name; workflows, queues and schedules cannot at all."""
    return [
        checks.Warning(
            f"Two steps have this name: {first} and {second}. A replay cannot tell them "
            "apart, and a start by name takes the last one.",
            hint="Give one of them another name with name=….",
            obj=name,
            id="durable.W011",
        )
        for name, first, second in registry.shared_names()
    ]
