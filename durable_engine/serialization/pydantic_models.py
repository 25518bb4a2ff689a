"""The codec of pydantic models (version 2), for processes that have imported pydantic.

A model is stored as pydantic itself pickles it: its fields, which of them were set, its
extra and private values, each encoded as any other value. It is rebuilt without
validation, so a validator that is not idempotent changes nothing. A model with a field
of a type that only pydantic knows (a URL, say) is stored as pydantic's own JSON, after
making sure that validating that JSON gives an equal model. Nothing here imports
pydantic.
"""

from typing import Any

from durable_engine.serialization.classes import (
    find_subclass,
    findable_name,
    loaded_class,
    missing_field,
)
from durable_engine.serialization.codec import Codec, Node, PackWalk, UnpackWalk
from durable_engine.serialization.refusal import Refusal


def base_model() -> Any:
    """Return ``pydantic.BaseModel`` of version 2, or ``None`` if not imported."""
    base = loaded_class("pydantic.main", "BaseModel")
    return base if hasattr(base, "model_validate_json") else None


def _pack_model(value: Any, walk: PackWalk) -> Node:
    cls = type(value)
    name = findable_name(cls)
    try:
        return _pack_state(value, name, walk)
    except Refusal as refusal:
        text = _own_json(value)
        if text is None:
            raise refusal from None
        return {"~pydantic": name, "json": text}


def _pack_state(value: Any, name: str, walk: PackWalk) -> Node:
    state = base_model().__getstate__(value)
    names = type(value).model_fields
    fields = {key: item for key, item in state["__dict__"].items() if key in names}
    node = {
        "~pydantic": name,
        "fields": walk.attributes(fields),
        "set": sorted(state["__pydantic_fields_set__"]),
    }
    if state["__pydantic_extra__"] is not None:
        node["extra"] = walk.attributes(state["__pydantic_extra__"])
    if state["__pydantic_private__"]:
        node["private"] = walk.attributes(state["__pydantic_private__"])
    return node


def _own_json(value: Any) -> str | None:
    """Write the model as pydantic would, or ``None`` if that loses something."""
    try:
        text: str = base_model().model_dump_json(value, round_trip=True, by_alias=True)
        rebuilt = type(value).model_validate_json(text)
        return text if rebuilt == value else None
    except Exception:  # noqa: BLE001 - any failure means: not by this way
        return None


def _unpack_model(node: Node, walk: UnpackWalk) -> Any:
    base = base_model()
    if base is None:
        raise Refusal(PYDANTIC.tag, "pydantic 2 is not imported in this process.")
    cls = find_subclass(node["~pydantic"], base, "a pydantic model")
    if "json" in node:
        return cls.model_validate_json(node["json"])
    extra = walk.attributes(node["extra"]) if "extra" in node else None
    state = {
        "__dict__": _field_state(cls, node, walk),
        "__pydantic_fields_set__": set(node["set"])
        & {*cls.model_fields, *(extra or ())},
        "__pydantic_extra__": extra,
        "__pydantic_private__": _private_state(cls, node, walk),
    }
    value = object.__new__(cls)
    base.__setstate__(value, state)
    return value


def _field_state(cls: Any, node: Node, walk: UnpackWalk) -> dict[str, Any]:
    """Give each field its stored value, else its default."""
    stored = walk.attributes(node["fields"])
    fields = {}
    for name, field in cls.model_fields.items():
        if name in stored:
            fields[name] = stored[name]
        elif field.is_required():
            raise missing_field(cls, name)
        else:
            fields[name] = field.get_default(call_default_factory=True)
    return fields


def _private_state(cls: Any, node: Node, walk: UnpackWalk) -> dict[str, Any] | None:
    """Give each private attribute its stored value, else its default."""
    if not cls.__private_attributes__:
        return None
    stored = walk.attributes(node.get("private", {}))
    undefined = loaded_class("pydantic_core", "PydanticUndefined")
    for name, private in cls.__private_attributes__.items():
        default = private.get_default() if name not in stored else undefined
        if default is not undefined:
            stored[name] = default
    return stored


PYDANTIC = Codec(tag="~pydantic", pack=_pack_model, unpack=_unpack_model)
