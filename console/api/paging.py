"""Pages: at most `limit` items, and a cursor for the next ones."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, Field

from console.api.problems import Problem
from durable_engine.ids import MAX_ID_LENGTH

Item = TypeVar("Item")

MOST_ITEMS = 1000
_MOST_NUMBER = 2**53


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(
        description="Give it back as `cursor` to get the next page; null at the end."
    )


class Paging(BaseModel):
    """Which page of a list."""

    limit: int = Field(
        100, ge=1, le=MOST_ITEMS, description="The most items on the page."
    )
    cursor: str | None = Field(
        None,
        max_length=4096,
        description="`next` of the page before; the filters must be the same.",
    )


def cursor_after(place: str | int) -> str:
    """Write a cursor for what follows a place in a list."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def name_in(cursor: str | None) -> str:
    """Read a cursor that holds a name; without one, what is before every name.

    Raises:
        Problem: 422, it was not written by us.
    """
    place = "" if cursor is None else _place_in(cursor)
    if not isinstance(place, str) or len(place) > MAX_ID_LENGTH or "\0" in place:
        raise _forged(cursor)
    return place


def number_in(cursor: str | None, default: int) -> int:
    """Read a cursor that holds a number; without one, the default.

    Raises:
        Problem: 422, it was not written by us.
    """
    place = default if cursor is None else _place_in(cursor)
    if isinstance(place, bool) or not isinstance(place, int):
        raise _forged(cursor)
    if not -1 <= place <= _MOST_NUMBER:
        raise _forged(cursor)
    return place


def page_by_name(
    every: Iterable[Item], name: Callable[[Item], str], paging: Paging
) -> tuple[Sequence[Item], str | None]:
    """Cut a page out of a list that is short enough to be read whole."""
    after = name_in(paging.cursor)
    left = sorted((one for one in every if name(one) > after), key=name)
    found = left[: paging.limit]
    more = len(left) > paging.limit
    return found, cursor_after(name(found[-1])) if more else None


def _place_in(cursor: str) -> Any:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return orjson.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        raise _forged(cursor) from None


def _forged(cursor: str | None) -> Problem:
    shown = (cursor or "")[:80]
    detail = f"The cursor {shown!r} is none that this list gave out."
    return Problem(422, detail, kind="invalid-cursor")
