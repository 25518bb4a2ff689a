"""The codec of exceptions, as values and inside recorded errors.

An exception is stored as its class name, the arguments that its built-in base would be
pickled with, and its attributes. It is rebuilt through that built-in base only: neither
``__new__`` nor ``__init__`` of a user's class runs, so a constructor with its own
signature, or with side effects, is no obstacle.

As a value (a step returned it) an exception is exact or refused. Inside a recorded
error (`failures`, ``walk.lossy``) whatever cannot be encoded is replaced by its text
(arguments) or left out (attributes), and what cannot be rebuilt becomes
`WorkflowFailed`.
"""

import types
from typing import Any

from durable_engine.errors import WorkflowFailed
from durable_engine.serialization.classes import (
    built_in_base,
    class_name,
    display_name,
    find_subclass,
    findable_name,
)
from durable_engine.serialization.codec import Codec, Node, PackWalk, UnpackWalk
from durable_engine.serialization.refusal import Refusal
from durable_engine.serialization.text import safe_text


def pack_exception(error: BaseException, walk: PackWalk) -> Node:
    """Encode an exception, or a reference to one that is just being encoded."""
    for index, outer in enumerate(walk.open_exceptions):
        if outer is error:
            return {"~exception-ref": index}
    cls = type(error)
    node: Node = {"~exception": class_name(cls)}
    if walk.lossy:
        node["message"] = safe_text(error)
    elif isinstance(error, Exception):
        findable_name(cls)
    else:
        raise Refusal(display_name(cls), "Only an Exception can be stored as a value.")
    _, args, *rest = built_in_base(cls).__reduce__(error)
    state: dict[str, Any] = dict(rest[0] or {}) if rest else {}
    kept: dict[int, int] = {}
    node["args"] = []
    for index, value in enumerate(args):
        try:
            node["args"].append(walk.child(value, f".args[{index}]"))
            kept[id(value)] = index
        except Refusal:
            if not walk.lossy:
                raise
            node["args"].append(safe_text(value))
    walk.open_exceptions.append(error)
    try:
        node |= _pack_state(state, kept, walk)
    finally:
        walk.open_exceptions.pop()
    return node


def _pack_state(state: dict[str, Any], kept: dict[int, int], walk: PackWalk) -> Node:
    """Encode the attributes; one that is also an argument becomes its index."""
    shared: Node = {}
    own: Node = {}
    for name, value in state.items():
        if id(value) in kept:
            shared[name] = kept[id(value)]
            continue
        try:
            own |= walk.attributes({name: value})
        except Refusal:
            if not walk.lossy:
                raise
    return {"shared": shared, "state": own}


def unpack_exception(node: Node, walk: UnpackWalk) -> BaseException:
    """Rebuild an exception; inside an error, stand in for it where that fails."""
    if walk.workflow_id is None:
        return build_exception(node, walk)
    try:
        return build_exception(node, walk)
    except Exception:  # noqa: BLE001 - a constructor in C may raise anything
        name = str(node["~exception"]).removeprefix("builtins:").replace(":", ".")
        return WorkflowFailed(walk.workflow_id, name, str(node.get("message", "")))


def build_exception(node: Node, walk: UnpackWalk) -> Exception:
    """Rebuild an exception as its own class.

    Raises:
        Refusal: Its class is not imported, or is no exception.
        Exception: Its built-in base does not take the stored arguments.
    """
    cls = find_subclass(node["~exception"], Exception, "an Exception")
    args = walk.sequence(node["args"])
    base = built_in_base(cls)
    error: Exception = base.__new__(cls, *args)
    base.__init__(error, *args)
    walk.open_exceptions.append(error)
    try:
        for attribute, index in node["shared"].items():
            _set_attribute(error, base, attribute, args[index])
        for attribute, value in walk.attributes(node["state"]).items():
            _set_attribute(error, base, attribute, value)
    finally:
        walk.open_exceptions.pop()
    return error


def _set_attribute(error: Exception, base: type, name: str, value: object) -> None:
    """Set a field of the C base, or else the instance's own attribute, unseen."""
    for holder in base.__mro__:
        field = vars(holder).get(name)
        if isinstance(field, types.MemberDescriptorType):
            field.__set__(error, value)
            return
    error.__dict__[name] = value


def _unpack_reference(node: Node, walk: UnpackWalk) -> BaseException:
    return walk.open_exceptions[node["~exception-ref"]]


EXCEPTION = Codec(tag="~exception", pack=pack_exception, unpack=unpack_exception)
EXCEPTION_REFERENCE = Codec(
    tag="~exception-ref", pack=pack_exception, unpack=_unpack_reference
)
