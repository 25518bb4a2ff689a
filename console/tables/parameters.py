"""The parameters of a workflow as fields of a form, and what was typed as values.

A field is chosen by the type hint: texts, numbers, truth values, instants and choices
have fields of their own; everything else is written as JSON. What does not fit is said
beside the field; nothing is started then.
"""

import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _

from durable_engine.client.describing import (
    NOTHING,
    ParameterDescription,
    WorkflowDescription,
)

PREFIX = "p-"
"""How the names of these fields begin, so that no other field is taken for one."""

LONGEST = 1_000_000
"""Characters of one field; longer inputs are started by programs."""

_ABSENT: Any = object()
_UNIONS = (typing.Union, types.UnionType)


class Unfit(ValueError):  # noqa: N818 - said beside the field
    """What was typed does not fit the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form."""

    name: str
    label: str
    kind: str  # text, integer, decimal, choice, datetime-local, date, time or json
    hint: str  # the annotation, as written
    required: bool
    text: str  # what it holds
    choices: tuple[str, ...] = ()
    problem: str = ""

    @property
    def id(self) -> str:
        """For the label of the field."""
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a form says a workflow is to be called with."""

    fields: tuple[Field, ...]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any]

    @property
    def valid(self) -> bool:
        """Whether every field fits."""
        return not any(field.problem for field in self.fields)


def blank(description: WorkflowDescription) -> Call:
    """Return the form with the defaults in it."""
    fields = tuple(_field(one, _default_text(one)) for one in description.parameters)
    return Call(fields=fields, kwargs={})


def read(description: WorkflowDescription, given: Mapping[str, str]) -> Call:
    """Read what was typed into the form of a workflow."""
    fields: list[Field] = []
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    by_position = True  # until one is left out: the rest go by name
    for parameter in description.parameters:
        text = given.get(PREFIX + parameter.name, "").replace("\r\n", "\n")
        value, problem = _checked(parameter, text)
        fields.append(_field(parameter, text, problem))
        if problem:
            continue
        if parameter.kind == "args":
            args += value if by_position and value is not _ABSENT else []
        elif parameter.kind == "kwargs":
            kwargs.update(value if value is not _ABSENT else {})
        elif value is _ABSENT:
            by_position = False
        elif parameter.kind == "keyword" or not by_position:
            kwargs[parameter.name] = value
        else:
            args.append(value)
    return Call(fields=tuple(fields), args=tuple(args), kwargs=kwargs)


def _checked(parameter: ParameterDescription, text: str) -> tuple[Any, str]:
    """Return the value, or `_ABSENT` for the default, and what is wrong."""
    if not text.strip():
        return _ABSENT, _("This must be given.") if parameter.required else ""
    if len(text) > LONGEST or "\0" in text:
        return None, _("At most %d characters.") % LONGEST
    hint, _nullable = _bare(parameter.annotation)
    try:
        if parameter.kind in ("args", "kwargs"):
            wanted = list if parameter.kind == "args" else dict
            return _json_of(text, wanted), ""
        return _read_as(hint, text), ""
    except Unfit as problem:
        return None, str(problem)


def _read_as(hint: Any, text: str) -> Any:
    if choices := _choices(hint):
        if text not in choices:
            raise Unfit(_("Choose one of: %s.") % ", ".join(choices))
        return choices[text]
    reader = _READERS.get(hint) if isinstance(hint, type) else None
    if reader is None:
        return _shaped(hint, _json_of(text))
    try:
        return reader(text)
    except (ValueError, InvalidOperation, OverflowError) as error:
        name = hint.__name__
        raise Unfit(
            _("“%(text)s” is no %(type)s.") % {"text": text[:80], "type": name}
        ) from error


def _json_of(text: str, wanted: type | None = None) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(_("This is no JSON: %s.") % error) from None
    if wanted is not None and not isinstance(value, wanted):
        what = _("an array") if wanted is list else _("an object")
        raise Unfit(_("This must be %s.") % what)
    return value


def _shaped(hint: Any, value: Any) -> Any:
    """Build the dataclass or model that the workflow expects, where it names one."""
    make = getattr(hint, "model_validate", None)  # of pydantic
    if make is None and isinstance(hint, type) and is_dataclass(hint):
        make = lambda fields: hint(**fields)  # noqa: E731 - one expression
    if make is None or value is None:
        return value
    try:
        return make(value)
    except (TypeError, ValueError) as error:
        raise Unfit(str(error)) from error


def _integer(text: str) -> int:
    return int(text.strip().replace("_", ""))


def _truth(text: str) -> bool:
    known = {"true": True, "false": False}
    if text not in known:
        raise ValueError(text)
    return known[text]


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return make_aware(moment) if is_naive(moment) else moment


_READERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: _integer,
    float: float,
    bool: _truth,
    Decimal: lambda text: Decimal(text.strip()),
    UUID: lambda text: UUID(text.strip()),
    datetime: _instant,
    date: lambda text: date.fromisoformat(text.strip()),
    time: lambda text: time.fromisoformat(text.strip()),
}

_FIELD_KINDS: dict[type, str] = {
    str: "text",
    int: "integer",
    float: "decimal",
    Decimal: "decimal",
    UUID: "text",
    datetime: "datetime-local",
    date: "date",
    time: "time",
}


def _choices(hint: Any) -> dict[str, Any]:
    """Return what can be chosen, by how it is written; nothing: it is no choice."""
    if hint is bool:
        return {"true": True, "false": False}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return dict(hint.__members__)
    if typing.get_origin(hint) is typing.Literal:
        return {str(value): value for value in typing.get_args(hint)}
    return {}


def _bare(hint: Any) -> tuple[Any, bool]:
    """Return a hint without its None, and whether it had one."""
    if typing.get_origin(hint) not in _UNIONS:
        return hint, False
    others = [one for one in typing.get_args(hint) if one is not type(None)]
    nullable = len(others) < len(typing.get_args(hint))
    return (others[0] if len(others) == 1 else hint), nullable


def _field(parameter: ParameterDescription, text: str, problem: str = "") -> Field:
    hint, _nullable = _bare(parameter.annotation)
    choices: Sequence[str] = tuple(_choices(hint))
    kind = _FIELD_KINDS.get(hint, "json") if isinstance(hint, type) else "json"
    if parameter.kind in ("args", "kwargs"):
        kind, choices = "json", ()
    stars = {"args": "*", "kwargs": "**"}.get(parameter.kind, "")
    return Field(
        name=PREFIX + parameter.name,
        label=stars + parameter.name,
        kind="choice" if choices else kind,
        hint=parameter.text,
        required=parameter.required,
        text=text,
        choices=tuple(choices),
        problem=problem,
    )


def _default_text(parameter: ParameterDescription) -> str:
    value = parameter.default
    if value is NOTHING or value is None:
        return ""
    if isinstance(value, Enum):
        return value.name
    hint, _nullable = _bare(parameter.annotation)
    if isinstance(value, bool):
        return str(value).lower()
    if hint in _READERS or typing.get_origin(hint) is typing.Literal:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return ""
