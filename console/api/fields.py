"""Kinds of values that bodies and query strings of the API hold."""

import re
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from console.conf import REASON_CHARACTERS
from durable_engine.ids import MAX_ID_LENGTH

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
        raise ValueError(str(error)) from error
    if _NUL.search(text):
        message = "must not hold NUL characters"
        raise ValueError(message)
    return value


Text = Annotated[str, AfterValidator(_without_nul)]
"""A text that every database can compare with."""

Id = Annotated[Text, Field(min_length=1, max_length=MAX_ID_LENGTH)]
"""A workflow id; the engine checks the rest of it."""

Name = Annotated[Text, Field(min_length=1)]
"""The name of something; the engine checks the rest of it."""

Attributes = Annotated[dict[str, Any], AfterValidator(storable)]
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
