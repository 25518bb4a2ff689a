"""Acting on many workflows at once, named by id or by a filter."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from console.actions.workflows import Order, WorkflowAction, act_on
from console.api.callers import ApiRequest
from console.api.fields import Count, Id, WriteBody
from console.api.filters import WorkflowFilter
from console.api.problems import understood
from console.api.routers import ACTING
from console.api.routers import workflow_router as router
from console.conf import BULK_ROWS
from console.permissions import Permission
from console.queries import statuses


class BulkBody(WriteBody):
    """What is to be done, to which workflows."""

    action: Literal["cancel", "resume", "restart", "fork", "retry", "delete"]
    ids: list[Id] | None = Field(
        None, max_length=BULK_ROWS, description=f"At most {BULK_ROWS:,}."
    )
    filter: WorkflowFilter | None = Field(
        None,
        description=f"In place of `ids`: the newest {BULK_ROWS:,} that match when the "
        "call begins.",
    )
    start_step: Count | None = Field(None, description="Of a fork.")

    @model_validator(mode="after")
    def check(self) -> "BulkBody":
        """Refuse what means two things, or nothing."""
        if (self.ids is None) is (self.filter is None):
            message = "give either ids or filter"
            raise ValueError(message)
        if (self.action == "fork") is (self.start_step is None):
            message = "start_step belongs to a fork, which needs it"
            raise ValueError(message)
        return self


class BulkAnswer(BaseModel):
    """What came of it, by id."""

    changed: list[str] = Field(description="Those that were changed, or copied.")
    unchanged: dict[str, str] = Field(
        description="Why each of the others was not.",
        examples=[{"order-7": "it is SUCCESS"}],
    )
    made: dict[str, str] | None = Field(
        None, description="Of restart, fork and retry: the new ids, by origin."
    )
    more: bool | None = Field(
        None,
        description="Of a filter: more workflows match it; call again to go on.",
    )


@router.post(
    "/workflows/bulk",
    response=BulkAnswer,
    exclude_none=True,
    tags=ACTING,
    operation_id="act_on_workflows",
)
def act_in_bulk(request: ApiRequest, body: BulkBody) -> BulkAnswer:
    """Act on many workflows; a batch that fails leaves those before it done."""
    caller = request.auth
    more: bool | None = None
    ids: list[str] = list(body.ids or [])
    order = Order(
        action=WorkflowAction(body.action),
        reason=body.reason or "",
        start_step=body.start_step or 1,
    )
    with understood():
        if body.filter is not None:
            caller.require(Permission.VIEW_WORKFLOW)
            ids, more = statuses.matching_ids(body.filter.arguments(caller))
        answer = act_on(caller.actor, order, ids)
    if not ids:
        caller.require(order.action.permission)
    return BulkAnswer(
        changed=answer.changed,
        unchanged=answer.unchanged,
        made=answer.made or None,
        more=more,
    )
