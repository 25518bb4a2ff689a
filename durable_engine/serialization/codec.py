"""The seam between the walk over a value and the kinds of value it meets.

`tagged` walks; `leaves`, `structures` and `exceptions` hold one `Codec` per kind. A
codec turns a value into a *node*, a JSON object whose first key is the kind's tag, and
back. It reaches the values inside only through the walk that it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Node = dict[str, Any]


class PackWalk(Protocol):
    """What a codec may ask of the walk that encodes."""

    lossy: bool  # an error is being recorded: keep what can be kept, refuse nothing
    open_exceptions: list[BaseException]  # being packed, outermost first

    def child(self, value: object, segment: str) -> Any:
        """Encode one value found at ``segment``."""

    def sequence(self, values: Iterable[object]) -> list[Any]:
        """Encode values in their order, at ``[0]``, ``[1]`` and so on."""

    def mapping(self, values: dict[Any, object]) -> Any:
        """Encode a dict, at ``["key"]``; tagged where a key is not plain text."""

    def attributes(self, values: Mapping[str, object]) -> Node:
        """Encode named values, at ``.name``."""


class UnpackWalk(Protocol):
    """What a codec may ask of the walk that decodes."""

    workflow_id: str | None  # whose error is read; None: a payload, which is exact
    open_exceptions: list[BaseException]  # being rebuilt, outermost first

    def child(self, node: Any, segment: str) -> Any:
        """Decode one node found at ``segment``."""

    def sequence(self, nodes: Any) -> list[Any]:
        """Decode a list of nodes."""

    def attributes(self, nodes: Any) -> dict[str, Any]:
        """Decode an object of nodes by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How one kind of value becomes a node, and back."""

    tag: str  # the node's first key, beginning with "~"
    pack: Callable[[Any, PackWalk], Node]
    unpack: Callable[[Node, UnpackWalk], Any]


def leaf(tag: str, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> Codec:
    """Make the codec of a kind that holds no other values.

    Args:
        tag: The node's only key.
        pack: From the value to plain JSON.
        unpack: From that JSON to the value; any exception means a malformed node.
    """
    return Codec(
        tag=tag,
        pack=lambda value, _walk: {tag: pack(value)},
        unpack=lambda node, _walk: unpack(node[tag]),
    )
