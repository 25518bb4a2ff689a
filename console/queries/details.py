"""One workflow: its facts, steps and children, and the beginnings of payloads."""

from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Length, Substr

from console.conf import (
    CHILD_ROWS,
    ERROR_CHARACTERS,
    PAYLOAD_CHARACTERS,
    STEP_ROWS,
)
from console.queries.obstacles import obstacle
from console.queries.places import place
from console.queries.workflows import rows_of
from console.tables.payloads import Payload
from console.tables.steps import StepRow
from console.tables.workflows import WorkflowFacts, WorkflowRow
from durable_engine.errors import SerializationError
from durable_engine.models import Step, Workflow
from durable_engine.serialization import is_sealed, opened
from durable_engine.serialization.failures import read_error
from durable_engine.states import TERMINAL, WorkflowState

_COMPUTED = {"has_output", "has_error", "attributes", "place", "obstacle"}
_FACTS = tuple(
    name for name in WorkflowFacts.__dataclass_fields__ if name not in _COMPUTED
)
_STEPS = (
    "workflow_id",
    "position",
    "name",
    "child_workflow_id",
    "attempts",
    "started_at",
    "completed_at",
)


class PayloadKind(StrEnum):
    """What a workflow or step may have been given or have left."""

    INPUTS = "inputs"
    OUTPUT = "output"
    ERROR = "error"


def facts(workflow_id: str) -> WorkflowFacts | None:
    """Read all about a workflow but its payloads; None: there is no such workflow."""
    found = Workflow.objects.filter(id=workflow_id).annotate(
        has_output=Q(output__isnull=False), has_error=Q(error__isnull=False)
    )
    values = found.values(*_FACTS, "has_output", "has_error").first()
    if values is None:
        return None
    status = WorkflowState(values["status"])
    computed = {
        "status": status,
        "place": place(workflow_id, status),
        "obstacle": obstacle(values),
    }
    return WorkflowFacts(**{**values, **computed})


class StepKind(StrEnum):
    """Steps that somebody may look for among many."""

    FAILED = "failed"
    RETRIED = "retried"


_KINDS = {
    StepKind.FAILED: Q(error__isnull=False),
    StepKind.RETRIED: Q(attempts__gt=1),
}


def steps(
    workflow_id: str,
    *,
    after: int = 0,
    limit_rows: int = STEP_ROWS,
    kind: StepKind | None = None,
) -> list[StepRow]:
    """Read the steps after a position, in order; one more than asked if there are.

    Args:
        workflow_id: whose steps.
        after: the position that comes before them.
        limit_rows: steps at most, but for the one that tells that there are more.
        kind: only these; None: all.
    """
    wanted = Q(position__gt=after) & (Q() if kind is None else _KINDS[kind])
    found = _steps_of(workflow_id).filter(wanted)
    return _step_rows(workflow_id, found.order_by("position")[: limit_rows + 1])


def last_position(workflow_id: str) -> int:
    """Return the position of the last recorded step; 0 without any."""
    found = Step.objects.filter(workflow_id=workflow_id).order_by("-position")
    return found.values_list("position", flat=True).first() or 0


def steps_at(workflow_id: str, positions: list[int]) -> list[StepRow]:
    """Read the steps at these positions that exist, in order."""
    found = _steps_of(workflow_id).filter(position__in=positions)
    return _step_rows(workflow_id, found.order_by("position"))


def children(workflow_id: str) -> list[WorkflowRow]:
    """Read the newest children of a workflow, at most `CHILD_ROWS` + 1."""
    found = Workflow.objects.filter(parent_workflow_id=workflow_id)
    return rows_of(found.order_by("-created_at", "-id")[: CHILD_ROWS + 1])


def attributes(workflow_id: str) -> list[tuple[str, str]]:
    """Read the attributes of a workflow, each with its value as text."""
    found = rows_of(Workflow.objects.filter(id=workflow_id), sealed=True)
    return found[0].labels if found else []


def whole_payload(
    workflow_id: str, kind: PayloadKind, position: int | None = None
) -> str | None:
    """Read all of a payload, of the workflow or of a step; None: there is none."""
    found: QuerySet[Any] = Workflow.objects.filter(id=workflow_id)
    if position is not None:
        found = Step.objects.filter(workflow_id=workflow_id, position=position)
    text: str | None = found.values_list(kind.value, flat=True).first()
    return text


def payload(workflow_id: str, kind: PayloadKind) -> Payload | None:
    """Read the beginning of a payload of a workflow; None: there is none."""
    return _beginning(Workflow.objects.filter(id=workflow_id), kind)


def step_payload(workflow_id: str, position: int, kind: PayloadKind) -> Payload | None:
    """Read the beginning of a step's output or error; None: there is none."""
    return _beginning(
        Step.objects.filter(workflow_id=workflow_id, position=position), kind
    )


def _beginning(found: QuerySet[Any], kind: PayloadKind) -> Payload | None:
    is_error = kind is PayloadKind.ERROR
    most = ERROR_CHARACTERS if is_error else PAYLOAD_CHARACTERS
    columns = Substr(kind.value, 1, most), Length(kind.value)
    text, characters = found.values_list(*columns).first() or (None, 0)
    if text is None:
        return None
    if is_sealed(text):
        text = _opened(found.values_list(kind.value, flat=True).get())
        text, characters = text[:most], len(text)
    failure = read_error(text) if is_error else None
    return Payload(text=text, characters=characters, failure=failure)


def _opened(stored: str) -> str:
    """Decrypt a payload, or tell why it cannot be read here."""
    try:
        return opened(stored)
    except SerializationError as error:
        return error.reason


def _steps_of(workflow_id: str) -> QuerySet[Any]:
    steps: QuerySet[Any] = Step.objects.filter(workflow_id=workflow_id)
    found: QuerySet[Any] = steps.annotate(failed=Q(error__isnull=False))
    return found


def _step_rows(workflow_id: str, found: QuerySet[Any]) -> list[StepRow]:
    values = list(found.values(*_STEPS, "failed"))
    if not values:
        return []
    in_order = Step.objects.filter(workflow_id=workflow_id).order_by("position")
    first = in_order.values_list("started_at", flat=True).first()
    ended = Workflow.objects.filter(id=workflow_id, status__in=TERMINAL)
    shared: dict[str, Any] = {
        "first_started_at": first or values[0]["started_at"],
        "cut_off_at": ended.values_list("completed_at", flat=True).first(),
    }
    return [StepRow(**row, **shared) for row in values]
