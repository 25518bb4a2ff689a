"""What a list of workflows asks for, checked, as conditions and as what indexes serve."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

from durable_engine.inspection.conditions import (
    with_attributes,
    with_prefix,
    with_text,
)
from durable_engine.inspection.finding import Wanted
from durable_engine.inspection.walking import Place, behind
from durable_engine.models import Workflow
from durable_engine.records import Sought
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.runtime.requests import subject_key
from durable_engine.states import WorkflowState

_LINKS = ("id", "parent_workflow_id", "forked_from", "schedule_name")
_NUL = "\0"
_FORBIDDEN_STATUS = "known statuses: " + ", ".join(WorkflowState)

Values = str | Iterable[str] | None
Instant = datetime | str | None
Exact = dict[str, tuple[str, ...] | None]
Bounds = dict[str, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filters of `list_workflows`, checked."""

    exact: Exact  # by column, the values that are asked for
    bounds: Bounds  # by lookup
    own: tuple[Q, ...]  # what must hold of what a workflow belongs to
    search: str
    search_inputs: bool
    queues_only: bool

    def wanted(
        self, place: Place | None, *, newest_first: bool, fields: Iterable[str]
    ) -> tuple[Wanted, bool]:
        """Return the list of what follows a place.

        Args:
            place: None: from the beginning.
            newest_first: its order.
            fields: what is read.

        Returns:
            The list, and whether inputs are searched among the newest only.
        """
        rows = _bounded(_among(self.exact), self.bounds).filter(*self.own)
        limited = False
        if self.search:
            mentioning, limited = with_text(self.search, inputs=self.search_inputs)
            rows = rows.filter(mentioning)
        if self.queues_only:
            rows = rows.filter(queue_name__isnull=False)
            rows = rows.exclude(queue_name=INTERNAL_QUEUE)
        if place is not None:
            rows = rows.filter(behind(place, newest_first=newest_first))
        order = ("-created_at", "-id") if newest_first else ("created_at", "id")
        wanted = Wanted(
            rows=rows.order_by(*order).only(*fields),
            sought=self._sought(place, newest_first),
            probes=[*self.own, *self._linked()],
            ended_since=self.bounds["completed_at__gte"],
            others=bool(self.search) or self.bounds["completed_at__lte"] is not None,
        )
        return wanted, limited

    def _linked(self) -> list[Q]:
        """Return the filters by one column that has an index of its own."""
        chosen = ((field, self.exact[field]) for field in _LINKS)
        return [
            Q(**{f"{field}__in": some}) for field, some in chosen if some is not None
        ]

    def _sought(self, place: Place | None, newest_first: bool) -> Sought:
        """Return the filters that make kinds, with what time leaves of the list."""
        since = self.bounds["created_at__gte"]
        ends = (self.bounds["created_at__lte"], self.bounds["completed_at__lte"])
        until = min((end for end in ends if end is not None), default=None)
        statuses = self.exact["status"]
        wanted = Sought(
            statuses=tuple(WorkflowState) if statuses is None else statuses,
            names=self.exact["name"],
            queues=self.exact["queue_name"],
            versions=self.exact["app_version"],
            executors=self.exact["executor_id"],
            queues_left_out=("", INTERNAL_QUEUE) if self.queues_only else (),
            since=since,
            until=until,
            newest_first=newest_first,
        )
        return wanted if place is None else wanted.behind(*place)


def filters_of(
    *,
    exact: dict[str, Values],
    created: tuple[Instant, Instant],
    completed: tuple[Instant, Instant],
    belonging: tuple[Values, Model | None, dict[str, Any] | None],
    search: str | None,
    search_inputs: bool,
    queues_only: bool,
) -> Filters:
    """Check filters as `list_workflows` takes them.

    Args:
        exact: by column, one value or several.
        created: from when, and until when.
        completed: the same of the end.
        belonging: how the id begins, the subject, the attributes.
        search: and the rest: as there.
        search_inputs: see there.
        queues_only: see there.

    Raises:
        ValueError: one is not valid.
        TypeError: one is of another type.
    """
    exact["status"] = _statuses(exact["status"])
    text = _text("search", search or "")
    own = _belonging(*belonging)
    if _NUL in text:
        own.append(Q(pk__in=[]))
    return Filters(
        exact={field: _several(field, values) for field, values in exact.items()},
        bounds=_bounds(*created, *completed),
        own=tuple(own),
        search="" if _NUL in text else text,
        search_inputs=search_inputs,
        queues_only=queues_only,
    )


def _several(field: str, values: object) -> tuple[str, ...] | None:
    """Return one value or several as a tuple of those that the tables can hold."""
    if values is None:
        return None
    some = [values] if isinstance(values, str) else values
    if not isinstance(some, Iterable):
        message = f"{field} must be one text or several, not {values!r}"
        raise TypeError(message)
    # What holds a NUL matches nothing; PostgreSQL would refuse it.
    texts = (_text(field, value) for value in some)
    return tuple(text for text in texts if _NUL not in text)


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        message = f"{what} must be a str, not {type(value).__name__}: {value!r}"
        raise TypeError(message)
    return value


def _among(exact: Exact) -> QuerySet[Workflow]:
    """Filter by one value or several of each column."""
    chosen = {f"{field}__in": some for field, some in exact.items() if some is not None}
    return Workflow.objects.filter(**chosen)


def _bounds(
    start_time: Instant,
    end_time: Instant,
    completed_after: Instant,
    completed_before: Instant,
) -> Bounds:
    """Return instants by lookup, or None."""
    return {
        "created_at__gte": _instant("start_time", start_time),
        "created_at__lte": _instant("end_time", end_time),
        "completed_at__gte": _instant("completed_after", completed_after),
        "completed_at__lte": _instant("completed_before", completed_before),
    }


def _bounded(rows: QuerySet[Workflow], bounds: Bounds) -> QuerySet[Workflow]:
    """Filter by lookups to instants."""
    rows = rows.filter(
        **{lookup: instant for lookup, instant in bounds.items() if instant is not None}
    )
    if (instant := bounds["completed_at__lte"]) is not None:
        # Nothing ends before it is created, and the index is on that.
        rows = rows.filter(created_at__lte=instant)
    return rows


def _belonging(
    workflow_id_prefix: Values,
    subject: Model | None,
    attributes: dict[str, Any] | None,
) -> list[Q]:
    """Return what must hold of what a workflow belongs to, each with an index."""
    own: list[Q] = []
    prefixes = _several("workflow_id_prefix", workflow_id_prefix)
    if prefixes is not None and "" not in prefixes:
        nothing = Q(pk__in=[])
        own.append(reduce(or_, map(with_prefix, prefixes), nothing))
    if subject is not None:
        label, key = subject_key(subject)
        own.append(Q(subject_type=label, subject_id=key))
    if attributes is not None:
        own.append(with_attributes(attributes))
    return own


def _statuses(status: Values) -> Values:
    if status is None:
        return None
    some = [status] if isinstance(status, str) else list(status)
    for value in some:
        if value not in WorkflowState.__members__:
            message = f"there is no status {value!r}; {_FORBIDDEN_STATUS}"
            raise ValueError(message)
    return some


def _instant(what: str, value: Instant) -> datetime | None:
    if value is None:
        return None
    moment = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        message = (
            f"{what} must be an aware datetime or ISO 8601 text with an offset, "
            f"not {value!r}"
        )
        raise ValueError(message)
    return moment
