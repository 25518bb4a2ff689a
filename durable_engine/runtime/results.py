"""The outcome of a workflow: waiting for it, and handing it out."""

from typing import Any, assert_never

from durable_engine import serialization
from durable_engine.clock import monotonic
from durable_engine.errors import (
    AwaitedWorkflowCancelled,
    AwaitedWorkflowMaxRecoveryAttemptsExceeded,
    NonExistentWorkflow,
)
from durable_engine.notify.base import RESULT
from durable_engine.records import RecordedOutcome
from durable_engine.runtime.advice import Advice
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import Engine
from durable_engine.runtime.operations import Operation, Query
from durable_engine.runtime.waiting import wait_for
from durable_engine.states import ACTIVE, WorkflowState
from durable_engine.store import workflows
from durable_engine.store.session import Session


def outcome_of(
    engine: Engine,
    workflow_id: str,
    *,
    timeout_seconds: float | None = None,
    waiting: Run | None = None,
    local: Run | None = None,
    may_come: bool = False,
) -> Operation[RecordedOutcome | None]:
    """Wait for a workflow to end; None when the time is over.

    Args:
        engine: of this process.
        workflow_id: whose outcome.
        timeout_seconds: None waits as long as it takes.
        waiting: the workflow that waits, if one does.
        local: the execution in this process, if there is one: while it runs, the
            database need not be asked.
        may_come: whether one that does not exist yet is waited for.

    Raises:
        NonExistentWorkflow: there is no such workflow (any more).
    """
    advice = Advice(engine, workflow_id)
    seen = not may_come

    def look() -> Operation[RecordedOutcome | None]:
        nonlocal seen
        if local is not None:
            if local.outcome is not None:
                return local.outcome
            if engine.runs.get(workflow_id) is local:
                return None
        found: RecordedOutcome | None = yield Query(
            engine, lambda session: workflows.read_outcome(session, workflow_id)
        )
        if found is None:
            if seen:
                raise NonExistentWorkflow(workflow_id=workflow_id)
            return None
        seen = True
        if found.status not in ACTIVE:
            return found
        if found.status == WorkflowState.ENQUEUED and waiting is None:
            yield from advice.look()
        return None

    until = None if timeout_seconds is None else monotonic() + timeout_seconds
    return (
        yield from wait_for(
            engine,
            (RESULT, workflow_id),
            look,
            until=until,
            run=waiting,
            probe=lambda session: _has_ended(session, workflow_id, missing=seen),
        )
    )


def _has_ended(session: Session, workflow_id: str, *, missing: bool) -> bool:
    """Whether there is nothing to wait for; `missing`: where there is no workflow."""
    found = workflows.read_outcome(session, workflow_id)
    return missing if found is None else found.status not in ACTIVE


def hand_out(engine: Engine, workflow_id: str, outcome: RecordedOutcome) -> Any:
    """Return the value of a workflow that has ended, or raise what it raised.

    Raises:
        Exception: the workflow's own, rebuilt, or WorkflowFailed.
        AwaitedWorkflowCancelled: it was cancelled.
        AwaitedWorkflowMaxRecoveryAttemptsExceeded: it was given up.
    """
    status = WorkflowState(outcome.status)
    match status:
        case WorkflowState.SUCCESS:
            if outcome.output is None:
                return None
            return serialization.decode(engine.serializer, outcome.output)
        case WorkflowState.ERROR:
            raise serialization.decode_error(workflow_id, outcome.error or "null")
        case WorkflowState.CANCELLED:
            raise AwaitedWorkflowCancelled(workflow_id=workflow_id)
        case WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED:
            limit = None
            if engine.registry.has_workflow(outcome.name):
                registration = engine.registry.workflow(outcome.name)
                limit = registration.max_recovery_attempts
            raise AwaitedWorkflowMaxRecoveryAttemptsExceeded(
                workflow_id=workflow_id, max_recovery_attempts=limit
            )
        case WorkflowState.ENQUEUED | WorkflowState.DELAYED | WorkflowState.PENDING:
            message = f"workflow {workflow_id!r} has not ended: {status}"
            raise ValueError(message)
        case _:
            assert_never(status)
