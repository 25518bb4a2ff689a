"""Lists of workflows: filters, order, and paging by keyset."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import (
    BooleanField,
    Func,
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from durable_engine.ids import check_workflow_id
from durable_engine.inspection.decoding import LIGHT_FIELDS, status_of
from durable_engine.models import Workflow
from durable_engine.records import WorkflowStatus
from durable_engine.runtime.engine import engine
from durable_engine.runtime.registry import INTERNAL_QUEUE
from durable_engine.runtime.requests import attributes_text, subject_key
from durable_engine.states import WorkflowState

MOST_ROWS = 1000
_SEARCHED_ROWS = 100_000
_LAST_CHARACTER = chr(0x10FFFF)  # in no id: it is not printable
_NUL = "\0"
_FORBIDDEN_STATUS = "known statuses: " + ", ".join(WorkflowState)

Values = str | Iterable[str] | None
Instant = datetime | str | None


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
    exact = {
        "id": workflow_ids,
        "status": _statuses(status),
        "name": name,
        "queue_name": queue_name,
        "app_version": app_version,
        "executor_id": executor_id,
        "parent_workflow_id": parent_workflow_id,
        "forked_from": forked_from,
        "schedule_name": schedule_name,
    }
    bounds = {
        "created_at__gte": ("start_time", start_time),
        "created_at__lte": ("end_time", end_time),
        "completed_at__gte": ("completed_after", completed_after),
        "completed_at__lte": ("completed_before", completed_before),
    }
    rows = _bounded(_among(Workflow.objects.all(), exact), bounds)
    rows = _belonging(rows, workflow_id_prefix, subject, attributes, queues_only)
    rows, limited = _searched(rows, search, in_inputs=search_inputs)
    page = _page(rows, cursor, sort_desc=sort_desc)
    return _answer(page, limit, limited, load_input=load_input, load_output=load_output)


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


def _check_limit(limit: int) -> None:
    if isinstance(limit, bool) or not 1 <= limit <= MOST_ROWS:
        message = f"limit must be 1 to {MOST_ROWS}, not {limit!r}"
        raise ValueError(message)


def _among(rows: QuerySet[Workflow], exact: dict[str, Values]) -> QuerySet[Workflow]:
    """Filter by one value or several of each column."""
    for field, values in exact.items():
        if values is not None:
            some = [values] if isinstance(values, str) else list(values)
            # What the tables cannot hold matches nothing; PostgreSQL would refuse it.
            some = [value for value in some if _NUL not in value]
            rows = rows.filter(**{f"{field}__in": some})
    return rows


def _bounded(
    rows: QuerySet[Workflow], bounds: dict[str, tuple[str, Instant]]
) -> QuerySet[Workflow]:
    """Filter by lookups to (argument, instant)."""
    for lookup, (what, instant) in bounds.items():
        if instant is not None:
            rows = rows.filter(**{lookup: _instant(what, instant)})
            if lookup == "completed_at__lte":
                # Nothing ends before it is created, and the index is on that.
                rows = rows.filter(created_at__lte=_instant(what, instant))
    return rows


def _belonging(
    rows: QuerySet[Workflow],
    workflow_id_prefix: str | None,
    subject: Model | None,
    attributes: dict[str, Any] | None,
    queues_only: bool,
) -> QuerySet[Workflow]:
    """Filter by what a workflow belongs to."""
    if queues_only:
        rows = rows.filter(queue_name__isnull=False).exclude(queue_name=INTERNAL_QUEUE)
    if _NUL in (workflow_id_prefix or ""):
        rows = rows.none()
    elif workflow_id_prefix:
        # A range, byte by byte: SQLite's LIKE would ignore case.
        after = workflow_id_prefix + _LAST_CHARACTER
        rows = rows.filter(id__gte=workflow_id_prefix, id__lt=after)
    if subject is not None:
        label, key = subject_key(subject)
        rows = rows.filter(subject_type=label, subject_id=key)
    if attributes is not None:
        rows = with_attributes(rows, attributes)
    return rows


def _answer(
    page: QuerySet[Workflow],
    limit: int,
    limited: bool,
    *,
    load_input: bool,
    load_output: bool,
) -> WorkflowList:
    fields = [*LIGHT_FIELDS]
    fields += ["inputs"] if load_input else []
    fields += ["output", "error"] if load_output else []
    found = list(page.only(*fields)[: limit + 1])
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


def _instant(what: str, value: datetime | str) -> datetime:
    moment = parse_datetime(value) if isinstance(value, str) else value
    if moment is None or moment.tzinfo is None:
        message = (
            f"{what} must be an aware datetime or ISO 8601 text with an offset, "
            f"not {value!r}"
        )
        raise ValueError(message)
    return moment


def with_attributes(
    rows: QuerySet[Workflow], attributes: dict[str, Any]
) -> QuerySet[Workflow]:
    """Filter rows by containment; SQLite is taught what that means.

    Raises:
        ValueError: the attributes are no JSON object.
    """
    text = attributes_text(attributes)
    store = engine().store
    if store.dialect.vendor == "postgresql":
        return rows.filter(attributes__contains=attributes)
    store.borrow()  # gives Django's connection the engine's functions
    return rows.filter(
        Func(
            Cast("attributes", TextField()),
            Value(text, output_field=TextField()),
            function="durable_contains",
            output_field=BooleanField(),
        )
    )


def _searched(
    rows: QuerySet[Workflow], text: str | None, *, in_inputs: bool
) -> tuple[QuerySet[Workflow], bool]:
    """Filter by a text; also say whether not all inputs were searched."""
    if not text:
        return rows, False
    if _NUL in text:
        return rows.none(), False
    by_name = Q(id__icontains=text) | Q(name__icontains=text)
    if not in_inputs:
        return rows.filter(by_name), False
    stored = orjson.dumps(text).decode()[1:-1]  # as the text stands inside JSON
    newest = Workflow.objects.order_by("-created_at", "-id").values("created_at")
    oldest = newest[_SEARCHED_ROWS : _SEARCHED_ROWS + 1].first()
    # What another serializer wrote is no text to search in, above all if encrypted.
    by_inputs = Q(inputs__icontains=stored) & ~Q(inputs__startswith="!")
    if oldest is None:
        return rows.filter(by_name | by_inputs), False
    recent = by_inputs & Q(created_at__gt=oldest["created_at"])
    return rows.filter(by_name | recent), True


def _page(
    rows: QuerySet[Workflow], cursor: str | None, *, sort_desc: bool
) -> QuerySet[Workflow]:
    """Return what follows the cursor, in order."""
    if cursor is not None:
        created_at, workflow_id = _decode_cursor(cursor)
        side = "lt" if sort_desc else "gt"
        rows = rows.filter(
            Q(**{f"created_at__{side}": created_at})
            | Q(created_at=created_at, **{f"id__{side}": workflow_id})
        )
    order = ("-created_at", "-id") if sort_desc else ("created_at", "id")
    return rows.order_by(*order)


def _encode_cursor(created_at: datetime, workflow_id: str) -> str:
    text = orjson.dumps([created_at.isoformat(), workflow_id])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, workflow_id = orjson.loads(base64.urlsafe_b64decode(padded))
        moment = datetime.fromisoformat(created_at).astimezone(UTC)
        return moment, check_workflow_id(workflow_id)
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        message = f"the cursor {cursor!r} is none that a list gave out"
        raise ValueError(message) from error
