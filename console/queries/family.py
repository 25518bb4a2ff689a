"""Around a workflow: its ancestors, the claims that ran it, what was done to it."""

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import Max, Min

from console.conf import COUNT_SECONDS, FAMILY_ROWS, TRAIL_ROWS
from console.models import AuditEntry
from console.queries.patience import Rest, TooSlow, at_most
from console.tables.family import Relative, TrailRow, Turn
from durable_engine.models import Step, Workflow
from durable_engine.states import WorkflowState

_GENERATIONS = 3
_GENERATION_ROWS = 30
"""Descendants of one generation that are read, the newest first."""

_slow = Rest(60.0)


def ancestors(parent_workflow_id: str | None) -> list[Relative]:
    """Read who started this, who started that one, and so on; the oldest first."""
    found: list[Relative] = []
    wanted = parent_workflow_id
    while wanted and len(found) < FAMILY_ROWS:
        columns = "id", "name", "status", "parent_workflow_id"
        row = Workflow.objects.filter(id=wanted).values_list(*columns).first()
        if row is None or any(row[0] == one.id for one in found):
            break
        found.append(Relative(id=row[0], name=row[1], status=WorkflowState(row[2])))
        wanted = row[3]
    return found[::-1]


def descendants(workflow_id: str) -> tuple[Relative, ...]:
    """Read the newest workflows that this one started, with theirs, three deep.

    Where there are so many that this takes too long: none.
    """
    key = f"family:{workflow_id}"
    if _slow.of(key):
        return ()
    try:
        with at_most(COUNT_SECONDS):
            return _descendants(workflow_id)
    except TooSlow:
        _slow.begin(key)
        return ()


def _descendants(workflow_id: str) -> tuple[Relative, ...]:
    columns = "id", "name", "status", "parent_workflow_id"
    born: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    parents, seen = [workflow_id], {workflow_id}
    for _depth in range(_GENERATIONS):
        found = Workflow.objects.filter(parent_workflow_id__in=parents)
        rows = found.order_by("-created_at", "-id").values_list(*columns)
        parents = []
        for one, name, status, parent in rows[:_GENERATION_ROWS]:
            if one not in seen and len(born[parent]) < FAMILY_ROWS:
                born[parent].append((one, name, status))
                parents.append(one)
                seen.add(one)
        if not parents:
            break
    return _tree(workflow_id, born)


def _tree(
    parent: str, born: Mapping[str, list[tuple[str, str, str]]]
) -> tuple[Relative, ...]:
    return tuple(
        Relative(
            id=one, name=name, status=WorkflowState(status), inside=_tree(one, born)
        )
        for one, name, status in born.get(parent, ())
    )


def forks(workflow_id: str) -> list[Relative]:
    """Read the newest workflows that were forked from this one."""
    return _newest(forked_from=workflow_id)


def turns(workflow_id: str) -> list[Turn]:
    """Read which claims recorded which steps, the newest first.

    Of a workflow with so many steps that this takes too long: none.
    """
    if _slow.of(workflow_id):
        return []
    try:
        with at_most(COUNT_SECONDS):
            return _turns(workflow_id)
    except TooSlow:
        _slow.begin(workflow_id)
        return []


def _newest(**origin: str) -> list[Relative]:
    found = Workflow.objects.filter(**origin).order_by("-created_at", "-id")
    rows = found.values_list("id", "name", "status")[:FAMILY_ROWS]
    return [
        Relative(id=one, name=name, status=WorkflowState(status))
        for one, name, status in rows
    ]


def _turns(workflow_id: str) -> list[Turn]:
    found = (
        Step.objects.filter(workflow_id=workflow_id)
        .values("epoch")
        .annotate(first=Min("position"), last=Max("position"), began=Min("started_at"))
        .order_by("-epoch")
    )
    return [
        Turn(
            epoch=row["epoch"],
            first=row["first"],
            last=row["last"],
            started_at=row["began"],
        )
        for row in found[:FAMILY_ROWS]
    ]


def trail(workflow_id: str) -> list[TrailRow]:
    """Read the newest entries of the audit trail about a workflow."""
    found = AuditEntry.objects.filter(target_type="workflow", target_id=workflow_id)
    rows = found.order_by("-at", "-id").values(
        "at", "actor", "via", "action", "outcome", "reason", "detail"
    )
    return [TrailRow(**row) for row in rows[:TRAIL_ROWS]]
