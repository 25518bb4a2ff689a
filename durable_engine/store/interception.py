"""Seeing the statements of Django's connections before they are sent.

The engine's own statements do not pass here: they go below Django's cursors.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]
Interceptor = Callable[[Execute, Any, Any, bool, dict[str, Any]], Any]


def intercept(interceptor: Interceptor) -> None:
    """Have every statement of this process's Django connections pass an interceptor.

    Connections get it as they connect; those that this thread has open, at once.
    Calling this again with the same function changes nothing.

    Args:
        interceptor: a wrapper as `connection.execute_wrapper` takes it; called for
            every statement of the project, so it must be quick.
    """

    def attach(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
        # First, not last: `with connection.execute_wrapper(…)` ends by removing the
        # last one, and a connection may be made inside such a block.
        if interceptor not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, interceptor)

    connection_created.connect(attach, weak=False, dispatch_uid=interceptor)
    for connection in connections.all(initialized_only=True):
        attach(connection=connection)
