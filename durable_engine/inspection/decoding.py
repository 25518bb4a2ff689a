"""From rows to the records that the public API hands out."""

from typing import Any

from durable_engine import serialization
from durable_engine.errors import SerializationError
from durable_engine.models import Step, Workflow
from durable_engine.records import StepInfo, WorkflowStatus
from durable_engine.states import StepState

LIGHT_FIELDS = (
    "id",
    "name",
    "status",
    "queue_name",
    "priority",
    "deduplication_id",
    "queue_partition_key",
    "app_version",
    "executor_id",
    "recovery_attempts",
    "parent_workflow_id",
    "forked_from",
    "schedule_name",
    "attributes",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
    "deadline",
    "delay_until",
    "wake_at",
    "started_by",
)
"""Columns that lists load: never a payload."""


def status_of(
    serializer: serialization.Serializer,
    row: Workflow,
    *,
    load_input: bool,
    load_output: bool,
) -> WorkflowStatus:
    """Return a row as the public record; payloads only where asked for."""
    values = {name: getattr(row, name) for name in LIGHT_FIELDS if name != "id"}
    values["app_version"] = row.app_version or None
    output = error = given = None
    if load_input:
        args, kwargs = decoded_inputs(serializer, row.inputs)
        given = {"args": args, "kwargs": kwargs}
    if load_output:
        if row.output is not None:
            output = readable(serializer, row.output)
        if row.error is not None:
            error = serialization.decode_error(row.id, row.error)
    return WorkflowStatus(
        workflow_id=row.id, input=given, output=output, error=error, **values
    )


def decoded_inputs(
    serializer: serialization.Serializer, stored: str
) -> tuple[list[Any], dict[str, Any]]:
    """Return inputs for showing; what cannot be decoded here is shown as stored."""
    try:
        args, kwargs = serialization.decode_inputs(serializer, stored)
    except SerializationError:
        return [stored], {}
    return list(args), kwargs


def readable(serializer: serialization.Serializer, stored: str) -> Any:
    """Return a payload for showing; what cannot be decoded here as stored."""
    try:
        return serialization.decode(serializer, stored)
    except SerializationError:
        return stored


def step_of(serializer: serialization.Serializer, row: Step) -> StepInfo:
    """Return a step as the public record, with its payloads."""
    if row.completed_at is None:
        status = StepState.PENDING
    else:
        status = StepState.SUCCESS if row.error is None else StepState.ERROR
    done = row.completed_at is not None
    return StepInfo(
        position=row.position,
        name=row.name,
        status=status,
        output=readable(serializer, row.output) if done and row.output else None,
        error=(
            serialization.decode_error(row.workflow_id, row.error)
            if row.error is not None
            else None
        ),
        child_workflow_id=row.child_workflow_id,
        attempts=max(1, row.attempts),  # 0: the first one runs
        started_at=row.started_at,
        completed_at=row.completed_at,
    )
