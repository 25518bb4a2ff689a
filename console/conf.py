"""The console's quantities, each with its reason, and the setting `DURABLE_CONSOLE`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

PAGE_ROWS = 50
"""Workflows on a page: what fits a tall screen twice."""

STEP_ROWS = 200
"""Steps shown at a time; a workflow of 10,000 steps opens as fast as one of 200."""

CHILD_ROWS = 50
"""Child workflows listed on the page of their parent."""

EXECUTOR_ROWS = 30
"""Processes listed on the overview."""

FAILURE_ROWS = 10
"""Failed workflows listed on the overview."""

COUNT_LIMIT = 10_000
"""No count reads more rows than this; beyond it the page says "10,000+"."""

NEW_LIMIT = 100
"""The announcement of new workflows counts no further."""

SEARCH_DEPTH = 100_000
"""Text is searched for among this many of the newest workflows."""

SEARCH_LENGTH = 255
"""The longest text to search for: no id or name is longer."""

PAYLOAD_CHARACTERS = 65_536
"""What is read and shown of an input or output."""

ERROR_CHARACTERS = 524_288
"""What is read of an error; the engine cuts messages and tracebacks shorter."""

POLL_SECONDS = 0.5
"""How often a watcher asks the database when nothing notifies it."""

RECHECK_SECONDS = 20.0
"""How often an open socket proves again who it belongs to (at most 30)."""

SLOTS_PER_PAGE = 300
"""Rows that one page may watch."""

MESSAGE_BYTES = 256 * 1024
"""The longest message taken from a socket: 300 rows with the longest ids."""

MESSAGES_PER_WINDOW = 30
"""Messages taken from a socket within `WINDOW_SECONDS`."""

WINDOW_SECONDS = 10.0

BULK_ROWS = 10_000
"""The most workflows that one bulk action changes; the rest is said to be left."""

BULK_BATCH_ROWS = 200
"""Workflows that a bulk action changes in one transaction, with their entries."""

REASON_CHARACTERS = 2000
"""What is kept of the reason of an act."""

TOKEN_USE_SECONDS = 60
"""The last use of a token is written down no more often than this."""

TOKEN_ROWS = 1000
"""The most tokens that a list shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`DURABLE_CONSOLE`, read: its keys in lower case."""

    permissions: str = "console.permissions.by_django"  # who may do what

    @property
    def resolver(self) -> Callable[..., bool]:
        """The function that decides about permissions.

        Raises:
            ImproperlyConfigured: the dotted path leads nowhere.
        """
        try:
            found: Callable[..., bool] = import_string(self.permissions)
        except ImportError as error:
            message = f"DURABLE_CONSOLE['PERMISSIONS'] = {self.permissions!r}: {error}"
            raise ImproperlyConfigured(message) from error
        return found


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the setting `DURABLE_CONSOLE`; read once, and again when it changes.

    Raises:
        ImproperlyConfigured: a key is unknown.
    """
    given: dict[str, Any] = getattr(project, "DURABLE_CONSOLE", {})
    known = Settings.__dataclass_fields__
    unknown = sorted(key for key in given if key.lower() not in known)
    if unknown:
        keys = ", ".join(sorted(name.upper() for name in known))
        message = f"DURABLE_CONSOLE has no key {unknown[0]!r}; there are: {keys}"
        raise ImproperlyConfigured(message)
    return Settings(**{key.lower(): value for key, value in given.items()})


def _forget(*, setting: str, **_: object) -> None:
    if setting == "DURABLE_CONSOLE":
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="durable_console.conf")
