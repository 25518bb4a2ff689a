"""Writing lists of workflows, page by page, in constant memory."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from durable_engine.inspection import WorkflowList, list_workflows
from durable_engine.inspection.listing import MOST_ROWS
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.faults import usage_errors
from durable_engine.management.shell.plain import record
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.terminal import Terminal
from durable_engine.records import WorkflowStatus
from durable_engine.runtime.registry import INTERNAL_QUEUE

_LOOK_SECONDS = 0.5  # so that the first of what is rare is written soon
_PAYLOAD_ROWS = 50  # pages with payloads, which may be of megabytes each
_COLUMNS = (
    Column(title="ID", least=36),
    Column(title="STATUS", painted=True),
    Column(title="NAME", least=12),
    Column(title="QUEUE"),
    Column(title="CREATED", least=19),
)


class Listing:
    """Workflows that match filters, read as they are written.

    Args:
        filters: arguments of `list_workflows`.
        most: how many at most; None: all.
        cursor: where to begin.
        payloads: whether attributes, inputs and outputs may be shown.
    """

    def __init__(
        self,
        filters: dict[str, Any],
        *,
        most: int | None,
        cursor: str | None = None,
        payloads: bool = True,
    ) -> None:
        self._filters = filters
        self._most = most
        self._payloads = payloads
        self._loads = filters.get("load_input") or filters.get("load_output")
        self.cursor = cursor
        self.search_limited = False

    def write(self, terminal: Terminal, *, ids_only: bool = False) -> None:
        """Write all of it, and beside it what is left out.

        Raises:
            UsageError: a filter or the cursor is not valid.
        """
        with usage_errors():
            first = self._page(self._most)
        found = chain(first, self._rest(len(first)))
        if ids_only:
            for one in found:
                terminal.line(one.id)
        elif terminal.as_json:
            write_items(terminal, map(self._item, found), lambda: self.cursor)
        else:
            write_table(terminal, _COLUMNS, map(_row, found))
        if self.search_limited:
            terminal.note("Inputs were searched among the newest 100,000 only.")
        if self.cursor is not None and not terminal.as_json:
            terminal.note(
                f"There are more: --all, --limit N, or --cursor {self.cursor}"
            )

    def _rest(self, count: int) -> Iterator[WorkflowStatus]:
        while self.cursor is not None and (self._most is None or count < self._most):
            page = self._page(None if self._most is None else self._most - count)
            count += len(page)
            yield from page

    def _page(self, left: int | None) -> WorkflowList:
        most = _PAYLOAD_ROWS if self._loads else MOST_ROWS
        limit = most if left is None else min(left, most)
        page = list_workflows(
            **self._filters,
            limit=limit,
            cursor=self.cursor,
            look_seconds=_LOOK_SECONDS,
        )
        self.cursor = page.next_cursor
        self.search_limited = self.search_limited or page.search_limited
        return page

    def _item(self, status: WorkflowStatus) -> dict[str, Any]:
        return item(status, payloads=self._payloads)


def item(status: WorkflowStatus, *, payloads: bool) -> dict[str, Any]:
    """Return a workflow as the JSON of every door has it."""
    values = record(status, id=status.id)
    if not payloads:
        values |= dict.fromkeys(("attributes", "input", "output", "error"))
    return values


def _row(status: WorkflowStatus) -> tuple[str, ...]:
    queue = status.queue_name or ""
    shown = "" if queue == INTERNAL_QUEUE else queue  # the engine's own says nothing
    return status.id, status.status, status.name, shown, moment(status.created_at)
