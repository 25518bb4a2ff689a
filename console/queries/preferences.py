"""What a user has kept: saved views, columns."""

from dataclasses import dataclass

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
    found = Preference.objects.filter(user_id=user_id, key="columns")
    value = found.values_list("value", flat=True).first()
    return [str(key) for key in value] if isinstance(value, list) else None
