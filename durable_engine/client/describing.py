"""What can be started here: the registered workflows and how they are called.

For forms, schemas and lists of names. Reads the registry of this process only; calls
nothing but `typing.get_type_hints`, and touches no database.
"""

import inspect
import typing
from dataclasses import dataclass
from typing import Any

from durable_engine.errors import UnregisteredWorkflow
from durable_engine.runtime.registry import WorkflowRegistration, registry


class _Nothing:
    """The default of a parameter without one."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()
"""In place of a default: the parameter must be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDescription:
    """One parameter of a workflow.

    Attributes:
        name: of the parameter.
        kind: `positional`, `keyword`, `either`, `args` (any number, in order) or
            `kwargs` (any number, by name).
        annotation: its type, evaluated where that is possible; None: not annotated.
        text: the annotation as its author wrote it; empty without one.
        default: what it is when it is not given; `NOTHING`: it must be given.
    """

    name: str
    kind: str
    annotation: Any
    text: str
    default: Any

    @property
    def required(self) -> bool:
        """Whether a call without it is an error."""
        return self.default is NOTHING and self.kind not in ("args", "kwargs")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDescription:
    """One registered workflow.

    Attributes:
        name: its registered name.
        doc: its docstring, without indentation; empty without one.
        is_coroutine: whether it is an `async def`.
        parameters: in order; those of a method without `self` or `cls`.
        receiver: `self` or `cls` for a method, which needs its object to be started.
    """

    name: str
    doc: str
    is_coroutine: bool
    parameters: tuple[ParameterDescription, ...]
    receiver: str | None

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.partition("\n")[0]


_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "either",
    inspect.Parameter.VAR_POSITIONAL: "args",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_KEYWORD: "kwargs",
}


def describe_workflows() -> list[WorkflowDescription]:
    """Return what is registered in this process, by name."""
    return [_describe(registration) for registration in registry.workflows()]


def describe_workflow(name: str) -> WorkflowDescription:
    """Return one workflow by its registered name.

    Raises:
        UnregisteredWorkflow: nothing has this name in this process.
    """
    found = {one.name: one for one in registry.workflows()}.get(name)
    if found is None:
        raise UnregisteredWorkflow(name=name)
    return _describe(found)


def _describe(registration: WorkflowRegistration) -> WorkflowDescription:
    function = inspect.unwrap(registration.function)
    parameters = list(inspect.signature(function).parameters.values())
    if registration.receiver is not None:
        parameters = parameters[1:]
    hints = _hints(function)
    return WorkflowDescription(
        name=registration.name,
        doc=inspect.getdoc(function) or "",
        is_coroutine=registration.is_coroutine,
        parameters=tuple(_parameter(one, hints) for one in parameters),
        receiver=registration.receiver,
    )


def _parameter(
    parameter: inspect.Parameter, hints: dict[str, Any]
) -> ParameterDescription:
    written = parameter.annotation
    bare = written is inspect.Parameter.empty
    given = parameter.default is not inspect.Parameter.empty
    return ParameterDescription(
        name=parameter.name,
        kind=_KINDS[parameter.kind],
        annotation=None if bare else hints.get(parameter.name, written),
        text="" if bare else inspect.formatannotation(written).strip("'\""),
        default=parameter.default if given else NOTHING,
    )


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=False)
    except Exception:  # noqa: BLE001 - names only for type checkers, or anything else
        return {}
