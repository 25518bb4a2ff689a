"""Deleting workflows, and changing what is attached to them."""

from collections.abc import Iterable
from typing import Any

from durable_engine.client.acting import (
    Action,
    act_on_many,
    act_on_one,
    afterwards,
    several,
)
from durable_engine.errors import WorkflowFenced
from durable_engine.notify.base import CONTROL, RESULT
from durable_engine.records import BulkResult
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import (
    perform,
    perform_async,
    refuse_in_event_loop,
)
from durable_engine.runtime.proofs import forget_proofs
from durable_engine.runtime.requests import attributes_text
from durable_engine.store import copies
from durable_engine.store.session import Session

_DELETE = "durable.delete_workflow"
_ATTRIBUTES = "durable.update_workflow_attributes"
_BATCH_ROWS = 500
_MOST_ROWS = 100_000


def delete_workflow(workflow_id: str, *, delete_children: bool = False) -> None:
    """Delete a workflow with all that belongs to it, whatever its status.

    Steps, events, messages, stream entries and transaction checkpoints, also those on
    other aliases that this process knows, go with it. A running one records nothing more and stops at its next durable call.

    Args:
        workflow_id: whose.
        delete_children: also delete children, and theirs.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    refuse_in_event_loop("delete_workflow")
    perform(act_on_one(_DELETE, workflow_id, _deletion(delete_children)))


async def delete_workflow_async(
    workflow_id: str, *, delete_children: bool = False
) -> None:
    """Delete a workflow: twin of `delete_workflow`."""
    await perform_async(act_on_one(_DELETE, workflow_id, _deletion(delete_children)))


def delete_workflows(
    workflow_ids: Iterable[str], *, delete_children: bool = False
) -> BulkResult:
    """Delete several workflows; says which changed and why not."""
    refuse_in_event_loop("delete_workflows")
    action = _deletion(delete_children)
    return perform(act_on_many(_DELETE, several(workflow_ids), action))


async def delete_workflows_async(
    workflow_ids: Iterable[str], *, delete_children: bool = False
) -> BulkResult:
    """Delete several workflows: twin of `delete_workflows`."""
    action = _deletion(delete_children)
    return await perform_async(act_on_many(_DELETE, several(workflow_ids), action))


def update_workflow_attributes(
    workflow_id: str, attributes: dict[str, Any] | None
) -> None:
    """Replace the attributes of a workflow, whatever its status.

    Args:
        workflow_id: whose.
        attributes: a JSON object; None removes them.

    Raises:
        NonExistentWorkflow: there is no such workflow.
        ValueError: the attributes are no JSON object.
    """
    refuse_in_event_loop("update_workflow_attributes")
    perform(act_on_one(_ATTRIBUTES, workflow_id, _update(attributes)))


async def update_workflow_attributes_async(
    workflow_id: str, attributes: dict[str, Any] | None
) -> None:
    """Replace the attributes of a workflow: twin of `update_workflow_attributes`."""
    await perform_async(act_on_one(_ATTRIBUTES, workflow_id, _update(attributes)))


def _deletion(delete_children: bool) -> Action:
    return _delete_tree if delete_children else _delete


def _delete(host: Engine, session: Session, workflow_ids: list[str]) -> list[str]:
    gone: list[str] = []
    for first in range(0, len(workflow_ids), _BATCH_ROWS):
        gone += copies.delete(session, workflow_ids[first : first + _BATCH_ROWS])
    afterwards(host, lambda: _deleted(host, gone))
    return gone


def _deleted(host: Engine, workflow_ids: list[str]) -> None:
    for workflow_id in workflow_ids:
        run = host.runs.get(workflow_id)
        if run is not None:
            run.halt(WorkflowFenced(workflow_id))
    forget_proofs(host, workflow_ids)
    host.publish(*((kind, one) for one in workflow_ids for kind in (CONTROL, RESULT)))


def _delete_tree(host: Engine, session: Session, workflow_ids: list[str]) -> list[str]:
    """Delete level by level: a deleted parent starts no child that would be missed."""
    gone: list[str] = []
    level = workflow_ids
    while level and len(gone) < _MOST_ROWS:
        gone += _delete(host, session, level)
        level = copies.offspring(session, level, _MOST_ROWS)
    return gone


def _update(attributes: object) -> Action:
    text = attributes_text(attributes)

    def update(_: Engine, session: Session, workflow_ids: list[str]) -> list[str]:
        return copies.set_attributes(session, workflow_ids, text)

    return update
