"""Which codec a value gets, and why a value gets none.

The only list of what the default serializer stores. `tagged` asks here for any value
that is not plain JSON; the exact type decides first, then the kind of class, then the
nearest base: a subclass of ``str`` or ``datetime``, say, is stored as its base.
"""

import collections
import dataclasses
import io
import pathlib
import types
from collections.abc import (
    Awaitable,
    Callable,
    ItemsView,
    Iterator,
    KeysView,
    ValuesView,
)
from enum import Enum
from typing import Any

from django.utils.functional import LazyObject, Promise

from durable_engine.serialization.classes import display_name, loaded_class
from durable_engine.serialization.codec import Codec, PackWalk
from durable_engine.serialization.containers import CONTAINERS, ODD_DICT
from durable_engine.serialization.exceptions import EXCEPTION, EXCEPTION_REFERENCE
from durable_engine.serialization.leaves import (
    BIG_INT,
    LEAVES,
    ODD_FLOAT,
    ODD_TEXT,
    PATH,
)
from durable_engine.serialization.pydantic_models import PYDANTIC, base_model
from durable_engine.serialization.refusal import Refusal
from durable_engine.serialization.structures import DATACLASS, ENUM, NAMED_TUPLE
from durable_engine.serialization.text import is_unicode

Pack = Callable[[Any, PackWalk], Any]

_LEAST_INT, _GREATEST_INT = -(2**63), 2**64 - 1  # what orjson writes and reads exactly
_INFINITY = float("inf")


def _pack_text(value: str, walk: PackWalk) -> Any:
    plain = value if type(value) is str else str.__str__(value)
    return plain if is_unicode(plain) else ODD_TEXT.pack(plain, walk)


def _pack_int(value: int, walk: PackWalk) -> Any:
    plain = value if type(value) is int else int.__int__(value)
    if _LEAST_INT <= plain <= _GREATEST_INT:
        return plain
    return BIG_INT.pack(plain, walk)


def _pack_float(value: float, walk: PackWalk) -> Any:
    plain = float.__float__(value)
    if -_INFINITY < plain < _INFINITY:
        return plain
    return ODD_FLOAT.pack(plain, walk)


def _pack_itself(value: object, _walk: PackWalk) -> Any:
    return value


def _pack_list(value: list[object], walk: PackWalk) -> Any:
    return walk.sequence(list.__iter__(value))


def _pack_dict(value: dict[Any, object], walk: PackWalk) -> Any:
    return walk.mapping(value)


def _pack_lazy_text(value: object, walk: PackWalk) -> Any:
    return _pack_text(str(value), walk)


PACK_ATOM: dict[type[Any], Pack] = {
    types.NoneType: _pack_itself,
    bool: _pack_itself,
    str: _pack_text,
    int: _pack_int,
    float: _pack_float,
}

PACK_BY_TYPE: dict[type[Any], Pack] = {
    **PACK_ATOM,
    list: _pack_list,
    dict: _pack_dict,
    **{kind: codec.pack for kind, codec in (LEAVES | CONTAINERS).items()},
}

CODEC_BY_TAG: dict[str, Codec] = {
    codec.tag: codec
    for codec in (
        *LEAVES.values(),
        *CONTAINERS.values(),
        *(BIG_INT, ODD_FLOAT, ODD_TEXT, ODD_DICT, PATH),
        *(ENUM, DATACLASS, NAMED_TUPLE, PYDANTIC, EXCEPTION, EXCEPTION_REFERENCE),
    )
}

# A subclass of these is stored as the base. The others say more than their base does.
_NOT_AS_BASE = frozenset({*CONTAINERS, bytearray})

_KINDS: tuple[tuple[Callable[[type], bool], Pack], ...] = (
    (lambda kind: issubclass(kind, Enum), ENUM.pack),
    (lambda kind: issubclass(kind, BaseException), EXCEPTION.pack),
    (dataclasses.is_dataclass, DATACLASS.pack),
    (lambda kind: base_model() in kind.__mro__, PYDANTIC.pack),
    (lambda kind: tuple in kind.__mro__ and hasattr(kind, "_fields"), NAMED_TUPLE.pack),
    (lambda kind: pathlib.PurePath in kind.__mro__, PATH.pack),
    (lambda kind: Promise in kind.__mro__, _pack_lazy_text),
)

_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    type,
)
_REASONS: tuple[tuple[tuple[type, ...], str], ...] = (
    (
        (LazyObject,),
        (
            "A lazy object (such as request.user) cannot be stored. Pass the primary "
            "key of what it stands for and load that in a step or a transaction."
        ),
    ),
    (_FUNCTIONS, "Code cannot be stored, only data. Pass its name, or call it first."),
    ((io.IOBase,), "An open file cannot be stored. Pass its path or its content."),
    ((Awaitable,), "What is still to be awaited cannot be stored. Await it first."),
    (
        (Iterator, KeysView, ValuesView, ItemsView, collections.deque, range),
        "This cannot be stored. Pass list(value).",
    ),
    ((dict,), "A dict with __missing__ cannot be stored. Pass dict(value)."),
    ((tuple,), "A tuple of this class cannot be stored. Pass tuple(value)."),
    ((set, frozenset), "A set of this class cannot be stored. Pass set(value)."),
    ((bytearray, memoryview), "This cannot be stored. Pass bytes(value)."),
)
_MODEL = (
    "A model instance cannot be stored: it would be stale when it is read. Pass its "
    "primary key (value.pk) and load it in a step or a transaction."
)
_QUERY_SET = (
    "A QuerySet cannot be stored. Pass a list of primary keys, "
    "list(queryset.values_list('pk', flat=True)), and load them in a step or a "
    "transaction."
)
_OTHER = (
    "Values of this type cannot be stored. Pass plain data or a dataclass, or the key "
    "by which a step can load it."
)


def pack_for(kind: type) -> Pack:
    """Choose how values of a type are encoded that is not in `PACK_BY_TYPE`.

    Raises:
        Refusal: Values of this type cannot be stored; the reason says what can.
    """
    if (reason := _database_reason(kind)) is not None:
        raise Refusal(display_name(kind), reason)
    for applies, pack in _KINDS:
        if applies(kind):
            return pack
    for base in kind.__mro__:
        if base in PACK_BY_TYPE and base not in _NOT_AS_BASE:
            if base is dict and hasattr(kind, "__missing__"):
                break
            return PACK_BY_TYPE[base]
    reasons = (reason for bases, reason in _REASONS if issubclass(kind, bases))
    raise Refusal(display_name(kind), next(reasons, _OTHER))


def _database_reason(kind: type) -> str | None:
    if loaded_class("django.db.models.base", "Model") in kind.__mro__:
        return _MODEL
    if loaded_class("django.db.models.query", "QuerySet") in kind.__mro__:
        return _QUERY_SET
    return None
