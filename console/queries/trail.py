"""The audit trail: pages of it, all of it, and what happened to one thing.

Entries are ordered by their number, newest first: on the primary key, however many
there are. An instant as a limit is served by the index `durable_au_at`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from console.actors import Actor
from console.conf import COUNT_SECONDS, PAGE_ROWS, QUERY_SECONDS
from console.models import AuditEntry
from console.permissions import Permission, may
from console.queries.patience import at_most
from console.tables.trail import EntryRow
from console.trails import TrailFilter

EXPORT_BATCH_ROWS = 1000
TARGET_ROWS = 10
_COLUMNS = tuple(EntryRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage:
    """One page of the trail, newest first, and where the next one begins."""

    rows: list[EntryRow]
    older: int | None


def page(
    wanted: TrailFilter, *, before: int | None = None, limit_rows: int = PAGE_ROWS
) -> TrailPage:
    """Read one page of the trail.

    Args:
        wanted: which entries.
        before: show entries older than this one.
        limit_rows: rows at most.

    Raises:
        TooSlow: too few of too many match.
    """
    with at_most(QUERY_SECONDS):
        rows = _rows(wanted, before, limit_rows + 1)
    shown = rows[:limit_rows]
    return TrailPage(rows=shown, older=shown[-1].id if len(rows) > limit_rows else None)


def newer(wanted: TrailFilter, after: int, limit_rows: int) -> int:
    """Count entries newer than one, `limit_rows` at most.

    Raises:
        TooSlow: too few of too many match.
    """
    with at_most(COUNT_SECONDS):
        return _matching(wanted).filter(id__gt=after)[:limit_rows].count()


def batches(wanted: TrailFilter) -> Iterator[list[EntryRow]]:
    """Yield all that matches, newest first, a bounded batch at a time.

    What is written meanwhile is not among it.
    """
    before: int | None = None
    while rows := _rows(wanted, before, EXPORT_BATCH_ROWS):
        yield rows
        before = rows[-1].id


def of_target(actor: Actor, target_type: str, target_id: str) -> list[EntryRow] | None:
    """Read what was done to one thing last; None: the actor may not see that."""
    if not may(actor, Permission.VIEW_AUDIT):
        return None
    wanted = AuditEntry.objects.filter(target_type=target_type, target_id=target_id)
    newest = wanted.order_by("-at", "-id")[:TARGET_ROWS]
    return [EntryRow(**row) for row in newest.values(*_COLUMNS)]


def _rows(wanted: TrailFilter, before: int | None, limit_rows: int) -> list[EntryRow]:
    found = _matching(wanted).order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    return [EntryRow(**row) for row in found.values(*_COLUMNS)[:limit_rows]]


def _matching(wanted: TrailFilter) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all()
    exact = {
        "actor": wanted.actor,
        "action": wanted.action,
        "target_type": wanted.target_type,
        "target_id": wanted.target_id,
        "outcome": wanted.outcome,
        "via": wanted.via,
    }
    found = found.filter(**{name: text for name, text in exact.items() if text})
    if wanted.since_at is not None:
        found = found.filter(at__gte=wanted.since_at)
    if wanted.until_at is not None:
        found = found.filter(at__lt=wanted.until_at)
    return found
