"""The walk from a Python value to plain JSON data with tags, and back.

`JSONSerializer` comes here when a value is not plain already, `failures` for every
error. Plain data (``None``, ``bool``, ``int``, ``float``, ``str``, ``list`` and ``dict``
with text keys) stand for themselves; anything else becomes an object whose first key is
a tag beginning with ``~``; a dict of the user's with such a key is itself tagged, so
that nothing is taken for what it is not. Round trips are exact in type and value.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from durable_engine.serialization.classes import display_name
from durable_engine.serialization.codec import Node
from durable_engine.serialization.containers import ODD_DICT
from durable_engine.serialization.kinds import (
    CODEC_BY_TAG,
    PACK_ATOM,
    PACK_BY_TYPE,
    pack_for,
)
from durable_engine.serialization.refusal import MAX_DEPTH, Refusal, too_deep
from durable_engine.serialization.text import is_unicode, path_key, safe_text

_FORMAT = "json"
_DEEPEST_NODE = 3 * MAX_DEPTH  # a level of a value takes up to three nodes


class Packer:
    """One walk that encodes; use it for one value.

    Args:
        lossy: Whether an error is being recorded; exceptions then keep what they can.
    """

    def __init__(self, *, lossy: bool = False) -> None:
        self.lossy = lossy
        self.open_exceptions: list[BaseException] = []
        self._depth = -1

    def pack(self, value: object) -> Any:
        """Encode a value as data that orjson writes exactly.

        Raises:
            Refusal: Something in it cannot be stored.
        """
        kind = type(value)
        if self._depth >= MAX_DEPTH:
            raise too_deep(display_name(kind))
        self._depth += 1
        try:
            pack = PACK_BY_TYPE.get(kind) or pack_for(kind)
            return pack(value, self)
        except (Refusal, RecursionError):
            raise
        except Exception as error:
            reason = f"Encoding it raised {type(error).__name__}: {safe_text(error)}"
            raise Refusal(display_name(kind), reason) from error
        finally:
            self._depth -= 1

    def child(self, value: object, segment: str) -> Any:
        """Encode one value found at ``segment``."""
        try:
            return self.pack(value)
        except Refusal as refusal:
            refusal.inside(segment)
            raise

    def sequence(self, values: Iterable[object]) -> list[Any]:
        """Encode values in their order, at ``[0]``, ``[1]`` and so on."""
        nodes: list[Any] = []
        try:
            for value in values:
                pack = PACK_ATOM.get(type(value))
                nodes.append(pack(value, self) if pack else self.pack(value))
        except Refusal as refusal:
            refusal.inside(f"[{len(nodes)}]")
            raise
        return nodes

    def mapping(self, values: dict[Any, object]) -> Any:
        """Encode a dict, at ``["key"]``; tagged where a key is not plain text."""
        node: Node = {}
        for key, value in dict.items(values):
            if type(key) is not str or key[:1] == "~" or not is_unicode(key):
                return ODD_DICT.pack(values, self)
            node[key] = value
        key = ""
        try:
            for key, value in node.items():
                pack = PACK_ATOM.get(type(value))
                node[key] = pack(value, self) if pack else self.pack(value)
        except Refusal as refusal:
            refusal.inside(path_key(key))
            raise
        return node

    def attributes(self, values: Mapping[str, object]) -> Node:
        """Encode named values, at ``.name``."""
        return {key: self.child(item, f".{key}") for key, item in values.items()}


class Unpacker:
    """One walk that decodes; it changes the nodes it is given.

    Args:
        workflow_id: Whose error is read; exceptions in it that cannot be rebuilt become
            `WorkflowFailed`. ``None`` for a payload, where they are refused.
    """

    def __init__(self, *, workflow_id: str | None = None) -> None:
        self.workflow_id = workflow_id
        self.open_exceptions: list[BaseException] = []
        self._depth = 0

    def unpack(self, node: Any) -> Any:
        """Rebuild the value of a node.

        Raises:
            Refusal: The node is malformed, nested too deeply, or needs a class that
                is not here.
        """
        # Counted, not left to the interpreter's limit, which others may raise.
        if self._depth >= _DEEPEST_NODE:
            raise too_deep(_FORMAT)
        self._depth += 1
        try:
            return self._unpack(node)
        finally:
            self._depth -= 1

    def _unpack(self, node: Any) -> Any:
        if type(node) is list:
            return self.sequence(node)
        if type(node) is not dict:
            return node
        tag: str = next(iter(node), "")
        if not tag.startswith("~"):
            return self._mapping(node)
        codec = CODEC_BY_TAG.get(tag)
        if codec is None:
            raise Refusal(
                tag,
                "This version does not know the tag; a newer version of "
                "durable_engine wrote it. Upgrade this process.",
            )
        try:
            return codec.unpack(node, self)
        except (Refusal, RecursionError):
            raise
        except Exception as error:
            reason = f"It is malformed: {type(error).__name__}: {safe_text(error)}"
            raise Refusal(tag, reason) from error

    def child(self, node: Any, segment: str) -> Any:
        """Decode one node found at ``segment``."""
        try:
            return self.unpack(node)
        except Refusal as refusal:
            refusal.inside(segment)
            raise

    def sequence(self, nodes: Any) -> list[Any]:
        """Decode a list of nodes."""
        values: list[Any] = []
        if type(nodes) is not list:
            message = f"a list was expected, not {type(nodes).__name__}"
            raise TypeError(message)
        try:
            for node in nodes:
                values.append(  # noqa: PERF401 - its length is the path
                    self.unpack(node) if type(node) in _OPEN else node
                )
        except Refusal as refusal:
            refusal.inside(f"[{len(values)}]")
            raise
        return values

    def attributes(self, nodes: Any) -> dict[str, Any]:
        """Decode an object of nodes by name."""
        return {key: self.child(node, f".{key}") for key, node in nodes.items()}

    def _mapping(self, nodes: Node) -> Node:
        key = ""
        try:
            for key, node in nodes.items():
                if type(node) in _OPEN:
                    nodes[key] = self.unpack(node)
        except Refusal as refusal:
            refusal.inside(path_key(key))
            raise
        return nodes


_OPEN = frozenset({list, dict})
