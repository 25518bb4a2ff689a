"""Records as the parameters that statements take, and claimed rows as records.

Called by the modules of this room, one subject each. Instants stay seconds since
the epoch; the statements turn them into the vendor's type.
"""

from typing import Any

from durable_engine.records import ClaimedWorkflow, Place, StepRow
from durable_engine.store.dialects import Row, fields


def step_parameters(step: StepRow, executor_id: str) -> dict[str, Any]:
    """Return a step's fields as parameters of the statements that record one."""
    return {**fields(step), "executor_id": executor_id}


def claimed_workflows(
    rows: list[Row], place: Place = Place.NONE
) -> list[ClaimedWorkflow]:
    """Return what a claim gave, by priority and age."""
    rows.sort(key=lambda row: (row[10], row[5]))
    return [
        ClaimedWorkflow(
            id=row[0],
            name=row[1],
            inputs=row[2],
            epoch=row[3],
            recovery_attempts=row[4],
            created_at=row[5],
            queue_name=row[6],
            deadline=row[7],
            random_seed=row[8],
            started_by=row[9],
            trace_context=row[11],
            place=place,
        )
        for row in rows
    ]
