"""Payloads: as stored, laid out for reading, and as a tree to unfold."""

import json
import re
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.utils.translation import ngettext

from console import formats
from console.conf import TREE_NODES
from durable_engine.serialization.failures import RecordedError

_FOREIGN = re.compile(r"!([a-z][a-z0-9_-]{0,30})!")  # how such a payload begins
_DEEPEST = 24
_OPEN_NODES = 40  # a tree up to this size is unfolded from the beginning


class _Number(str):
    """A number digit for digit: JavaScript's and Python's floats would round it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value in a tree, with what is inside it."""

    label: str  # its key or index; empty at the root
    kind: str  # object, array, string, number, or word for true, false and null
    text: str  # of a single value, or how much is inside
    inside: tuple["Node", ...] = ()
    unfolded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The beginning of an input, output or error, as stored."""

    text: str
    characters: int
    failure: RecordedError | None  # what the text says, if it is an error's

    @property
    def opaque(self) -> str:
        """The serializer that alone can read it; empty if people can."""
        found = _FOREIGN.match(self.text)
        return found[1] if found else ""

    @property
    def readable(self) -> str:
        """The text laid out for reading."""
        return formats.indented(self.text)

    @property
    def tree(self) -> Node | None:
        """The value to unfold; None: a single value, or the text is not whole."""
        if self.cut or not self.text.startswith(("{", "[")):
            return None
        try:
            value = json.loads(
                self.text,
                parse_int=_Number,
                parse_float=_Number,
                parse_constant=_Number,
            )
        except (ValueError, RecursionError):
            return None
        return _Planter(_size(value) <= _OPEN_NODES).plant("", value, 0)

    @property
    def cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.characters > len(self.text)

    @property
    def size(self) -> str:
        """The length of the whole."""
        return formats.size(self.characters)

    @property
    def frames(self) -> list[str]:
        """The traceback in pieces: its first line, then one for each frame."""
        if self.failure is None or not self.failure.traceback_text:
            return []
        return re.split(r"\n(?=  File )", self.failure.traceback_text.rstrip())

    @property
    def middle(self) -> list[str]:
        """The frames between the first line and the last two, to be folded."""
        return self.frames[1:-2]

    @property
    def ends(self) -> list[str]:
        """The last two frames, or all where nothing is folded."""
        return self.frames[-2:] if self.middle else self.frames[1:]

    @property
    def folded(self) -> int:
        """How many those are."""
        return len(self.middle)


class _Planter:
    """Makes trees of at most `TREE_NODES` nodes."""

    def __init__(self, unfolded: bool) -> None:
        self._unfolded = unfolded
        self._made = count()

    def plant(self, label: str, value: Any, depth: int) -> Node:
        """Make the node of a value; what is too much or too deep stays text."""
        kind = _kind(value)
        if kind not in ("object", "array"):
            return Node(label=label, kind=kind, text=_written(value))
        crowded = next(self._made) + len(value) > TREE_NODES or depth >= _DEEPEST
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        inside = tuple(
            self.plant(str(key), one, depth + 1)
            for key, one in ([] if crowded else pairs)
        )
        return Node(
            label=label,
            kind=kind,
            text=_amount(value),
            inside=inside,
            unfolded=depth == 0 or self._unfolded,
        )


def _kind(value: Any) -> str:
    match value:
        case dict():
            return "object"
        case list():
            return "array"
        case _Number():
            return "number"
        case str():
            return "string"
        case _:
            return "word"


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _amount(value: dict[str, Any] | list[Any]) -> str:
    if isinstance(value, dict):
        text = ngettext("%d key", "%d keys", len(value))
    else:
        text = ngettext("%d item", "%d items", len(value))
    return text % len(value)


def _size(value: Any) -> int:
    """Count values, not beyond what matters."""
    waiting, seen = [value], 0
    while waiting and seen <= _OPEN_NODES:
        one = waiting.pop()
        seen += 1
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return seen
