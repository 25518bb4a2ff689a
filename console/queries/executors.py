"""Who runs workflows."""

from django.db.models import Q
from django.db.models.functions import Now

from console.conf import EXECUTOR_ROWS
from console.tables.executors import ExecutorRow
from durable_engine.models import Executor

_COMPUTED = "alive"
_COLUMNS = tuple(name for name in ExecutorRow.__dataclass_fields__ if name != _COMPUTED)


def none_alive() -> bool:
    """Tell whether no process is there to run anything, by the database's clock."""
    return not Executor.objects.filter(lease_expires_at__gt=Now()).exists()


def newest() -> list[ExecutorRow]:
    """Read the executors that started last, with whether their lease still holds."""
    alive = Q(lease_expires_at__gt=Now())
    found = Executor.objects.annotate(alive=alive).order_by("-started_at", "id")
    values = found.values(*_COLUMNS, _COMPUTED)[:EXECUTOR_ROWS]
    return [ExecutorRow(**row) for row in values]
