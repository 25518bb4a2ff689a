"""Who works at this shell."""

import getpass
import socket
from typing import Any

from django.apps import apps

from durable_engine.management.shell.faults import UsageError
from durable_engine.records.operators import Operator


def find_operator(user_name: str | None) -> Operator:
    """Return who acts: the Django user of that name, or whoever has this shell.

    Raises:
        UsageError: there is no such user, or the project has no users.
    """
    seat = f"{_account()}@{socket.gethostname()}"
    user = None if user_name is None else find_user(user_name)
    return Operator(seat=seat, user=user)


def find_user(name: str) -> Any:
    """Return the Django user of that name.

    Raises:
        UsageError: there is no such user, or the project has no users.
    """
    if not apps.is_installed("django.contrib.auth"):
        message = f"There is no user {name!r}: django.contrib.auth is not installed."
        raise UsageError(message)
    # Importing it needs the app to be installed.
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    model = get_user_model()
    try:
        return model._default_manager.get_by_natural_key(name)  # noqa: SLF001 - Django's API
    except model.DoesNotExist:
        message = f"There is no user {name!r}."
        raise UsageError(message) from None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return "unknown"
