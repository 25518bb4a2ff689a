"""Putting exported workflows into this database."""

from typing import Any

from django.db import models, transaction
from django.utils.dateparse import parse_datetime

from durable_engine.clock import from_epoch
from durable_engine.errors import DurableError
from durable_engine.models import Workflow
from durable_engine.replaying.files import PARTS, Document, checked
from durable_engine.runtime.engine import engine
from durable_engine.states import ACTIVE, WorkflowState


def import_workflows(document: Document, *, run: bool = False) -> list[str]:
    """Insert the workflows of a document, with all that belongs to them.

    One that has not ended arrives as `CANCELLED`, so that nothing runs by itself in a
    database that it was only copied to; `resume_workflow` continues it.

    Args:
        document: as `export_workflows` makes it.
        run: let workers here go on with what has not ended, after its last step.

    Returns:
        The ids, in the order of the document.

    Raises:
        DurableError: an id is in use here, or the document is none of ours; nothing
            is inserted.

    Guarantees: all or nothing.
    """
    items = checked(document, "the document")["workflows"]
    ids = [str(item["workflow"]["id"]) for item in items]
    with transaction.atomic(using=engine().settings.database):
        taken = Workflow.objects.filter(pk__in=ids).values_list("pk", flat=True)
        used = sorted(taken)
        if used or len(set(ids)) < len(ids):
            twice = used or sorted({one for one in ids if ids.count(one) > 1})
            message = (
                f"nothing was imported: the id {twice[0]!r} is in use; delete_workflow() "
                "it here first"
            )
            raise DurableError(message)
        for item in items:
            _insert(item, run=run)
    return ids


def _insert(item: Document, *, run: bool) -> None:
    values = _python(Workflow, item["workflow"])
    values |= {"executor_id": None, "place": 0, "epoch": values["epoch"] + 1}
    if values["status"] in ACTIVE:
        values |= _in_flight(values, run=run)
    Workflow.objects.create(**values)
    for name, model in PARTS.items():
        rows = [model(**_python(model, one)) for one in item.get(name, [])]
        model._default_manager.bulk_create(  # noqa: SLF001 - Django's API
            rows, batch_size=500
        )


def _in_flight(values: dict[str, Any], *, run: bool) -> dict[str, Any]:
    now = from_epoch(engine().now())
    if not run:
        return {
            "status": WorkflowState.CANCELLED,
            "completed_at": now,
            "wake_at": None,
            "waiting_on": None,
        }
    if values["status"] == WorkflowState.PENDING:
        # Due at once: a replay finds out what it waits for, and waits again.
        return {"wake_at": now, "waiting_on": None}
    return {}


def _python(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    """Return what a row of this release is made of; what it does not know is dropped."""
    found = {}
    for field in model._meta.concrete_fields:  # noqa: SLF001 - Django's API
        if isinstance(field, models.AutoField) or field.attname not in values:
            continue
        value = values[field.attname]
        if isinstance(field, models.DateTimeField) and value is not None:
            value = parse_datetime(value)
        found[field.attname] = value
    return found
