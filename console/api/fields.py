"""Kinds of values that bodies and query strings of the API hold."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from console.conf import REASON_CHARACTERS
from durable_engine.ids import MAX_ID_LENGTH

MOST_VALUES = 1000


def _without_nul(text: str) -> str:
    if "\0" in text:
        message = "must not hold NUL characters"
        raise ValueError(message)
    return text


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    if _holds_nul(value):
        message = "must not hold NUL characters"
        raise ValueError(message)
    return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


Text = Annotated[str, AfterValidator(_without_nul)]
"""A text that every database can compare with."""

Id = Annotated[Text, Field(min_length=1, max_length=MAX_ID_LENGTH)]
"""A workflow id; the engine checks the rest of it."""

Attributes = Annotated[dict[str, Any], AfterValidator(_storable)]
"""A JSON object that every database can hold."""

Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
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
