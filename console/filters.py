"""What the query string of the workflows page says, checked and frozen.

Called by views and by the live pieces, whose keys contain query strings. Everything
that comes from outside is checked here; an unknown status or a forged cursor raises
`InvalidFilter`, whose message is shown on the page.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from console.conf import SEARCH_LENGTH
from durable_engine.ids import MAX_ID_LENGTH
from durable_engine.states import WorkflowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class InvalidFilter(ValueError):  # noqa: N818 - a statement about the query string
    """The query string asks for something that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the list of workflows, which is ordered by instant and id."""

    created_at: datetime
    id: str

    def __str__(self) -> str:
        return f"{(self.created_at - _EPOCH) // _MICROSECOND}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            InvalidFilter: the text was not written by us.
        """
        micros, separator, workflow_id = text.partition("-")
        damaged = InvalidFilter(_("The link to this page of the list is damaged."))
        if not separator or not 1 <= len(workflow_id) <= MAX_ID_LENGTH:
            raise damaged
        try:
            created_at = _EPOCH + int(micros) * _MICROSECOND
        except (ValueError, OverflowError):
            raise damaged from None
        return cls(created_at=created_at, id=workflow_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFilter:
    """Which workflows to list; empty fields ask for nothing."""

    statuses: tuple[WorkflowState, ...] = ()
    name: str = ""
    search: str = ""

    @property
    def empty(self) -> bool:
        """Whether all workflows are asked for."""
        return self == WorkflowFilter()

    @property
    def status(self) -> str:
        """The one status that is asked for, for the select field."""
        return self.statuses[0].value if len(self.statuses) == 1 else ""

    def with_statuses(self, *statuses: WorkflowState) -> "WorkflowFilter":
        """Return the same filter for other statuses; none means all."""
        return replace(self, statuses=statuses)

    def with_name(self, name: str) -> "WorkflowFilter":
        """Return the same filter for one workflow name."""
        return replace(self, name=name)

    def query(self, **more: Cursor | None) -> str:
        """Write the query string, without `?`, with cursors if any are given."""
        pairs: list[tuple[str, str]] = [("status", str(s)) for s in self.statuses]
        pairs += [("name", self.name)] if self.name else []
        pairs += [("search", self.search)] if self.search else []
        pairs += [(key, str(cursor)) for key, cursor in more.items() if cursor]
        return urlencode(pairs)

    @classmethod
    def parse(cls, query: QueryDict) -> Self:
        """Read a filter from a query string; keys that mean nothing are ignored.

        Raises:
            InvalidFilter: a status is unknown or a text is longer than any id.
        """
        statuses = [text.upper() for text in query.getlist("status") if text]
        unknown = [text for text in statuses if text not in WorkflowState.__members__]
        if unknown:
            message = _("There is no status “%s”.") % unknown[0][:SEARCH_LENGTH]
            raise InvalidFilter(message)
        texts = {key: query.get(key, "").strip() for key in ("name", "search")}
        if any(len(text) > SEARCH_LENGTH or "\0" in text for text in texts.values()):
            message = _("Search for at most %d characters.") % SEARCH_LENGTH
            raise InvalidFilter(message)
        return cls(
            statuses=tuple(WorkflowState(text) for text in dict.fromkeys(statuses)),
            **texts,
        )


def cursor_from(query: QueryDict, key: str) -> Cursor | None:
    """Read the cursor under this key of a query string, if there is one.

    Raises:
        InvalidFilter: it was not written by us.
    """
    text = query.get(key, "")
    return Cursor.parse(text) if text else None
