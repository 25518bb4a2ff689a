"""The steps of a workflow for its timeline: one by one, or grouped by position."""

from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast

from console.conf import COUNT_SECONDS, TIMELINE_BARS
from console.queries.details import last_position
from console.queries.patience import Rest, TooSlow, at_most
from console.tables.timeline import Span
from durable_engine.models import Step, Workflow
from durable_engine.states import TERMINAL

_slow = Rest(60.0)


def spans(workflow_id: str) -> list[Span]:
    """Read at most about `TIMELINE_BARS` spans that cover every step, in order.

    Where even grouping takes too long, they cover the newest steps only.
    """
    last = last_position(workflow_id)
    if not last:
        return []
    found: QuerySet[Any] = Step.objects.filter(workflow_id=workflow_id)
    ended = Workflow.objects.filter(id=workflow_id, status__in=TERMINAL)
    cut_off_at = ended.values_list("completed_at", flat=True).first()
    if last <= TIMELINE_BARS:
        return _single(found, cut_off_at)
    try:
        if not _slow.of(workflow_id):
            with at_most(COUNT_SECONDS):
                return _grouped(found, last, cut_off_at)
    except TooSlow:
        _slow.begin(workflow_id)
    return _single(found.filter(position__gt=last - TIMELINE_BARS), cut_off_at)


def _single(found: QuerySet[Any], cut_off_at: Any) -> list[Span]:
    values = found.order_by("position").values(
        "position",
        "name",
        "child_workflow_id",
        "attempts",
        "started_at",
        "completed_at",
        failed=Case(When(error__isnull=False, then=1), default=0),
    )
    return [
        Span(
            first=row["position"],
            last=row.pop("position"),
            **row,
            cut_off_at=cut_off_at,
        )
        for row in values
    ]


def _grouped(found: QuerySet[Any], last: int, cut_off_at: Any) -> list[Span]:
    width = -(-last // TIMELINE_BARS)
    group = Cast((F("position") - 1) / Value(width), IntegerField())
    rows = (
        found.annotate(group=group)
        .values("group")
        .annotate(
            first=Min("position"),
            last=Max("position"),
            began=Min("started_at"),
            ended=Max("completed_at"),
            failed=Count("position", filter=Q(error__isnull=False)),
            open=Count("position", filter=Q(completed_at__isnull=True)),
        )
        .order_by("group")
    )
    return [
        Span(
            first=row["first"],
            last=row["last"],
            name="",
            child_workflow_id=None,
            attempts=1,
            started_at=row["began"],
            completed_at=None if row["open"] else row["ended"],
            failed=row["failed"],
            cut_off_at=cut_off_at,
        )
        for row in rows
    ]
