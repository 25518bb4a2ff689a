"""Handles: what a start gives back, to wait for a result or look at a status."""

from typing import Any, Generic, TypeVar

from durable_engine.errors import NonExistentWorkflow
from durable_engine.ids import check_workflow_id, is_key
from durable_engine.primitives.recording import once, once_awaiting
from durable_engine.records import WorkflowStatus
from durable_engine.runtime import results
from durable_engine.runtime.context import Run
from durable_engine.runtime.engine import engine
from durable_engine.runtime.operations import (
    Blocking,
    Operation,
    perform,
    perform_async,
    refuse_in_event_loop,
)

R = TypeVar("R")

_GET_RESULT = "durable.get_result"
_GET_STATUS = "durable.get_status"


class _Handle(Generic[R]):
    """What both kinds of handle share."""

    __slots__ = ("_local", "_may_come", "workflow_id")

    def __init__(
        self, workflow_id: str, local: Run | None = None, *, may_come: bool = False
    ) -> None:
        self.workflow_id = workflow_id
        self._local = local
        self._may_come = may_come

    def get_workflow_id(self) -> str:
        """Return the workflow's id."""
        return self.workflow_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.workflow_id}>"


class WorkflowHandle(_Handle[R]):
    """A workflow as a thread sees it."""

    __slots__ = ()

    def get_result(self, *, polling_interval_sec: float | None = None) -> R:
        """Wait for the workflow to end and return its value.

        Args:
            polling_interval_sec: accepted for programs written for DBOS; waiters
                here are woken, and poll only as a fallback.

        Raises:
            Exception: the workflow's own, rebuilt as its class where that class is
                imported, else WorkflowFailed.
            AwaitedWorkflowCancelled: it was cancelled.
            NonExistentWorkflow: there is no such workflow, unless the handle was
                retrieved with `existing_workflow=False`.
        """
        del polling_interval_sec
        refuse_in_event_loop(
            "WorkflowHandle.get_result", "WorkflowHandleAsync.get_result"
        )
        value: R = perform(_result(self.workflow_id, self._local, self._may_come))
        return value

    def get_status(self) -> WorkflowStatus:
        """Return the workflow's status, inputs and outcome as they are now.

        Raises:
            NonExistentWorkflow: there is no such workflow.
        """
        refuse_in_event_loop(
            "WorkflowHandle.get_status", "WorkflowHandleAsync.get_status"
        )
        return perform(status_operation(self.workflow_id))


class WorkflowHandleAsync(_Handle[R]):
    """A workflow as a coroutine sees it."""

    __slots__ = ()

    async def get_result(self, *, polling_interval_sec: float | None = None) -> R:
        """Await the workflow's value: twin of `WorkflowHandle.get_result`."""
        del polling_interval_sec
        operation = _result(self.workflow_id, self._local, self._may_come)
        value: R = await perform_async(operation)
        return value

    async def get_status(self) -> WorkflowStatus:
        """Await the workflow's status: twin of `WorkflowHandle.get_status`."""
        return await perform_async(status_operation(self.workflow_id))


def retrieve_workflow(
    workflow_id: str,
    existing_workflow: bool = True,
) -> WorkflowHandle[Any]:
    """Return a handle for an id.

    Args:
        workflow_id: whose.
        existing_workflow: whether there must be one now; with False `get_result`
            waits for one that is started later, too.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    refuse_in_event_loop("retrieve_workflow")
    if existing_workflow:
        perform(_check_exists(workflow_id))
    return WorkflowHandle(
        check_workflow_id(workflow_id),
        _local(workflow_id),
        may_come=not existing_workflow,
    )


async def retrieve_workflow_async(
    workflow_id: str,
    existing_workflow: bool = True,
) -> WorkflowHandleAsync[Any]:
    """Return a handle for an id: twin of `retrieve_workflow`."""
    if existing_workflow:
        await perform_async(_check_exists(workflow_id))
    return WorkflowHandleAsync(
        check_workflow_id(workflow_id),
        _local(workflow_id),
        may_come=not existing_workflow,
    )


def get_result(workflow_id: str) -> Any:
    """Wait for a workflow to end and return its value: by id, without a handle.

    Args:
        workflow_id: whose.

    Raises:
        Exception: as `WorkflowHandle.get_result`.
    """
    refuse_in_event_loop("get_result")
    return perform(_result(check_workflow_id(workflow_id), _local(workflow_id)))


async def get_result_async(workflow_id: str) -> Any:
    """Await the value of a workflow: twin of `get_result`."""
    local = _local(workflow_id)
    return await perform_async(_result(check_workflow_id(workflow_id), local))


def _local(workflow_id: str) -> Run | None:
    return engine().runs.get(workflow_id)


def _check_exists(workflow_id: str) -> Operation[None]:
    check_workflow_id(workflow_id)
    yield from status_operation(workflow_id)


def status_operation(workflow_id: str) -> Operation[WorkflowStatus]:
    """Read a status, recorded in a workflow.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """

    def read(_: Run | None) -> Operation[WorkflowStatus]:
        # Models need the app registry; queues and handles may be made before it.
        from durable_engine.inspection import get_workflow_status  # noqa: PLC0415

        found: WorkflowStatus | None = yield Blocking(
            engine(), lambda: get_workflow_status(workflow_id)
        )
        if found is None:
            raise NonExistentWorkflow(workflow_id=workflow_id)
        return found

    return (yield from once(_GET_STATUS, read))


def _result(
    workflow_id: str, local: Run | None, may_come: bool = False
) -> Operation[Any]:
    host = engine()
    if not is_key(workflow_id):
        raise NonExistentWorkflow(workflow_id=workflow_id)

    def wait(run: Run | None, awaited: str) -> Operation[Any]:
        outcome = yield from results.outcome_of(
            host,
            awaited,
            waiting=run,
            local=local if awaited == workflow_id else None,
            may_come=may_come,
        )
        if outcome is None:
            return None
        return results.hand_out(host, awaited, outcome)

    return (yield from once_awaiting(_GET_RESULT, workflow_id, wait))
