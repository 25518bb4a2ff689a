"""A start form that holds the arguments of an earlier call.

A field is filled only with what reads back as exactly the same value, in type as well;
whatever else was given is left out, and said beside the field. So a form that is sent
as it comes up starts the same call, or the operator has been told what is missing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from django.utils.timezone import is_naive, localtime
from django.utils.translation import gettext as _

from console.tables.parameters import PREFIX, Call, Field, blank, read
from durable_engine.client.describing import ParameterDescription, WorkflowDescription
from durable_engine.errors import SerializationError
from durable_engine.serialization import JSONSerializer

_SHOWN = 80  # characters of a value that is left out
_json = JSONSerializer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refilled:
    """The form, and what has no field in it."""

    call: Call
    left: tuple[str, ...] = ()  # arguments that the workflow no longer takes


def refilled(
    description: WorkflowDescription, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Refilled:
    """Fill the form of a workflow with the arguments of a call.

    Args:
        description: of the workflow as it is now.
        args: by position.
        kwargs: by name.

    Returns: the form; a field whose value cannot be written in it is empty and says so.
    """
    values, left = _bound(description.parameters, args, kwargs)
    plain = {field.name: field for field in blank(description).fields}
    fields = tuple(
        _filled(description, parameter, values, plain[PREFIX + parameter.name])
        for parameter in description.parameters
    )
    return Refilled(call=Call(fields=fields, kwargs={}), left=tuple(left))


def _bound(
    parameters: Sequence[ParameterDescription],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Say which parameter each argument belongs to, and which belong to none."""
    values: dict[str, Any] = {}
    by_position, by_name = list(args), dict(kwargs)
    for parameter in parameters:
        if parameter.kind == "args":
            values[parameter.name], by_position = by_position, []
        elif parameter.kind == "kwargs":
            values[parameter.name], by_name = by_name, {}
        elif parameter.kind != "keyword" and by_position:
            values[parameter.name] = by_position.pop(0)
        elif parameter.name in by_name:
            values[parameter.name] = by_name.pop(parameter.name)
    left = [_short(value) for value in by_position]
    return values, left + [f"{name}={_short(value)}" for name, value in by_name.items()]


def _filled(
    description: WorkflowDescription,
    parameter: ParameterDescription,
    values: Mapping[str, Any],
    field: Field,
) -> Field:
    if parameter.name not in values:
        return field  # its default
    value = values[parameter.name]
    if parameter.kind in ("args", "kwargs") and not value:
        return replace(field, text="")
    alone = replace(description, parameters=(parameter,))
    for text in _texts(value):
        if "\n" in text and field.kind != "json":
            continue  # browsers drop line ends from a field of one line
        call = read(alone, {field.name: text})
        if call.valid and _same(_only(parameter, call), value):
            return replace(field, text=text)
    problem = _("%(value)s cannot be written here, and was left out.")
    return replace(field, text="", problem=problem % {"value": _short(value)})


def _texts(value: Any) -> list[str]:
    """Write a value in every way that a field may read; the plainest first."""
    if isinstance(value, Enum):
        return [value.name]
    if isinstance(value, bool):
        return [str(value).lower()]
    written: list[str] = []
    if value is not None and not isinstance(value, list | dict):
        written.append(_one_line(value))
    try:
        written.append(json.dumps(_plain(value), ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        pass
    return ["", *written] if value is None else written


def _one_line(value: Any) -> str:
    """Write a value as a field of its type holds it."""
    if isinstance(value, datetime):  # in local time, to what browsers take
        local = value if is_naive(value) else localtime(value).replace(tzinfo=None)
        return local.isoformat(timespec="milliseconds" if local.microsecond else "auto")
    if isinstance(value, time):
        return value.isoformat("milliseconds" if value.microsecond else "auto")
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> Any:
    """Lay a dataclass or pydantic model open, as the form takes it."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump is not None else value


def _only(parameter: ParameterDescription, call: Call) -> Any:
    """Return the value that a form with this one field stands for."""
    if parameter.kind == "args":
        return list(call.args)
    if parameter.kind == "kwargs":
        return dict(call.kwargs)
    found = [*call.args, *call.kwargs.values()]
    return found[0] if found else parameter.default


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are stored alike, and so are the same to a workflow."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one == other  # whichever zone they are written in
    try:
        return _json.dumps(one) == _json.dumps(other)
    except SerializationError:
        return False


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
