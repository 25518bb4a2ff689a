"""Codecs of the built-in containers that JSON does not have.

`tagged` itself packs lists, and dicts with plain text keys; every other dict comes here
as a flat list of keys and values in their order.
"""

from typing import Any

from durable_engine.serialization.codec import Codec, Node, PackWalk, UnpackWalk
from durable_engine.serialization.text import path_key


def _pack_tuple(value: tuple[object, ...], walk: PackWalk) -> Node:
    return {"~tuple": walk.sequence(value)}


def _unpack_tuple(node: Node, walk: UnpackWalk) -> tuple[object, ...]:
    return tuple(walk.sequence(node["~tuple"]))


def _pack_set(value: set[object], walk: PackWalk) -> Node:
    return {"~set": walk.sequence(value)}


def _unpack_set(node: Node, walk: UnpackWalk) -> set[object]:
    return set(walk.sequence(node["~set"]))


def _pack_frozen_set(value: frozenset[object], walk: PackWalk) -> Node:
    return {"~frozenset": walk.sequence(value)}


def _unpack_frozen_set(node: Node, walk: UnpackWalk) -> frozenset[object]:
    return frozenset(walk.sequence(node["~frozenset"]))


def _pack_dict(value: dict[Any, object], walk: PackWalk) -> Node:
    flat = []
    for index, (key, item) in enumerate(dict.items(value)):
        flat.append(walk.child(key, f".keys()[{index}]"))
        flat.append(walk.child(item, path_key(key)))
    return {"~dict": flat}


def _unpack_dict(node: Node, walk: UnpackWalk) -> dict[Any, object]:
    flat = walk.sequence(node["~dict"])
    return dict(zip(flat[::2], flat[1::2], strict=True))


ODD_DICT = Codec(tag="~dict", pack=_pack_dict, unpack=_unpack_dict)
CONTAINERS: dict[type[Any], Codec] = {
    tuple: Codec(tag="~tuple", pack=_pack_tuple, unpack=_unpack_tuple),
    set: Codec(tag="~set", pack=_pack_set, unpack=_unpack_set),
    frozenset: Codec(
        tag="~frozenset", pack=_pack_frozen_set, unpack=_unpack_frozen_set
    ),
}
