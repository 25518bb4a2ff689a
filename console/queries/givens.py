"""What a workflow was started with, for a form that starts another like it.

The only place of the console that rebuilds a payload: JSON alone, whichever serializer
is configured, so that nothing is unpickled and no module is imported.
"""

import json
from dataclasses import dataclass
from typing import Any

from console.tables.workflows import INTERNAL_QUEUE
from durable_engine.errors import SerializationError
from durable_engine.models import Workflow
from durable_engine.serialization import JSONSerializer, decode_inputs

_COLUMNS = (
    "id",
    "name",
    "inputs",
    "queue_name",
    "priority",
    "timeout_seconds",
    "queue_partition_key",
    "attributes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How a workflow was started; values are texts of the form's fields."""

    workflow_id: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    unreadable: str  # why the arguments cannot be read here; empty if they can
    options: dict[str, str]  # by the name of the field


def given(workflow_id: str) -> Given | None:
    """Read how a workflow was started; None: there is no such workflow."""
    row = Workflow.objects.filter(id=workflow_id).values(*_COLUMNS).first()
    if row is None:
        return None
    args, kwargs, unreadable = _arguments(row["inputs"])
    return Given(
        workflow_id=row["id"],
        name=row["name"],
        args=args,
        kwargs=kwargs,
        unreadable=unreadable,
        options=_options(row),
    )


def _arguments(stored: str) -> tuple[tuple[Any, ...], dict[str, Any], str]:
    try:
        args, kwargs = decode_inputs(JSONSerializer(), stored)
    except SerializationError as error:
        return (), {}, error.reason
    return args, kwargs, ""


def _options(row: dict[str, Any]) -> dict[str, str]:
    queue, timeout = row["queue_name"] or "", row["timeout_seconds"]
    attributes = row["attributes"]
    return {
        "queue": "" if queue == INTERNAL_QUEUE else queue,
        "priority": str(row["priority"] or ""),
        "timeout_seconds": "" if timeout is None else f"{timeout:g}",
        "queue_partition_key": row["queue_partition_key"] or "",
        "attributes": json.dumps(attributes, ensure_ascii=False) if attributes else "",
    }
