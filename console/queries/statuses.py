"""Workflows as the public records, for programs: pages whose payloads are bounded."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce, Length

from console.conf import (
    API_PAGE_CHARACTERS,
    BULK_ROWS,
    BULK_SECONDS,
    LOOK_SECONDS,
    QUERY_SECONDS,
)
from console.queries.patience import at_most
from durable_engine import inspection
from durable_engine.inspection import WorkflowList
from durable_engine.models import Workflow
from durable_engine.records import WorkflowStatus
from durable_engine.serialization import RecordedError, read_error

_MOST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """One page of workflows, with what was recorded of their errors."""

    statuses: list[WorkflowStatus]
    errors: dict[str, RecordedError]  # by id, of those whose error was read
    next_cursor: str | None
    search_limited: bool
    looked_to: datetime | None = None  # where looking ended before the page was full


def page(filters: dict[str, Any]) -> StatusPage:
    """Read one page; it ends early where payloads exceed `API_PAGE_CHARACTERS`.

    It also ends where what matches was looked for long enough; `looked_to` says so.

    Args:
        filters: arguments of `durable_engine.list_workflows`.

    Raises:
        ValueError: a filter, the limit or the cursor is not valid.
        TooSlow: the filter asks for too much.
    """
    columns = []
    if filters.get("load_input"):
        columns.append("inputs")
    if filters.get("load_output"):
        columns += ["output", "error"]
    light = {"load_input": False, "load_output": False, "look_seconds": LOOK_SECONDS}
    with at_most(QUERY_SECONDS):
        found = inspection.list_workflows(**filters | light)
        if columns and found:
            sizes = _sizes([status.id for status in found], columns)
            rows = within_budget(sizes.get(status.id, 0) for status in found)
            found = _with_payloads(filters, found, rows)
    failed = [one.id for one in found if one.error is not None]
    return StatusPage(
        statuses=list(found),
        errors=recorded_errors(failed),
        next_cursor=found.next_cursor,
        search_limited=found.search_limited,
        looked_to=found.looked_to,
    )


def _with_payloads(
    filters: dict[str, Any], found: WorkflowList, rows: int
) -> WorkflowList:
    """Read so many rows of a page again, with their payloads."""
    if rows < len(found):
        return inspection.list_workflows(**{**filters, "limit": rows})
    loads = ("load_input", "load_output", "sort_desc", "limit")
    page = inspection.list_workflows(
        workflow_ids=[status.id for status in found],
        **{key: filters[key] for key in loads if key in filters},
    )
    page.next_cursor, page.looked_to = found.next_cursor, found.looked_to
    page.search_limited = found.search_limited
    return page


def one(workflow_id: str) -> StatusPage:
    """Read one workflow with its payloads; a page of none if there is none."""
    found = inspection.get_workflow_status(workflow_id)
    failed = [workflow_id] if found is not None and found.error is not None else []
    return StatusPage(
        statuses=[] if found is None else [found],
        errors=recorded_errors(failed),
        next_cursor=None,
        search_limited=False,
    )


def matching_ids(filters: dict[str, Any]) -> tuple[list[str], bool]:
    """Read the ids of what matches, the newest `BULK_ROWS`; also whether there may be more.

    Raises:
        ValueError: a filter is not valid.
    """
    found: list[str] = []
    cursor: str | None = None
    while len(found) < BULK_ROWS:
        limit = min(_MOST_ROWS, BULK_ROWS - len(found))
        rows = inspection.list_workflows(
            **filters, limit=limit, cursor=cursor, look_seconds=BULK_SECONDS
        )
        found += [status.id for status in rows]
        cursor = rows.next_cursor
        if cursor is None or rows.looked_to is not None:
            break
    return found, cursor is not None


def recorded_errors(workflow_ids: Collection[str]) -> dict[str, RecordedError]:
    """Read what was recorded of the errors of these workflows."""
    if not workflow_ids:
        return {}
    rows = Workflow.objects.filter(id__in=workflow_ids, error__isnull=False)
    return {
        key: read_error(text or "") for key, text in rows.values_list("id", "error")
    }


def within_budget(sizes: Iterable[int]) -> int:
    """Return how many rows fit a page, one at least."""
    total = rows = 0
    for size in sizes:
        total += size
        if rows and total > API_PAGE_CHARACTERS:
            break
        rows += 1
    return rows


def _sizes(workflow_ids: list[str], columns: list[str]) -> dict[str, int]:
    size = sum((Coalesce(Length(column), 0) for column in columns), start=Length("id"))
    rows = Workflow.objects.filter(id__in=workflow_ids).annotate(characters=size)
    return dict(rows.values_list("id", "characters"))
