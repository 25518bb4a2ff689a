"""Point this process's Django at other databases for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from asgiref.local import Local
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from django.test import override_settings

from console.project.environment import database_from_url


@contextmanager
def connected_to(**urls: str) -> Iterator[None]:
    """Make these databases the only ones, in every thread of this process.

    The engine is told through `setting_changed`, before and after, so that it keeps
    nothing of the databases before. Connections that were made meanwhile are closed
    at the end, whichever thread made them.

    Args:
        urls: one URL per alias, `default` among them.
    """
    configured = ConnectionHandler(
        {alias: database_from_url(url) for alias, url in urls.items()}
    ).settings
    made: list[BaseDatabaseWrapper] = []
    create = connections.create_connection

    def create_connection(alias: str) -> BaseDatabaseWrapper:
        made.append(create(alias))
        return made[-1]

    with (
        patch.dict(settings.DATABASES, configured, clear=True),
        patch.dict(connections.settings, configured, clear=True),
        patch.object(connections, "_connections", Local(connections.thread_critical)),
        patch.object(connections, "create_connection", create_connection),
    ):
        try:
            with override_settings(DURABLE_ENGINE={**settings.DURABLE_ENGINE}):
                yield
        finally:
            for connection in made:
                connection.inc_thread_sharing()
                connection.close()
