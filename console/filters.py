"""What the query string of the workflows page says, checked and frozen.

Called by views and by the live pieces, whose keys contain query strings. Everything
that comes from outside is checked here; an unknown status or a forged cursor raises
`InvalidFilter`, whose message is shown on the page. Names are those of
`durable_engine.list_workflows`, so that a link and a program read alike.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.conf import FILTER_JSON_CHARACTERS, SEARCH_LENGTH
from durable_engine.ids import MAX_ID_LENGTH
from durable_engine.states import ACTIVE, TERMINAL, WorkflowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PRESETS: dict[str, tuple[timedelta, str | Promise]] = {
    "15m": (timedelta(minutes=15), gettext_lazy("last 15 minutes")),
    "1h": (timedelta(hours=1), gettext_lazy("last hour")),
    "24h": (timedelta(hours=24), gettext_lazy("last 24 hours")),
    "7d": (timedelta(days=7), gettext_lazy("last 7 days")),
    "30d": (timedelta(days=30), gettext_lazy("last 30 days")),
}
"""Ranges of time that end now, by how the query string writes them."""

GROUPS: dict[str, tuple[str | Promise, tuple[WorkflowState, ...]]] = {
    "ACTIVE": (
        gettext_lazy("Not ended"),
        tuple(s for s in WorkflowState if s in ACTIVE),
    ),
    "FAILED": (
        gettext_lazy("Failed"),
        (WorkflowState.ERROR, WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED),
    ),
    "ENDED": (gettext_lazy("Ended"), tuple(s for s in WorkflowState if s in TERMINAL)),
}
"""Words that stand for several statuses."""

TEXTS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "queue_name": gettext_lazy("Queue"),
    "app_version": gettext_lazy("Version"),
    "executor_id": gettext_lazy("Executor"),
    "schedule_name": gettext_lazy("Schedule"),
    "parent_workflow_id": gettext_lazy("Parent"),
    "forked_from": gettext_lazy("Forked from"),
    "workflow_id_prefix": gettext_lazy("Id begins with"),
    "subject": gettext_lazy("Subject"),
    "search": gettext_lazy("Search"),
}
"""Filters that are a text, with what they are called."""

INSTANTS: dict[str, str | Promise] = {
    "start_time": gettext_lazy("Created from"),
    "end_time": gettext_lazy("Created until"),
    "completed_after": gettext_lazy("Ended from"),
    "completed_before": gettext_lazy("Ended until"),
}
"""Filters that are an instant."""

RANGES: dict[str, str | Promise] = {
    "created": gettext_lazy("Created"),
    "completed": gettext_lazy("Ended"),
}
"""Filters that are one of `PRESETS`."""

OLDEST_FIRST = "oldest"


class InvalidFilter(ValueError):  # noqa: N818 - a statement about the query string
    """The query string asks for something that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the list of workflows, which is ordered by instant and id.

    One without an id stands before all workflows of its instant.
    """

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
        if not separator or len(workflow_id) > MAX_ID_LENGTH:
            raise damaged
        try:
            created_at = _EPOCH + int(micros) * _MICROSECOND
        except (ValueError, OverflowError):
            raise damaged from None
        return cls(created_at=created_at, id=workflow_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One filter that is set, and the list without it."""

    label: str | Promise
    value: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFilter:
    """Which workflows to list, and in which order; empty fields ask for nothing."""

    statuses: tuple[WorkflowState, ...] = ()
    name: str = ""
    queue_name: str = ""
    app_version: str = ""
    executor_id: str = ""
    schedule_name: str = ""
    parent_workflow_id: str = ""
    forked_from: str = ""
    workflow_id_prefix: str = ""
    subject: str = ""  # "app.model:primary key"
    search: str = ""
    created: str = ""  # a key of PRESETS
    completed: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    completed_after: datetime | None = None
    completed_before: datetime | None = None
    attributes: str = ""  # a JSON object
    sort: str = ""
    columns: str = ""  # keys of `console.tables.columns`, separated by commas
    payloads: bool = False  # whether who asks may see payloads: search reads inputs

    @property
    def empty(self) -> bool:
        """Whether all workflows are asked for."""
        shown = replace(self, sort="", columns="", payloads=False)
        return shown == WorkflowFilter()

    @property
    def status(self) -> str:
        """What the select field shows: a status, or a word for several."""
        if len(self.statuses) == 1:
            return self.statuses[0].value
        groups = (k for k, (_word, s) in GROUPS.items() if set(s) == set(self.statuses))
        return next(groups, "")

    @property
    def oldest_first(self) -> bool:
        """Whether the list begins with the oldest."""
        return self.sort == OLDEST_FIRST

    @property
    def sealed(self) -> bool:
        """Whether what it finds tells something of payloads."""
        return bool(self.attributes) or bool(self.payloads and self.search)

    def with_statuses(self, *statuses: WorkflowState) -> "WorkflowFilter":
        """Return the same filter for other statuses; none means all."""
        return replace(self, statuses=statuses)

    def with_sort(self, sort: str) -> "WorkflowFilter":
        """Return the same filter in another order."""
        return replace(self, sort=sort)

    def with_columns(self, columns: str) -> "WorkflowFilter":
        """Return the same filter with these columns in its address."""
        return replace(self, columns=columns)

    def chips(self) -> Iterator[Chip]:
        """Say what is set, the search and a single status aside: fields show them."""
        if len(self.statuses) > 1:
            yield self._chip("statuses", _("Status"), ", ".join(self.statuses), ())
        for key, label in {**TEXTS, "attributes": _("Attributes")}.items():
            if (value := getattr(self, key)) and key != "search":
                yield self._chip(key, label, value, "")
        for key, label in RANGES.items():
            if preset := getattr(self, key):
                yield self._chip(key, label, str(PRESETS[preset][1]), "")
        for key, label in INSTANTS.items():
            if instant := getattr(self, key):
                shown = localtime(instant).isoformat(" ", "minutes")
                yield self._chip(key, label, shown, None)

    def _chip(self, key: str, label: str | Promise, value: str, nothing: Any) -> Chip:
        without: dict[str, Any] = {key: nothing}
        return Chip(label=label, value=value, query=replace(self, **without).query())

    def query(self, **more: object) -> str:
        """Write the query string, without `?`, with cursors and the like if given."""
        pairs: list[tuple[str, str]] = [("status", str(s)) for s in self.statuses]
        keys = (*TEXTS, *RANGES, "attributes", "sort", "columns")
        pairs += [(key, value) for key in keys if (value := getattr(self, key))]
        for key in INSTANTS:
            if instant := getattr(self, key):
                pairs.append((key, instant.isoformat()))
        pairs += [(key, str(value)) for key, value in more.items() if value]
        return urlencode(pairs)

    @classmethod
    def parse(cls, query: QueryDict, *, payloads: bool = False) -> Self:
        """Read a filter from a query string; keys that mean nothing are ignored.

        Args:
            query: the query string.
            payloads: whether who asks may see payloads.

        Raises:
            InvalidFilter: a value is not valid, or needs the permission to see
                payloads.
        """
        values: dict[str, Any] = {key: _text(query, key) for key in TEXTS}
        if values["subject"] and ":" not in values["subject"]:
            message = _("A subject is written as app.model:key, not “%s”.")
            raise InvalidFilter(message % values["subject"])
        sort = _text(query, "sort")
        if sort not in ("", OLDEST_FIRST):
            raise InvalidFilter(_("There is no order “%s”.") % sort)
        values |= {key: _preset(query, key) for key in RANGES}
        values |= {key: _instant(query, key) for key in INSTANTS}
        return cls(
            **values,
            statuses=_statuses(query),
            attributes=_attributes(query, payloads=payloads),
            sort=sort,
            columns=_text(query, "columns"),
            payloads=payloads,
        )


def cursor_from(query: QueryDict, key: str) -> Cursor | None:
    """Read the cursor under this key of a query string, if there is one.

    Raises:
        InvalidFilter: it was not written by us.
    """
    text = query.get(key, "")
    return Cursor.parse(text) if text else None


def _statuses(query: QueryDict) -> tuple[WorkflowState, ...]:
    given = [*query.getlist("status"), *query.getlist("statuses")]
    found: list[WorkflowState] = []
    for text in filter(None, (one.strip().upper() for one in given)):
        if text in GROUPS:
            found += GROUPS[text][1]
        elif text in WorkflowState.__members__:
            found.append(WorkflowState(text))
        else:
            message = _("There is no status “%s”.") % text[:SEARCH_LENGTH]
            raise InvalidFilter(message)
    return tuple(dict.fromkeys(found))


def _text(query: QueryDict, key: str) -> str:
    text: str = query.get(key, "").strip()
    if len(text) > SEARCH_LENGTH or "\0" in text:
        message = _("Search for at most %d characters.") % SEARCH_LENGTH
        raise InvalidFilter(message)
    return text


def _preset(query: QueryDict, key: str) -> str:
    text = _text(query, key)
    if text and text not in PRESETS:
        raise InvalidFilter(_("There is no range of time “%s”.") % text)
    return text


def _instant(query: QueryDict, key: str) -> datetime | None:
    text = _text(query, key)
    if not text:
        return None
    try:
        # An offset that was typed: servers read its plus as a space.
        moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
        if moment is None and (day := parse_date(text)):
            moment = datetime.combine(day, time.min)
        if moment is not None:
            aware = make_aware(moment) if is_naive(moment) else moment
            return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = _("“%s” is no instant; write for example 2026-11-22T12:00.") % text
    raise InvalidFilter(message)


def _attributes(query: QueryDict, *, payloads: bool) -> str:
    text: str = query.get("attributes", "").strip()
    if not text:
        return ""
    if not payloads:
        raise InvalidFilter(
            _("To filter by attributes you need the permission %s.")
            % "durable_engine.view_payload"
        )
    try:
        value = json.loads(text) if len(text) <= FILTER_JSON_CHARACTERS else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "\\u0000" in text or "\0" in text:
        example = '{"customer": 7}'
        raise InvalidFilter(
            _("Attributes are written as a JSON object, for example %s.") % example
        )
    return json.dumps(value, ensure_ascii=False)
