"""What keeps work from being done: of queues, versions and processes together.

Made of what other pages read anyway, so it costs two small queries a second.
"""

from collections import Counter
from datetime import datetime, timedelta

from console.queries import executors, releases, workload
from console.queries.recent import recent
from console.queries.workload import NOW_SECONDS, QueueLoad
from console.tables import attention
from console.tables.attention import Concern
from console.tables.workflows import INTERNAL_QUEUE
from durable_engine import inspection
from durable_engine.models import Queue, Workflow

_VERSIONS_READ = 5
_ROWS_READ = 1000
"""Stranded workflows of each of so many versions that are put to their queues."""

_PATIENCE = timedelta(minutes=1)
"""A full queue is nobody's concern while what waits in it is younger than this."""


def concerns() -> list[Concern]:
    """Return what somebody should look at, worst first.

    Where no worker runs at all, that alone is said, by others; what holds work up
    besides is what would still hold it up then.
    """

    def read() -> list[Concern]:
        found = list(_held_up(fresh=False).values())
        if not workload.present().deserted:
            found += [
                attention.stranded(row.name, row.in_flight)
                for row in releases.all_rows()
                if row.stranded
            ]
        found += [
            attention.silent(f"{load.row.hostname} · {load.row.pid}", load.owned)
            for load in executors.loads()
            if load.owned and not load.row.alive
        ]
        return attention.worst_first(found)

    return recent("concerns", NOW_SECONDS, read)


def queue_concerns(*, fresh: bool = False) -> dict[str, Concern]:
    """Return why queues in which something waits do not drain, by their names.

    Args:
        fresh: read now, not what was read a moment ago.
    """

    def read() -> dict[str, Concern]:
        return _outdated() | _held_up(fresh=fresh)

    return recent("queue concerns", 0.0 if fresh else NOW_SECONDS, read)


def _held_up(*, fresh: bool) -> dict[str, Concern]:
    """Return the queues that hold all of theirs up, by their names."""

    def read() -> dict[str, Concern]:
        loads = workload.queues(fresh=fresh)
        waiting = [load for load in loads if load.info.enqueued]
        if not waiting:
            return {}
        declared = set(Queue.objects.values_list("name", flat=True))
        served = _served()
        now = inspection.database_now()
        found = (_of_queue(load, declared, served, now) for load in waiting)
        return {one.name: one for one in found if one is not None}

    return recent("held up queues", 0.0 if fresh else NOW_SECONDS, read)


def _outdated() -> dict[str, Concern]:
    """Return the queues in which something waits for a version that nobody runs."""
    if workload.present().deserted:
        return {}
    found: dict[str, Concern] = {}
    for row in [row for row in releases.all_rows() if row.stranded][:_VERSIONS_READ]:
        waiting = Workflow.objects.filter(status="ENQUEUED", app_version=row.name)
        names = waiting.values_list("queue_name", flat=True)[:_ROWS_READ]
        for name, number in Counter(filter(None, names)).items():
            found.setdefault(name, attention.outdated(name, row.name, number))
    return found


def _of_queue(
    load: QueueLoad, declared: set[str], served: set[str] | None, now: datetime
) -> Concern | None:
    name, waiting, since = load.info.name, load.info.enqueued, load.oldest
    most = load.info.effective.get("concurrency")
    if name == INTERNAL_QUEUE:
        return None
    if load.info.paused:
        return attention.paused(name, waiting, since)
    if name not in declared and (served is None or name not in served):
        return attention.undeclared(name, waiting, since)
    if served is not None and name not in served:
        return attention.unserved(name, waiting, since)
    is_full = most is not None and load.info.running >= most
    if is_full and since is not None and now - since > _PATIENCE:
        return attention.full(name, load.info.running, waiting, since)
    return None


def _served() -> set[str] | None:
    """Return the queues that living workers were told to serve; None: all of them."""
    told = list(executors.workers().values_list("queues", flat=True))
    if not told or None in told:
        return None
    return {name for names in told for name in names or ()}
