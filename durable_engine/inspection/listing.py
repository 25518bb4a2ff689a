"""Lists of workflows: filters, order, and paging by keyset."""

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Model

from durable_engine.ids import check_workflow_id
from durable_engine.inspection.decoding import LIGHT_FIELDS, status_of
from durable_engine.inspection.filters import Filters, Instant, Values, filters_of
from durable_engine.inspection.finding import LOOK_SECONDS, Found, first_rows
from durable_engine.inspection.walking import Place
from durable_engine.records import WorkflowStatus
from durable_engine.runtime.engine import engine
from durable_engine.states import WorkflowState

MOST_ROWS = 1000


class WorkflowList(list[WorkflowStatus]):
    """One page of workflows.

    Attributes:
        next_cursor: give it back to get the next page; None at the end.
        search_limited: inputs were searched among the newest 100,000 only.
        looked_to: with `look_seconds`, where looking ended before the page was full:
            all that matches up to there is here, and `next_cursor` goes on from there.
    """

    next_cursor: str | None = None
    search_limited: bool = False
    looked_to: datetime | None = None


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
    workflow_id_prefix: Values = None,
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
    look_seconds: float | None = None,
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
        workflow_id_prefix: one or several; how the id begins.
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
        look_seconds: where no index leads to what is asked for, look for about so long,
            and answer what was found until then: the page may have fewer rows than
            `limit`, even none, and yet a `next_cursor`. None: until the page is full.

    Raises:
        ValueError: a filter, the limit or the cursor is not valid.
    """
    _check_limit(limit)
    filters = filters_of(
        exact={
            "id": workflow_ids,
            "status": status,
            "name": name,
            "queue_name": queue_name,
            "app_version": app_version,
            "executor_id": executor_id,
            "parent_workflow_id": parent_workflow_id,
            "forked_from": forked_from,
            "schedule_name": schedule_name,
        },
        created=(start_time, end_time),
        completed=(completed_after, completed_before),
        belonging=(workflow_id_prefix, subject, attributes),
        search=search,
        search_inputs=search_inputs,
        queues_only=queues_only,
    )
    loads = load_input, load_output
    return _listed(filters, cursor, sort_desc, limit, look_seconds, loads)


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


def _fields(load_input: bool, load_output: bool) -> list[str]:
    fields = [*LIGHT_FIELDS]
    fields += ["inputs"] if load_input else []
    fields += ["output", "error"] if load_output else []
    return fields


def _listed(
    filters: Filters,
    cursor: str | None,
    newest_first: bool,
    limit: int,
    seconds: float | None,
    loads: tuple[bool, bool],
) -> WorkflowList:
    """Look for the rows that follow a cursor, once or until the page is full."""
    place = None if cursor is None else _decode_cursor(cursor)
    each = LOOK_SECONDS if seconds is None else seconds
    rows: list[Any] = []
    while True:
        wanted, limited = filters.wanted(
            place, newest_first=newest_first, fields=_fields(*loads)
        )
        found = first_rows(wanted, limit + 1 - len(rows), look_seconds=each)
        rows += found.rows
        place = found.reached
        if place is None or seconds is not None:
            break
    answer = _answer(replace(found, rows=rows), limit, *loads)
    answer.search_limited = limited
    return answer


def _answer(
    found: Found, limit: int, load_input: bool, load_output: bool
) -> WorkflowList:
    serializer = engine().serializer
    answer = WorkflowList(
        status_of(serializer, row, load_input=load_input, load_output=load_output)
        for row in found.rows[:limit]
    )
    if len(found.rows) > limit:
        last = found.rows[limit - 1]
        answer.next_cursor = _encode_cursor(last.created_at, last.id)
    elif found.reached is not None:
        answer.looked_to = found.reached[0] if len(found.rows) < limit else None
        answer.next_cursor = _encode_cursor(*found.reached)
    return answer


def _encode_cursor(created_at: datetime, workflow_id: str) -> str:
    text = orjson.dumps([created_at.isoformat(), workflow_id])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode_cursor(cursor: str) -> Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, workflow_id = orjson.loads(base64.urlsafe_b64decode(padded))
        moment = datetime.fromisoformat(created_at).astimezone(UTC)
        return moment, check_workflow_id(workflow_id) if workflow_id else ""
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        message = f"the cursor {cursor!r} is none that a list gave out"
        raise ValueError(message) from error
