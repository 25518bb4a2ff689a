"""What a user has kept: saved views, columns, a time zone."""

from dataclasses import dataclass

from console import zones
from console.conf import SAVED_VIEWS
from console.models import Preference, SavedView


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view."""

    key: int
    name: str
    query: str


def saved_views(user_id: int) -> list[View]:
    """Read the user's saved views, by name."""
    found = SavedView.objects.filter(user_id=user_id).order_by("name")
    values = found.values_list("pk", "name", "query")[:SAVED_VIEWS]
    return [View(key=key, name=name, query=query) for key, name, query in values]


def preferred_columns(user_id: int) -> list[str] | None:
    """Read which columns the user wants to see; None: nothing was chosen."""
    value = _preferred(user_id, "columns")
    return [str(key) for key in value] if isinstance(value, list) else None


def preferred_zone(user_id: int) -> str:
    """Read in which time zone the user wants to see times: see `console.zones`."""
    value = _preferred(user_id, "zone")
    return value if isinstance(value, str) else zones.SITE


def reading_zone(user_id: int, cookie: str) -> str:
    """Tell in which zone the user reads times; "" for the site's own.

    Args:
        user_id: who reads.
        cookie: what his browser says of its zone.
    """
    return zones.zone_name(preferred_zone(user_id), cookie)


def _preferred(user_id: int, key: str) -> object:
    found = Preference.objects.filter(user_id=user_id, key=key)
    value: object = found.values_list("value", flat=True).first()
    return value
