"""The proofs of transactions on other aliases, after their workflows were deleted."""

import logging
from collections.abc import Sequence

from django.conf import settings as django_settings
from django.db import Error, transaction

from durable_engine.runtime.context import outside_workflow
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.registry import TransactionRegistration, registration_of
from durable_engine.store.copies import delete_proofs
from durable_engine.store.session import connection_of, dialect_for

logger = logging.getLogger(__name__)

_BATCH_ROWS = 500


def forget_proofs(engine: Engine, workflow_ids: Sequence[str]) -> None:
    """Delete what deleted workflows proved on the aliases that this process knows.

    Never fails: a proof that stays takes room, and is nobody's: another workflow of
    the same id was created later.
    """
    for alias in _aliases(engine) if workflow_ids else ():
        try:
            with outside_workflow():
                _delete(alias, workflow_ids)
        except Error as error:
            logger.warning(
                "proofs of %s deleted workflows stay at the alias %r: %s",
                len(workflow_ids),
                alias,
                error,
            )


def _aliases(engine: Engine) -> list[str]:
    """Return the aliases of transactions, but for the engine's own."""
    registrations = (
        registration_of(call.function) for call in engine.registry.runnable()
    )
    aliases = {
        registration.using
        for registration in registrations
        if isinstance(registration, TransactionRegistration) and registration.using
    }
    return sorted(aliases & set(django_settings.DATABASES) - {engine.store.alias})


def _delete(alias: str, workflow_ids: Sequence[str]) -> None:
    connection = connection_of(alias)
    for first in range(0, len(workflow_ids), _BATCH_ROWS):
        with transaction.atomic(using=alias):
            session = dialect_for(connection.vendor).borrow(connection)
            delete_proofs(session, workflow_ids[first : first + _BATCH_ROWS])
