"""What users keep for themselves. No act on workflows, so no entry in the trail."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from console import zones
from console.conf import SAVED_VIEWS
from console.models import Preference, SavedView

COLUMNS = "columns"
ZONE = "zone"


class Refusal(ValueError):  # noqa: N818 - said to the user
    """What was asked for is not possible; the message says why."""


def save_view(user_id: int, name: str, query: str) -> SavedView:
    """Keep a query string under a name, in place of what the name held.

    Raises:
        Refusal: the name is empty or too long, or there are too many.
    """
    name = _checked(name)
    others = SavedView.objects.filter(user_id=user_id).exclude(name=name)
    if others.count() >= SAVED_VIEWS:
        message = _("You have %d saved views; delete one first.") % SAVED_VIEWS
        raise Refusal(message)
    view, _made = SavedView.objects.update_or_create(
        user_id=user_id, name=name, defaults={"query": query}
    )
    return view


def rename_view(user_id: int, key: int, name: str) -> None:
    """Give a view another name.

    Raises:
        Refusal: the name is empty, too long, or taken.
        SavedView.DoesNotExist: the user has no such view.
    """
    name = _checked(name)
    view = SavedView.objects.get(user_id=user_id, pk=key)
    taken = SavedView.objects.filter(user_id=user_id, name=name).exclude(pk=key)
    if taken.exists():
        raise Refusal(_("You have another view named “%s”.") % name)
    view.name = name
    view.save(update_fields=["name"])


def delete_view(user_id: int, key: int) -> None:
    """Forget a view; a key that is not the user's changes nothing."""
    SavedView.objects.filter(user_id=user_id, pk=key).delete()


def remember_columns(user_id: int, columns: Sequence[str]) -> None:
    """Keep which columns the user wants to see."""
    Preference.objects.update_or_create(
        user_id=user_id, key=COLUMNS, defaults={"value": list(columns)}
    )


def remember_zone(user_id: int, choice: str) -> None:
    """Keep in which time zone the user wants to see times: see `console.zones`.

    Raises:
        Refusal: there is no such zone.
    """
    if choice not in (zones.SITE, zones.BROWSER) and not zones.exists(choice):
        message = _("There is no time zone “%s”; write for example Europe/Paris.")
        raise Refusal(message % choice[:80])
    if choice == zones.SITE:
        Preference.objects.filter(user_id=user_id, key=ZONE).delete()
        return
    Preference.objects.update_or_create(
        user_id=user_id, key=ZONE, defaults={"value": choice}
    )


def _checked(name: str) -> str:
    most = SavedView._meta.get_field("name").max_length or 0  # noqa: SLF001 - public
    name = " ".join(name.split())
    if not name or len(name) > most or not name.isprintable():
        raise Refusal(_("Give the view a name of at most %d characters.") % most)
    return name
