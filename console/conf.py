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

FAILURE_DEPTH = 100_000
"""The overview looks for failures among this many of the newest workflows."""

LOOK_SECONDS = 0.03
"""How long a page walks through workflows for what no index leads to."""

COUNT_LOOK_SECONDS = 0.01
"""The same for the counts above it, which are left out where that does not do."""

BULK_SECONDS = 4.0
"""The same for an act on all that match, which somebody waits for."""

SEARCH_LENGTH = 255
"""The longest text to search for: no id or name is longer."""

FILTER_JSON_CHARACTERS = 2000
"""The longest JSON object that attributes are compared with."""

QUERY_SECONDS = 8.0
"""A query of a page that takes longer is given up, and the page says so."""

COUNT_SECONDS = 1.5
"""The same for counts, which a page can do without."""

SAVED_VIEWS = 50
"""Views that one user may save."""

TIMELINE_BARS = 200
"""Bars on a timeline; more steps share bars."""

TALK_ROWS = 50
"""Events, messages, streams and their newest values on the page of a workflow."""

TALK_CHARACTERS = 4096
"""What is read and shown of one value of those."""

FAMILY_ROWS = 10
"""Ancestors and claims listed on the page of a workflow."""

TRAIL_ROWS = 20
"""Entries of the audit trail on the page of a workflow."""

TREE_NODES = 2000
"""Values of a payload that are laid out as a tree; the text has the rest."""

PREVIEW_CHARACTERS = 300
"""What is read of an input or output to be shown in one line."""

PAYLOAD_CHARACTERS = 65_536
"""What is read and shown of an input or output."""

ERROR_CHARACTERS = 524_288
"""What is read of an error; the engine cuts messages and tracebacks shorter."""

POLL_SECONDS = 0.5
"""How often a watcher asks the database when nothing notifies it."""

RECHECK_SECONDS = 20.0
"""How often an open socket proves again who it belongs to (at most 30)."""

SOCKETS = 2000
"""Sockets that one server process holds open."""

SOCKETS_EACH = 100
"""How many of these one user may have: tabs, on all his machines."""

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

API_PAGE_CHARACTERS = 8 * 1024 * 1024
"""What a page of the API holds of payloads; it ends early, with a cursor, beyond."""

API_WAIT_SECONDS = 60.0
"""The longest that a request may wait for something to happen."""

API_WAITERS = 400
"""Requests that wait in one process; each looks every other second, hint or not."""

API_WAITERS_EACH = 200
"""How many of these one token or user may have."""

API_FEED_ROWS = 1000
"""The workflows that one reader of the feed follows: the newest that match."""

API_FEEDS = 20
"""Readers of the feed in one process; each looks once or twice a second."""

API_FEEDS_EACH = 5
"""How many of these one token or user may have."""

API_WAITERS_WSGI = 4
"""The same of a process that serves WSGI, whose few threads they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`DURABLE_CONSOLE`, read: its keys in lower case."""

    permissions: str = "console.permissions.by_django"  # who may do what
    api_requests_per_minute: int | None = 6000  # of one token or user; None: no limit

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
        ImproperlyConfigured: a key is unknown, or a value is not valid.
    """
    given: dict[str, Any] = getattr(project, "DURABLE_CONSOLE", {})
    known = Settings.__dataclass_fields__
    unknown = sorted(key for key in given if key.lower() not in known)
    if unknown:
        keys = ", ".join(sorted(name.upper() for name in known))
        message = f"DURABLE_CONSOLE has no key {unknown[0]!r}; there are: {keys}"
        raise ImproperlyConfigured(message)
    found = Settings(**{key.lower(): value for key, value in given.items()})
    most = found.api_requests_per_minute
    if most is not None and not _is_positive(most):
        message = (
            "DURABLE_CONSOLE['API_REQUESTS_PER_MINUTE'] must be a whole number of at "
            f"least 1, or None, not {most!r}"
        )
        raise ImproperlyConfigured(message)
    return found


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _forget(*, setting: str, **_: object) -> None:
    if setting == "DURABLE_CONSOLE":
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="durable_console.conf")
