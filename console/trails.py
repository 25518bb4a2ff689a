"""What the query string of the audit page says, checked and frozen.

Called by the page, its export and nothing else. Names of fields are those of the
columns; an unknown outcome, a forged cursor or a bad instant raises `InvalidTrail`.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext as _

from console.conf import SEARCH_LENGTH
from console.models import AuditEntry

VIAS = ("console", "api", "command", "admin")
TARGET_TYPES = ("workflow", "queue", "schedule", "version", "token")
_LONGEST_CURSOR = 19


class InvalidTrail(ValueError):  # noqa: N818 - a statement about the query string
    """The query string asks for something that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which entries to list; empty fields ask for nothing."""

    actor: str = ""
    action: str = ""
    target_type: str = ""
    target_id: str = ""
    outcome: str = ""
    via: str = ""
    since: str = ""  # ISO 8601 with an offset, so that a link means the same to all
    until: str = ""

    @property
    def empty(self) -> bool:
        """Whether all entries are asked for."""
        return self == TrailFilter()

    @property
    def since_at(self) -> datetime | None:
        """The instant from which on entries are asked for."""
        return instant_of(self.since)

    @property
    def since_field(self) -> str:
        """The same as a field for dates and times shows it."""
        return _field(self.since_at)

    @property
    def until_field(self) -> str:
        """The same as a field for dates and times shows it."""
        return _field(self.until_at)

    @property
    def until_at(self) -> datetime | None:
        """The instant before which entries are asked for."""
        return instant_of(self.until)

    def query(self, before: int | None = None) -> str:
        """Write the query string, without `?`."""
        pairs = [(one.name, getattr(self, one.name)) for one in fields(self)]
        pairs += [("before", str(before))] if before is not None else []
        return urlencode([(name, value) for name, value in pairs if value])

    def without(self, name: str) -> str:
        """Write the query string of the same filter without one field."""
        pairs = [(one.name, getattr(self, one.name)) for one in fields(self)]
        return urlencode([(key, text) for key, text in pairs if text and key != name])

    @classmethod
    def parse(cls, query: QueryDict) -> Self:
        """Read a filter from a query string; keys that mean nothing are ignored.

        Raises:
            InvalidTrail: a value cannot be one; the message says which.
        """
        texts = {one.name: query.get(one.name, "").strip() for one in fields(cls)}
        for name, text in texts.items():
            if len(text) > SEARCH_LENGTH or "\0" in text:
                message = _("“%(name)s” takes at most %(most)d characters.")
                raise InvalidTrail(message % {"name": name, "most": SEARCH_LENGTH})
        _check_choice("outcome", texts["outcome"], AuditEntry.Outcome.values)
        _check_choice("via", texts["via"], VIAS)
        _check_choice("target_type", texts["target_type"], TARGET_TYPES)
        for name in ("since", "until"):
            if not texts[name]:
                continue
            if (instant := instant_of(texts[name])) is None:
                message = _("“%s” is not a date and time.") % texts[name]
                raise InvalidTrail(message)
            texts[name] = instant.isoformat()
        return cls(**texts)


def cursor_of(query: QueryDict, key: str = "before") -> int | None:
    """Read the number of an entry, such as before which a page begins; None: no limit.

    Raises:
        InvalidTrail: it was not written by us.
    """
    text = query.get(key, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < _LONGEST_CURSOR):
        raise InvalidTrail(_("The link to this page of the list is damaged."))
    return int(text)


def _field(instant: datetime | None) -> str:
    """Write what `datetime-local` shows; a zero of seconds it leaves out itself."""
    return "" if instant is None else f"{localtime(instant):%Y-%m-%dT%H:%M:%S}"


def _check_choice(name: str, text: str, choices: object) -> None:
    known = list(choices) if isinstance(choices, list | tuple) else []
    if text and text not in known:
        message = _("There is no %(name)s “%(text)s”; there are: %(known)s.")
        said = {"name": name, "text": text, "known": ", ".join(known)}
        raise InvalidTrail(message % said)


def instant_of(text: str) -> datetime | None:
    """Read an instant that somebody typed; None: it is none.

    Args:
        text: ISO 8601; without an offset in the current time zone.
    """
    try:
        # An offset that was typed: servers read its plus as a space.
        text = text.replace(" ", "+") if "T" in text else text
        found = parse_datetime(text) if text else None
    except ValueError:
        return None
    if found is None:
        return None
    try:
        aware = make_aware(found) if is_naive(found) else found
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
