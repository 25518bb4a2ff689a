"""Versions of the application: what is in flight of each, and who runs it."""

from collections import Counter

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.queries.recent import recent
from console.tables.releases import ReleaseRow
from durable_engine import inspection
from durable_engine.models import Executor, Workflow
from durable_engine.states import WorkflowState

_NOW_SECONDS = 1.0
_WORKERS_COUNTED = 10_000
_RELEASES_SHOWN = 200


def all_rows(*, fresh: bool = False) -> list[ReleaseRow]:
    """Read the versions, the newest first; those without a process come last.

    Args:
        fresh: read now, not what was read a moment ago.
    """
    return recent("releases", 0.0 if fresh else _NOW_SECONDS, _read)


def row_named(name: str) -> ReleaseRow | None:
    """Read one version now; None: nobody ran it and nothing waits for it."""
    return next((row for row in all_rows(fresh=True) if row.name == name), None)


def in_flight_ids(name: str, limit_rows: int) -> list[str]:
    """Read the ids of workflows of a version that have not ended, so many at most.

    One query a kind, so that each is served by the index of its kind.
    """
    unowned = Q(status=WorkflowState.PENDING, executor_id__isnull=True)
    kinds = (
        Q(status=WorkflowState.PENDING, executor_id__isnull=False),
        unowned & Q(place=0),
        unowned & Q(place__gt=0),
        Q(status=WorkflowState.ENQUEUED),
        Q(status=WorkflowState.DELAYED),
    )
    found: list[str] = []
    for kind in kinds:
        rows: QuerySet[Workflow] = Workflow.objects.filter(kind, app_version=name)
        left = limit_rows - len(found)
        found += rows.values_list("id", flat=True)[:left] if left else []
    return found


def _read() -> list[ReleaseRow]:
    infos = inspection.list_application_versions()[:_RELEASES_SHOWN]
    stranded = {one.name: one.in_flight for one in inspection.list_stranded_versions()}
    alive = Executor.objects.filter(kind="worker", lease_expires_at__gt=Now())
    names = alive.values_list("app_version", flat=True)[:_WORKERS_COUNTED]
    workers = Counter(names)
    rows = [
        ReleaseRow(
            name=info.name,
            created_at=info.created_at,
            last_seen_at=info.last_seen_at,
            current=info.current,
            latest=number == 0,
            workers=workers[info.name],
            in_flight=info.in_flight,
        )
        for number, info in enumerate(infos)
    ]
    known = {row.name for row in rows}
    rows += [
        ReleaseRow(
            name=name,
            created_at=None,
            last_seen_at=None,
            current=False,
            latest=False,
            workers=0,
            in_flight=number,
        )
        for name, number in stranded.items()
        if name not in known
    ]
    return rows
