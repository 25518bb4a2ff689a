"""Who runs workflows, and what."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.conf import EXECUTOR_ROWS
from console.queries.recent import recent
from console.tables.executors import ExecutorLoad, ExecutorRow, Owned
from durable_engine.models import Executor, Workflow
from durable_engine.states import WorkflowState

LOAD_ROWS = 60
"""Processes on the page of executors."""

OWNED_LIMIT = 1000
OWNED_SHOWN = 4
_NOW_SECONDS = 1.0
_COMPUTED = "alive"
_COLUMNS = tuple(name for name in ExecutorRow.__dataclass_fields__ if name != _COMPUTED)


def workers() -> QuerySet[Executor]:
    """Return the workers whose lease holds by the database's clock.

    Other processes that start or call workflows hold a lease as well.
    """
    return Executor.objects.filter(kind="worker", lease_expires_at__gt=Now())


def none_alive() -> bool:
    """Tell whether no worker is there to run anything."""
    return not workers().exists()


def newest(limit_rows: int = EXECUTOR_ROWS) -> list[ExecutorRow]:
    """Read the executors that started last, with whether their lease still holds."""
    alive = Q(lease_expires_at__gt=Now())
    found = Executor.objects.annotate(alive=alive).order_by("-started_at", "id")
    values = found.values(*_COLUMNS, _COMPUTED)[:limit_rows]
    return [ExecutorRow(**row) for row in values]


def loads(*, fresh: bool = False) -> list[ExecutorLoad]:
    """Read the executors with what they own.

    Silent ones that still own something come first, then the living, then the others.
    Where there are more than `LOAD_ROWS`, those whose leases ended longest ago are
    left out.

    Args:
        fresh: read now, not what was read a moment ago.
    """

    def read() -> list[ExecutorLoad]:
        found = Executor.objects.annotate(alive=Q(lease_expires_at__gt=Now()))
        latest = found.order_by("-lease_expires_at", "id")  # by durable_ex_lease
        rows = [
            ExecutorRow(**row)
            for row in latest.values(*_COLUMNS, _COMPUTED)[:LOAD_ROWS]
        ]
        rows.sort(key=lambda row: (row.started_at, row.id), reverse=True)
        return sorted(map(_load, rows), key=lambda load: load.rank)

    return recent("executors", 0.0 if fresh else _NOW_SECONDS, read)


def _load(row: ExecutorRow) -> ExecutorLoad:
    # Both are served by the index durable_wf_owned.
    owned = Workflow.objects.filter(
        status=WorkflowState.PENDING, executor_id=row.id, executor_id__isnull=False
    )
    some = owned.values("id", "name", "started_at")[:OWNED_SHOWN]
    return ExecutorLoad(
        row=row,
        owned=owned[: OWNED_LIMIT + 1].count(),
        limit=OWNED_LIMIT,
        some=tuple(Owned(**one) for one in some),
    )
