"""The time zone in which a reader sees times, and types them.

Called by whatever writes or reads times for one person: pages, polls and sockets. What a
user chose is a text: `SITE`, `BROWSER`, or the name of a zone. Only names that this
host's time zone database has are ever used, whatever a cookie says.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

SITE = ""
"""The project's zone, or the one that the project has activated for this request."""

BROWSER = "browser"
"""The zone of the browser, which a script of ours writes into a cookie."""

COOKIE = "durable_zone"


@cache
def names() -> tuple[str, ...]:
    """Return the zones that a user may choose, by name: `Europe/Paris`, `UTC`."""
    unwanted = ("Etc/", "SystemV/", "posix/", "right/")
    known = available_timezones()
    shown = (name for name in known if not name.startswith(unwanted))
    return tuple(sorted(name for name in shown if "/" in name or name == "UTC"))


def exists(name: str) -> bool:
    """Tell whether this host knows a zone of that name."""
    return name in _known()


def zone_name(choice: str, cookie: str) -> str:
    """Return the name of the zone that a choice means; "" for the site's own.

    Args:
        choice: what the user has chosen.
        cookie: what his browser says of its zone; believed only if there is such a one.
    """
    name = cookie if choice == BROWSER else choice
    return name if exists(name) else SITE


def seen_in(name: str) -> AbstractContextManager[None]:
    """Write and read times in this zone within the block; "" leaves the site's."""
    return timezone.override(ZoneInfo(name)) if name else _site()


def _site() -> AbstractContextManager[None]:
    return nullcontext()


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
