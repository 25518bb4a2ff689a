"""Kinds of values that bodies and query strings of the API hold."""

import re
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from console.conf import REASON_CHARACTERS
from durable_engine.ids import MAX_ID_LENGTH
from durable_engine.states import WorkflowState

MOST_VALUES = 1000

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # in JSON text, not after an escape


def _without_nul(text: str) -> str:
    if "\0" in text:
        message = "must not hold NUL characters"
        raise ValueError(message)
    return text


def storable(value: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object unchanged that every database can hold.

    Raises:
        ValueError: it is nested too deeply, or holds NUL characters or integers of
            more than 64 bits.
    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        message = f"cannot be stored: {error}"
        raise ValueError(message) from error
    if _NUL.search(text):
        message = "must not hold NUL characters"
        raise ValueError(message)
    return value


def _whole(value: Any) -> Any:
    """Take 3.0 for 3: in JSON they are the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, AfterValidator(_without_nul)]
"""A text that every database can compare with."""

Id = Annotated[
    str, Field(min_length=1, max_length=MAX_ID_LENGTH), AfterValidator(_without_nul)
]
"""A workflow id; the engine checks the rest of it."""

Key = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]
"""A name or key that somebody chose; the engine checks the rest of it."""

Status = Annotated[
    str, WithJsonSchema({"type": "string", "enum": [str(one) for one in WorkflowState]})
]
"""The status of a workflow; the engine checks what is sent."""

Instant = Annotated[Text, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant as ISO 8601 with an offset, as it was sent; the engine checks it."""

Attributes = Annotated[dict[str, Any], AfterValidator(storable)]
"""A JSON object that every database can hold."""

Count = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=2**31 - 1)]
"""A limit or a position."""

Reason = Annotated[
    Text | None,
    Field(
        max_length=REASON_CHARACTERS,
        description="Why, for the audit trail.",
        examples=["ticket 4711"],
    ),
]


class Body(BaseModel):
    """A body of a request: types are exact, and unknown members are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WriteBody(Body):
    """What every write may say."""

    reason: Reason = None
