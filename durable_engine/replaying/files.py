"""Workflows as JSON files: exported here, replayed or imported anywhere.

A file holds the rows of one or several workflows as they are stored, payloads
included: whoever may read it reads inputs and results.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.dateparse import parse_datetime

from durable_engine.errors import DurableError, NonExistentWorkflow
from durable_engine.models import (
    Event,
    EventHistory,
    Message,
    Step,
    StreamEntry,
    Workflow,
)
from durable_engine.records import StepRow
from durable_engine.replaying.records import History

FORMAT = "durable_engine.workflows"
VERSION = 1
_MOST_WORKFLOWS = 10_000
PARTS: dict[str, type[models.Model]] = {
    "steps": Step,
    "events": Event,
    "event_history": EventHistory,
    "messages": Message,
    "streams": StreamEntry,
}
"""What belongs to a workflow, by its name in a file."""

Document = dict[str, Any]


class _Exact(DjangoJSONEncoder):
    """Django's encoder, which keeps the microseconds of instants."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def export_workflows(
    workflow_ids: Sequence[str], *, with_children: bool = False
) -> Document:
    """Return workflows as one document of plain JSON values.

    Args:
        workflow_ids: whose.
        with_children: also those that they started, and so on; at most 10,000.

    Raises:
        NonExistentWorkflow: one of them does not exist.
    """
    wanted = list(dict.fromkeys(workflow_ids))
    items = []
    for workflow_id in wanted:
        row = Workflow.objects.filter(pk=workflow_id).first()
        if row is None:
            raise NonExistentWorkflow(workflow_id=workflow_id)
        items.append(_item(row))
        if with_children and len(wanted) < _MOST_WORKFLOWS:
            children = Workflow.objects.filter(parent_workflow_id=workflow_id)
            ids = children.order_by("created_at").values_list("pk", flat=True)
            wanted += [one for one in ids[:_MOST_WORKFLOWS] if one not in wanted]
    document = {"format": FORMAT, "version": VERSION, "workflows": items}
    plain: Document = json.loads(json.dumps(document, cls=_Exact))
    return plain


def write_file(document: Document, path: str | Path) -> None:
    """Write a document to a file, readable by people too."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    Path(path).write_text(f"{text}\n", encoding="utf-8")


def read_file(path: str | Path) -> Document:
    """Return the document of a file.

    Raises:
        DurableError: it is no export of workflows, or one of a later version.
        OSError: it cannot be read.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path} holds no JSON: {error}"
        raise DurableError(message) from error
    return checked(document, str(path))


def checked(document: Any, where: str) -> Document:
    """Return a document if it is one of ours.

    Raises:
        DurableError: it is not; the message says what is wrong.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        message = (
            f"{where} is no export of workflows: its 'format' is not {FORMAT!r}. "
            "Make one with `manage.py workflow export ID`"
        )
        raise DurableError(message)
    if document.get("version") != VERSION:
        message = (
            f"{where} has version {document.get('version')!r}, and this release reads "
            f"version {VERSION}"
        )
        raise DurableError(message)
    return document


def histories_of(document: Document) -> Iterator[History]:
    """Yield the history of each workflow of a document."""
    for item in document["workflows"]:
        row = item["workflow"]
        yield History(
            workflow_id=row["id"],
            name=row["name"],
            inputs=row["inputs"],
            created_at=_seconds(row["created_at"]) or 0.0,
            random_seed=row.get("random_seed"),
            started_by=row.get("started_by"),
            steps={
                step["position"]: _step(row["id"], step)
                for step in item["steps"]
                # An open row without an attempt says only that a step runs.
                if step["completed_at"] is not None or step["attempts"]
            },
        )


def _item(row: Workflow) -> Document:
    parts = {
        name: [
            _values(one)
            for one in model._default_manager.filter(  # noqa: SLF001 - Django's API
                workflow_id=row.pk
            ).order_by("pk")
        ]
        for name, model in PARTS.items()
    }
    return {"workflow": _values(row), **parts}


def _values(row: models.Model) -> dict[str, Any]:
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's API
    return {field.attname: getattr(row, field.attname) for field in fields}


def _step(workflow_id: str, values: dict[str, Any]) -> StepRow:
    return StepRow(
        workflow_id=workflow_id,
        epoch=values["epoch"],
        position=values["position"],
        name=values["name"],
        started_at=_seconds(values["started_at"]) or 0.0,
        completed_at=_seconds(values["completed_at"]),
        output=values["output"],
        error=values["error"],
        child_workflow_id=values["child_workflow_id"],
        attempts=values["attempts"],
    )


def _seconds(text: str | None) -> float | None:
    moment = parse_datetime(text) if text is not None else None
    return None if moment is None else moment.timestamp()
