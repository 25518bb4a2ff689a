"""Lists of workflows: filters, order, and paging by keyset."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import (
    Model,
    Q,
    QuerySet,
)
from django.utils.dateparse import parse_datetime

from durable_engine.ids import check_workflow_id
from durable_engine.inspection.conditions import (
    with_attributes,
    with_inputs,
    with_prefix,
)
from durable_engine.inspection.decoding import LIGHT_FIELDS, status_of
from durable_engine.inspection.finding import first_rows
from durable_engine.models import Workflow
from durable_engine.records import Sought, WorkflowStatus
from durable_engine.runtime.engine import engine
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.runtime.requests import subject_key
from durable_engine.states import WorkflowState

MOST_ROWS = 1000
_SEARCHED_ROWS = 100_000
_NUL = "\0"
_FORBIDDEN_STATUS = "known statuses: " + ", ".join(WorkflowState)

Values = str | Iterable[str] | None
Instant = datetime | str | None
Exact = dict[str, tuple[str, ...] | None]
Bounds = dict[str, datetime | None]
Place = tuple[datetime, str]


class WorkflowList(list[WorkflowStatus]):
    """One page of workflows.

    Attributes:
        next_cursor: give it back to get the next page; None at the end.
        search_limited: inputs were searched among the newest 100,000 only.
    """

    next_cursor: str | None = None
    search_limited: bool = False


def list_workflows(  # noqa: PLR0913 - the filters of the contract
    *,
    workflow_ids: Values = None,
    status: Values = None,
    name: Values = None,
    queue_name: Values = None,
    app_version: Values = None,
    executor_id: Values = None,
    start_time: Instant = None,
    end_time: Instant = None,
    completed_after: Instant = None,
    completed_before: Instant = None,
    parent_workflow_id: Values = None,
    forked_from: Values = None,
    workflow_id_prefix: str | None = None,
    attributes: dict[str, Any] | None = None,
    subject: Model | None = None,
    search: str | None = None,
    search_inputs: bool = True,
    schedule_name: Values = None,
    queues_only: bool = False,
    limit: int = 100,
    cursor: str | None = None,
    sort_desc: bool = True,
    load_input: bool = False,
    load_output: bool = False,
) -> WorkflowList:
    """Return workflows that match every filter given, by time of creation.

    Args:
        workflow_ids: one id or several.
        status: one of `WorkflowState` or several.
        name: one registered name or several.
        queue_name: one or several.
        app_version: one or several.
        executor_id: one or several; whose workflows run there now.
        start_time: created then or later; an aware datetime or ISO 8601 text.
        end_time: created then or earlier, likewise.
        completed_after: ended, in any way, then or later, likewise.
        completed_before: ended, in any way, then or earlier, likewise.
        parent_workflow_id: one or several; their direct children.
        forked_from: one or several; their forks.
        workflow_id_prefix: how the id begins.
        attributes: must be contained in the workflow's attributes.
        subject: a model instance given as `subject=` at the start.
        search: a part of id, name or inputs, in any case; inputs among the newest
            100,000.
        search_inputs: False leaves inputs out of the search.
        schedule_name: one or several; what they started.
        queues_only: only what was enqueued, not started directly.
        limit: most rows, 1 to 1000.
        cursor: `next_cursor` of the page before; the filters must be the same.
        sort_desc: newest first.
        load_input: whether inputs are read and decoded.
        load_output: whether outputs and errors are read and decoded.

    Raises:
        ValueError: a filter, the limit or the cursor is not valid.
    """
    _check_limit(limit)
    exact = _exactly(
        id=workflow_ids,
        status=_statuses(status),
        name=name,
        queue_name=queue_name,
        app_version=app_version,
        executor_id=executor_id,
        parent_workflow_id=parent_workflow_id,
        forked_from=forked_from,
        schedule_name=schedule_name,
    )
    bounds = _bounds(start_time, end_time, completed_after, completed_before)
    own = _belonging(workflow_id_prefix, subject, attributes)
    rows = _queued(_bounded(_among(exact), bounds).filter(*own), queues_only)
    rows, limited = _searched(rows, search, in_inputs=search_inputs)
    place = None if cursor is None else _decode_cursor(cursor)
    page = _page(rows, place, sort_desc).only(*_fields(load_input, load_output))
    sought = _sought(exact, bounds, place, queues_only, sort_desc)
    found = first_rows(page, sought, limit + 1, **_asides(exact, bounds, own, search))
    return _answer(found, limit, limited, load_input, load_output)


def list_queued_workflows(**filters: Any) -> WorkflowList:
    """Return workflows of queues that are delayed, enqueued or running.

    Args:
        filters: those of `list_workflows`; `status` narrows the three down.

    Raises:
        ValueError: a filter, the limit or the cursor is not valid.
    """
    active = (WorkflowState.ENQUEUED, WorkflowState.DELAYED, WorkflowState.PENDING)
    filters.setdefault("status", active)
    return list_workflows(queues_only=True, **filters)


def _check_limit(limit: object) -> None:
    whole = isinstance(limit, int) and not isinstance(limit, bool)
    if not whole or limit not in range(1, MOST_ROWS + 1):
        message = f"limit must be 1 to {MOST_ROWS}, not {limit!r}"
        raise ValueError(message)


def _exactly(**filters: Values) -> Exact:
    """Return by column the values that are asked for, or None."""
    return {field: _several(field, values) for field, values in filters.items()}


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
    workflow_id_prefix: str | None,
    subject: Model | None,
    attributes: dict[str, Any] | None,
) -> list[Q]:
    """Return what must hold of what a workflow belongs to, each with an index."""
    own: list[Q] = []
    prefix = _text("workflow_id_prefix", workflow_id_prefix or "")
    if _NUL in prefix:
        own.append(Q(pk__in=[]))
    elif prefix:
        own.append(with_prefix(prefix))
    if subject is not None:
        label, key = subject_key(subject)
        own.append(Q(subject_type=label, subject_id=key))
    if attributes is not None:
        own.append(with_attributes(attributes))
    return own


def _asides(
    exact: Exact, bounds: Bounds, own: list[Q], search: str | None
) -> dict[str, Any]:
    """Return what `first_rows` is told besides of the filters."""
    links = ("id", "parent_workflow_id", "forked_from", "schedule_name")
    linked = [
        Q(**{f"{field}__in": some})
        for field in links
        if (some := exact[field]) is not None
    ]
    return {
        "probes": [*own, *linked],
        "ended_since": bounds["completed_at__gte"],
        "others": bool(search) or bounds["completed_at__lte"] is not None,
    }


def _queued(rows: QuerySet[Workflow], queues_only: bool) -> QuerySet[Workflow]:
    if not queues_only:
        return rows
    return rows.filter(queue_name__isnull=False).exclude(queue_name=INTERNAL_QUEUE)


def _sought(
    exact: Exact,
    bounds: Bounds,
    place: Place | None,
    queues_only: bool,
    newest_first: bool,
) -> Sought:
    """Return the filters that make kinds, with what time leaves of the list."""
    since = bounds["created_at__gte"]
    ends = (bounds["created_at__lte"], bounds["completed_at__lte"])
    until = min((end for end in ends if end is not None), default=None)
    statuses = exact["status"]
    wanted = Sought(
        statuses=tuple(WorkflowState) if statuses is None else statuses,
        names=exact["name"],
        queues=exact["queue_name"],
        versions=exact["app_version"],
        executors=exact["executor_id"],
        queues_left_out=("", INTERNAL_QUEUE) if queues_only else (),
        since=since,
        until=until,
        newest_first=newest_first,
    )
    return wanted if place is None else wanted.behind(*place)


def _fields(load_input: bool, load_output: bool) -> list[str]:
    fields = [*LIGHT_FIELDS]
    fields += ["inputs"] if load_input else []
    fields += ["output", "error"] if load_output else []
    return fields


def _answer(
    found: list[Workflow],
    limit: int,
    limited: bool,
    load_input: bool,
    load_output: bool,
) -> WorkflowList:
    serializer = engine().serializer
    answer = WorkflowList(
        status_of(serializer, row, load_input=load_input, load_output=load_output)
        for row in found[:limit]
    )
    answer.search_limited = limited
    if len(found) > limit:
        last = found[limit - 1]
        answer.next_cursor = _encode_cursor(last.created_at, last.id)
    return answer


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


def _searched(
    rows: QuerySet[Workflow], text: str | None, *, in_inputs: bool
) -> tuple[QuerySet[Workflow], bool]:
    """Filter by a text; also say whether not all inputs were searched."""
    if not text:
        return rows, False
    if _NUL in _text("search", text):
        return rows.none(), False
    by_name = Q(id__icontains=text) | Q(name__icontains=text)
    if not in_inputs:
        return rows.filter(by_name), False
    newest = Workflow.objects.order_by("-created_at", "-id").values("created_at")
    oldest = newest[_SEARCHED_ROWS : _SEARCHED_ROWS + 1].first()
    by_inputs = with_inputs(text)
    if oldest is None:
        return rows.filter(by_name | by_inputs), False
    recent = by_inputs & Q(created_at__gt=oldest["created_at"])
    return rows.filter(by_name | recent), True


def _page(
    rows: QuerySet[Workflow], place: Place | None, sort_desc: bool
) -> QuerySet[Workflow]:
    """Return what follows a place, in order."""
    if place is not None:
        created_at, workflow_id = place
        side = "lt" if sort_desc else "gt"
        # The first condition alone serves the index; the second refines it.
        rows = rows.filter(
            Q(**{f"created_at__{side}": created_at})
            | Q(**{f"id__{side}": workflow_id}),
            **{f"created_at__{side}e": created_at},
        )
    order = ("-created_at", "-id") if sort_desc else ("created_at", "id")
    return rows.order_by(*order)


def _encode_cursor(created_at: datetime, workflow_id: str) -> str:
    text = orjson.dumps([created_at.isoformat(), workflow_id])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode_cursor(cursor: str) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, workflow_id = orjson.loads(base64.urlsafe_b64decode(padded))
        moment = datetime.fromisoformat(created_at).astimezone(UTC)
        return moment, check_workflow_id(workflow_id)
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        message = f"the cursor {cursor!r} is none that a list gave out"
        raise ValueError(message) from error
