"""Whether this process serves, for who watches it; says nothing private."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from console.api.problems import Problem
from console.queries.workflows import exists

logger = logging.getLogger(__name__)

router = Router(tags=["health"])


class HealthItem(BaseModel):
    """It does."""

    status: str = Field(description="`ok`, or `ready` if that was asked.")


class HealthQuery(BaseModel):
    """What is asked."""

    ready: str | None = Field(
        None, description="Given, with any value: is the database there, and migrated?"
    )


@router.get("/health", auth=None, response=HealthItem, operation_id="health")
def health(request: HttpRequest, query: Query[HealthQuery]) -> HealthItem:
    """Say that this process answers; with `?ready`, that its database does too."""
    del request
    if query.ready is None:
        return HealthItem(status="ok")
    try:
        exists("")
    except DatabaseError as error:
        logger.warning("Not ready", exc_info=True)
        raise Problem(503, "Not ready: no database.", kind="no-database") from error
    return HealthItem(status="ready")
