"""Why workflows failed: the beginnings of their errors, bounded, shared by all pages.

What is read here is payload: for readers who may see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from django.db.models.functions import Substr

from console.queries import workload
from console.queries.recent import recent
from console.spans import Span
from console.tables.causes import (
    MESSAGE_CHARACTERS,
    Cause,
    Causes,
    Failed,
    FailedRow,
    grouped,
)
from console.tables.workflows import WorkflowRow
from durable_engine.models import Workflow
from durable_engine.states import WorkflowState

FAILURES_READ = 1000
"""Failures whose errors are read to tell why workflows failed; the newest."""

_FRESH_SECONDS = 5.0
_BATCH_ROWS = 250
_HEAD_CHARACTERS = 4 * MESSAGE_CHARACTERS
"""What is read of an error: its class, and the message with what JSON escapes."""


def causes_of(span: Span) -> Causes:
    """Read why the newest failures of a range of time failed."""

    def read() -> Causes:
        failures = workload.history(span).failures
        newest = failures[:FAILURES_READ]
        found = _causes(one.workflow_id for one in newest)
        failed = [
            Failed(
                workflow_id=one.workflow_id,
                name=one.name,
                at=one.failed_at,
                cause=found.get(one.workflow_id),
            )
            for one in newest
        ]
        rows = grouped(failed)
        return Causes(span=span, rows=rows, read=len(newest), total=len(failures))

    fresh = max(span.fresh_seconds, _FRESH_SECONDS)
    return recent(f"causes:{span.key}", fresh, read)


def with_causes(rows: Sequence[WorkflowRow]) -> list[WorkflowRow]:
    """Return the same rows, those in error as a `FailedRow`."""
    wanted = [row.id for row in rows if row.status is WorkflowState.ERROR]
    found = _causes(wanted)
    return [
        FailedRow.of(row, found[row.id]) if row.id in found else row for row in rows
    ]


def _causes(workflow_ids: Iterable[str]) -> Mapping[str, Cause | None]:
    ids = iter(workflow_ids)
    found: dict[str, Cause | None] = {}
    while batch := list(islice(ids, _BATCH_ROWS)):
        failed = Workflow.objects.filter(id__in=batch, error__isnull=False)
        heads = failed.annotate(head=Substr("error", 1, _HEAD_CHARACTERS))
        for workflow_id, head in heads.values_list("id", "head"):
            found[workflow_id] = Cause.of(head)
    return found
