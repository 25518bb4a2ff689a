"""Acting on one workflow: cancel, resume, restart, fork, retry, delete, send."""

from typing import Any

from django.http import HttpResponse
from ninja import Status
from pydantic import Field

from console.actions.acting import NOT_PERMITTED
from console.actions.workflows import Order, WorkflowAction, act_on, send
from console.api.callers import ApiRequest, Caller
from console.api.fields import Count, Key, WriteBody
from console.api.items import WorkflowItem, WorkflowReference
from console.api.problems import Problem, understood
from console.api.routers import ACTING
from console.api.routers import workflow_router as router
from console.api.workflows import PATH, check_id, shown_to, tell_location
from durable_engine import client
from durable_engine.errors import NonExistentWorkflow, NotAuthorized

Shown = WorkflowItem | WorkflowReference
Copied = Status[WorkflowItem | WorkflowReference]


class CancelBody(WriteBody):
    """How to cancel."""

    cancel_children: bool = Field(
        default=False, description="Also children, and theirs."
    )


class DeleteBody(WriteBody):
    """How to delete."""

    delete_children: bool = Field(
        default=False, description="Also children, and theirs."
    )


class ForkBody(WriteBody):
    """Where to fork."""

    start_step: Count = Field(
        description="The first position that runs anew; 1: everything.", examples=[3]
    )


class MessageBody(WriteBody):
    """What to send."""

    message: Any = Field(description="Any JSON.", examples=[{"paid": True}])
    topic: Key | None = Field(
        None, description="Only a recv of the same topic gets it.", examples=["payment"]
    )
    idempotency_key: Key | None = Field(
        None, description="A second message with this key is dropped."
    )


@router.post(
    f"{PATH}/cancel", response=Shown, tags=ACTING, operation_id="cancel_workflow"
)
def cancel(
    request: ApiRequest, workflow_id: str, body: CancelBody | None = None
) -> Shown:
    """Cancel a workflow: one that waits ends now, one that runs at its next call."""
    body = body or CancelBody()
    order = Order(
        action=WorkflowAction.CANCEL,
        reason=body.reason or "",
        include_children=body.cancel_children,
    )
    _carry_out(request.auth, order, workflow_id)
    return shown_to(request.auth, workflow_id)


@router.post(
    f"{PATH}/resume", response=Shown, tags=ACTING, operation_id="resume_workflow"
)
def resume(
    request: ApiRequest, workflow_id: str, body: WriteBody | None = None
) -> Shown:
    """Let a workflow continue after its last completed step."""
    _carry_out(request.auth, _order(WorkflowAction.RESUME, body), workflow_id)
    return shown_to(request.auth, workflow_id)


@router.post(
    f"{PATH}/restart",
    response={201: Shown},
    tags=ACTING,
    operation_id="restart_workflow",
)
def restart(
    request: ApiRequest,
    response: HttpResponse,
    workflow_id: str,
    body: WriteBody | None = None,
) -> Copied:
    """Run a workflow again from its beginning, under a new id."""
    order = _order(WorkflowAction.RESTART, body)
    return _copy(request.auth, response, order, workflow_id)


@router.post(
    f"{PATH}/fork", response={201: Shown}, tags=ACTING, operation_id="fork_workflow"
)
def fork(
    request: ApiRequest, response: HttpResponse, workflow_id: str, body: ForkBody
) -> Copied:
    """Run a workflow again from one of its steps, under a new id."""
    order = Order(
        action=WorkflowAction.FORK,
        reason=body.reason or "",
        start_step=body.start_step,
    )
    return _copy(request.auth, response, order, workflow_id)


@router.post(
    f"{PATH}/retry", response={201: Shown}, tags=ACTING, operation_id="retry_workflow"
)
def retry(
    request: ApiRequest,
    response: HttpResponse,
    workflow_id: str,
    body: WriteBody | None = None,
) -> Copied:
    """Fork a workflow at the step that failed, under a new id."""
    order = _order(WorkflowAction.RETRY, body)
    return _copy(request.auth, response, order, workflow_id)


@router.delete(PATH, response={204: None}, tags=ACTING, operation_id="delete_workflow")
def delete(
    request: ApiRequest, workflow_id: str, body: DeleteBody | None = None
) -> Status[None]:
    """Delete a workflow with all that belongs to it, whatever its status."""
    body = body or DeleteBody()
    order = Order(
        action=WorkflowAction.DELETE,
        reason=body.reason or "",
        include_children=body.delete_children,
    )
    _carry_out(request.auth, order, workflow_id)
    return Status(204, None)


@router.post(
    f"{PATH}/messages", response=Shown, tags=ACTING, operation_id="send_message"
)
def send_message(request: ApiRequest, workflow_id: str, body: MessageBody) -> Shown:
    """Send a message to a workflow; answers the workflow."""
    check_id(workflow_id)
    with understood():
        send(
            request.auth.actor,
            workflow_id,
            body.message,
            topic=body.topic,
            idempotency_key=body.idempotency_key,
            reason=body.reason or "",
        )
    return shown_to(request.auth, workflow_id)


def _order(action: WorkflowAction, body: WriteBody | None) -> Order:
    reason = body.reason if body is not None else None
    return Order(action=action, reason=reason or "")


def _copy(
    caller: Caller, response: HttpResponse, order: Order, workflow_id: str
) -> Copied:
    made = _carry_out(caller, order, workflow_id)[workflow_id]
    tell_location(response, caller, made)
    return Status(201, shown_to(caller, made))


def _carry_out(caller: Caller, order: Order, workflow_id: str) -> dict[str, str]:
    """Act on one workflow; return the ids of copies by their origin's.

    Raises:
        NotAuthorized: the caller may not.
        NonExistentWorkflow: there is none.
        Problem: 409, its status forbids it; 404, there can be no such id.
    """
    check_id(workflow_id)
    with understood():
        answer = act_on(caller.actor, order, [workflow_id])
    why = answer.unchanged.get(workflow_id)
    if why is None:
        return answer.made
    if why == client.NO_SUCH_WORKFLOW:
        raise NonExistentWorkflow(workflow_id=workflow_id)
    if why == NOT_PERMITTED:
        permission = order.action.permission.value
        raise NotAuthorized(action=permission, user=caller.actor.name)
    detail = f"Workflow {workflow_id!r} cannot be changed so: {why}."
    raise Problem(409, detail, kind="wrong-status", workflow_id=workflow_id)
