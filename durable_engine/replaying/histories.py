"""Histories from the database, in bounded batches."""

from collections.abc import Iterator
from functools import partial

from durable_engine.errors import NonExistentWorkflow
from durable_engine.models import Workflow
from durable_engine.records import StepRow
from durable_engine.replaying.records import History
from durable_engine.runtime.engine import engine
from durable_engine.states import ACTIVE
from durable_engine.store import steps

_BATCH_WORKFLOWS = 200
_BATCH_STEPS = 5_000
_COLUMNS = ("id", "name", "inputs", "created_at", "random_seed", "started_by")


def read_history(workflow_id: str) -> History:
    """Return the history of one workflow.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    row = Workflow.objects.filter(pk=workflow_id).only(*_COLUMNS).first()
    if row is None:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    return _history(row, _read(workflow_id))


def read_in_flight() -> Iterator[History]:
    """Yield the history of every workflow that has not ended, by id.

    A workflow that starts or ends meanwhile may be left out or not. At most a few
    hundred are in memory at once.
    """
    last = ""
    while True:
        rows = list(
            Workflow.objects.filter(status__in=list(ACTIVE), pk__gt=last)
            .only(*_COLUMNS)
            .order_by("pk")[:_BATCH_WORKFLOWS]
        )
        if not rows:
            return
        ids = [row.id for row in rows]
        read = partial(steps.read_many, workflow_ids=ids, limit=_BATCH_STEPS)
        found = engine().reads.run(read)
        for row in rows:
            recorded = found.get(row.id)
            yield _history(row, _read(row.id) if recorded is None else recorded)
        last = ids[-1]


def _read(workflow_id: str) -> dict[int, StepRow]:
    return engine().reads.run(lambda session: steps.read(session, workflow_id))


def _history(row: Workflow, recorded: dict[int, StepRow]) -> History:
    return History(
        workflow_id=row.id,
        name=row.name,
        inputs=row.inputs,
        created_at=row.created_at.timestamp(),
        random_seed=row.random_seed,
        started_by=row.started_by,
        steps=recorded,
    )
