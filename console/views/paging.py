"""A page of the list for one reader.

A project's own resolver may hide workflows from somebody. What it hides neither stands
on his page nor is named by the page's links: those lead to what he may see, or to an
instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from console.actors import Actor
from console.conf import PAGE_ROWS
from console.filters import Cursor, WorkflowFilter
from console.permissions import Permission, may
from console.queries import workflows
from console.queries.workflows import WorkflowPage
from console.tables.workflows import WorkflowRow

_READS = 20
"""Pages that are read to fill one; then it ends early, at an instant."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where a reader is in a list, and which way the list is read from there."""

    wanted: WorkflowFilter
    before: Cursor | None = None
    after: Cursor | None = None

    @property
    def upwards(self) -> bool:
        """Whether it is read from old to new."""
        return self.after is not None or (
            self.wanted.oldest_first and self.before is None
        )

    def read(self, *, sealed: bool) -> WorkflowPage:
        """Read a page, whoever may see it."""
        return workflows.page(
            self.wanted, before=self.before, after=self.after, sealed=sealed
        )

    def behind(self, page: WorkflowPage) -> Self | None:
        """Return the window that follows a page of this one; None: it was the last."""
        if self.upwards:
            newer = page.newer
            return replace(self, before=None, after=newer) if newer else None
        return replace(self, before=page.older) if page.older else None

    def in_order(
        self, rows: Iterable[WorkflowRow], *, shown: bool = False
    ) -> list[WorkflowRow]:
        """Sort rows as they are read, or as they are shown."""
        newest_first = not (self.wanted.oldest_first if shown else self.upwards)
        return sorted(
            rows, key=lambda row: (row.created_at, row.id), reverse=newest_first
        )


def seen_by(actor: Actor, window: Window, *, sealed: bool) -> WorkflowPage:
    """Read a page of what the actor may see.

    Args:
        actor: who reads.
        window: of which list, from where.
        sealed: whether attributes are read, too.

    Raises:
        TooSlow: the filter asks for too much.
    """
    page = window.read(sealed=sealed)
    visible = _visible(actor, page.rows)
    if len(visible) == len(page.rows):
        return page
    found, left, reads = window.in_order(visible), window.behind(page), 1
    first = last = window.in_order(page.rows)[0]
    onwards: Cursor | None = None
    while left and len(found) < PAGE_ROWS and page.looked_to is None:
        last = window.in_order(page.rows)[-1]
        if reads >= _READS and last.created_at != first.created_at:
            # Of the last instant there may be more: all of it is for the next page.
            found = [row for row in found if row.created_at != last.created_at]
            onwards = _edge(last.created_at, upwards=window.upwards)
            break
        page, reads = left.read(sealed=sealed), reads + 1
        found += window.in_order(_visible(actor, page.rows))
        left = left.behind(page)
    else:
        if len(found) > PAGE_ROWS or (left and page.looked_to is None):
            onwards = _place(found[PAGE_ROWS - 1])
        elif left:  # looking ended there, at an instant
            onwards = page.newer if window.upwards else page.older
    rows = found[:PAGE_ROWS]
    backwards = _backwards(window, rows)
    newest = (window.in_order(page.rows) or [last])[-1] if window.upwards else first
    return WorkflowPage(
        rows=window.in_order(rows, shown=True),
        older=backwards if window.upwards else onwards,
        newer=onwards if window.upwards else backwards,
        top=_place(newest) if newest in rows else _edge(newest.created_at),
        looked_to=page.looked_to,
    )


def visible_ids(actor: Actor, ids: Iterable[str]) -> list[str]:
    """Return those of the workflows that the actor may see, in the same order."""
    return [one for one in ids if may(actor, Permission.VIEW_WORKFLOW, one)]


def _visible(actor: Actor, rows: list[WorkflowRow]) -> list[WorkflowRow]:
    return [row for row in rows if may(actor, Permission.VIEW_WORKFLOW, row.id)]


def _backwards(window: Window, rows: list[WorkflowRow]) -> Cursor | None:
    """Return where the page before this one begins, if the reader came from one."""
    came = window.before or window.after
    if came is None or not rows:
        return came and _edge(came.created_at, upwards=not window.upwards)
    return _place(rows[0])


def _place(row: WorkflowRow) -> Cursor:
    return Cursor(created_at=row.created_at, id=row.id)


def _edge(at: datetime, *, upwards: bool = False) -> Cursor:
    """Return the place from which all of an instant is still to be read."""
    return Cursor(created_at=at if upwards else at + _MICROSECOND, id="")
