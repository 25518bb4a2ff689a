"""Addresses in answers: every id that the engine accepts opens by them."""

from pydantic import BaseModel, Field

from console.addresses import escape

_RESERVED = "bulk"  # the one segment below `workflows/` that is no id


class Links(BaseModel):
    """Where something is found, as paths on this host."""

    self: str = Field(
        description="In this API.", examples=["/durable/api/workflows/order-42"]
    )
    page: str = Field(
        description="In the console.", examples=["/durable/workflows/order-42/"]
    )


def workflow_links(home: str, workflow_id: str) -> Links:
    """Return where a workflow is found.

    Args:
        home: the path of the console's first page.
        workflow_id: any id.
    """
    return Links(
        self=f"{home}api/workflows/{segment(workflow_id)}",
        page=f"{home}workflows/{escape(workflow_id)}/",
    )


def segment(workflow_id: str) -> str:
    """Write an id as a segment of a path below `workflows/`."""
    written = escape(workflow_id)
    return f"~{ord(written[0]):02X}{written[1:]}" if written == _RESERVED else written
