"""Codecs of values that are rebuilt as a class of the user's own.

Enums, dataclasses and named tuples are stored by class name and field, and rebuilt
without running the class's ``__new__``, ``__init__`` or ``__post_init__``: what was
validated once is not validated again, a side effect is not repeated, and a row can run
none of it. A field that the class has gained since takes its default; a field that it
has lost is dropped. `pydantic_models` does the same for pydantic.
"""

import dataclasses
from enum import Enum, Flag
from typing import Any

from durable_engine.serialization.classes import (
    built_in_base,
    display_name,
    find_class,
    find_subclass,
    findable_name,
    missing_field,
)
from durable_engine.serialization.codec import Codec, Node, PackWalk, UnpackWalk
from durable_engine.serialization.refusal import Refusal


def _pack_enum(value: Enum, walk: PackWalk) -> Node:
    name = findable_name(type(value))
    if isinstance(value, Flag):
        return {"~enum": name, "value": walk.child(value._value_, ".value")}
    if type(value).__members__.get(value._name_) is not value:
        raise Refusal(
            display_name(type(value)), "This is not a member that the class defines."
        )
    return {"~enum": name, "name": walk.child(value._name_, ".name")}


def _unpack_enum(node: Node, walk: UnpackWalk) -> Enum:
    cls: type[Enum] = find_subclass(node["~enum"], Enum, "an Enum")
    if "value" in node:
        return _find_flag(cls, walk.child(node["value"], ".value"))
    name = walk.child(node["name"], ".name")
    if name not in cls.__members__:
        raise Refusal(
            display_name(cls),
            f"The class has no member {name!r}. If it was renamed, keep the old name "
            "as an alias.",
        )
    return cls.__members__[name]


def _find_flag(cls: type[Enum], value: object) -> Enum:
    """Rebuild a combination of flags from its number."""
    if not issubclass(cls, Flag) or not isinstance(value, int):
        message = "only a Flag is stored by its number"
        raise TypeError(message)
    return cls(value)


def _pack_named_tuple(value: Any, walk: PackWalk) -> Node:
    cls = type(value)
    names = cls._fields
    if len(names) != tuple.__len__(value):
        raise Refusal(display_name(cls), "Its length differs from its fields.")
    items = dict(zip(names, tuple.__iter__(value), strict=True))
    return {"~namedtuple": findable_name(cls), "fields": walk.attributes(items)}


def _unpack_named_tuple(node: Node, walk: UnpackWalk) -> Any:
    cls = find_subclass(node["~namedtuple"], tuple, "a named tuple")
    stored = walk.attributes(node["fields"])
    defaults = cls._field_defaults
    for name in cls._fields:
        if name not in stored and name not in defaults:
            raise missing_field(cls, name)
    values = {**defaults, **stored}
    return tuple.__new__(cls, [values[name] for name in cls._fields])


def _pack_dataclass(value: Any, walk: PackWalk) -> Node:
    cls = type(value)
    name = findable_name(cls)
    if built_in_base(cls).__new__ is not object.__new__:
        raise Refusal(
            display_name(cls),
            "A dataclass that is also a built-in type cannot be stored without loss. "
            "Keep the built-in value in a field.",
        )
    items = {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(cls)
        if field.init or hasattr(value, field.name)
    }
    return {"~dataclass": name, "fields": walk.attributes(items)}


def _unpack_dataclass(node: Node, walk: UnpackWalk) -> Any:
    cls = find_class(node["~dataclass"])
    if not dataclasses.is_dataclass(cls):
        raise Refusal(display_name(cls), "This class is not a dataclass (any more).")
    stored = walk.attributes(node["fields"])
    value = object.__new__(cls)
    for field in dataclasses.fields(cls):
        if field.name in stored:
            content = stored[field.name]
        elif field.default is not dataclasses.MISSING:
            content = field.default
        elif field.default_factory is not dataclasses.MISSING:
            content = field.default_factory()
        elif field.init:
            raise missing_field(cls, field.name)
        else:
            continue
        object.__setattr__(value, field.name, content)
    return value


ENUM = Codec(tag="~enum", pack=_pack_enum, unpack=_unpack_enum)
NAMED_TUPLE = Codec(
    tag="~namedtuple", pack=_pack_named_tuple, unpack=_unpack_named_tuple
)
DATACLASS = Codec(tag="~dataclass", pack=_pack_dataclass, unpack=_unpack_dataclass)
