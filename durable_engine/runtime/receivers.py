"""`self` and `cls` of workflows that are methods: stored by name, never by value.

The first argument of such a workflow is stored as a reference. A worker that has no
instance of that name leaves the workflow to one that has.
"""

import inspect
import sys
from collections.abc import Callable
from typing import Any

from durable_engine.errors import UnregisteredInstance
from durable_engine.runtime.registry import Registry, WorkflowRegistration

_KIND = "durable.receiver"


def receiver_of(function: Callable[..., Any]) -> str | None:
    """Return `self` or `cls` for a method that takes it, else None."""
    owner = function.__qualname__.rpartition(".")[0]
    if not owner or owner.endswith("<locals>"):
        return None
    first = next(iter(inspect.signature(function).parameters), None)
    return first if first in ("self", "cls") else None


def bound_arguments(
    function: object, registration: WorkflowRegistration, args: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return the arguments of a call, led by what a bound method is bound to."""
    receiver = getattr(function, "__self__", None)
    if registration.receiver is None or receiver is None:
        return args
    return (receiver, *args)


def stored_arguments(
    registry: Registry,
    registration: WorkflowRegistration | None,
    args: tuple[Any, ...],
) -> tuple[Any, ...]:
    """Return arguments as they are stored: the receiver as a reference.

    Raises:
        UnregisteredInstance: the instance was not registered.
    """
    if registration is None or registration.receiver is None or not args:
        return args
    receiver, *rest = args
    if registration.receiver == "cls":
        path = _path(receiver)
        registry.add_class(path, receiver)
        reference = {_KIND: "class", "class": path}
    else:
        name = registry.instance_name(receiver)
        if name is None:
            raise UnregisteredInstance(instance=f"this {_path(type(receiver))}")
        path = _path(type(receiver))
        reference = {_KIND: "instance", "class": path, "name": name}
    return (reference, *rest)


def found_arguments(
    registry: Registry, registration: WorkflowRegistration, args: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return stored arguments with the receiver of this process.

    Raises:
        UnregisteredInstance: this process has no such instance, or class.
    """
    if registration.receiver is None or not args:
        return args
    reference, *rest = args
    if not isinstance(reference, dict) or _KIND not in reference:
        return args
    path = reference["class"]
    if reference[_KIND] == "class":
        receiver = _class_of(path) or registry.known_class(path)
        shown = path
    else:
        receiver = registry.instance(path, reference["name"])
        shown = f"{path} {reference['name']!r}"
    if receiver is None:
        raise UnregisteredInstance(instance=shown)
    return (receiver, *rest)


def _path(owner: type) -> str:
    return f"{owner.__module__}:{owner.__qualname__}"


def _class_of(path: str) -> Any:
    """Return a class that is imported already, or None; imports nothing (I9)."""
    module, _, qualname = path.partition(":")
    found: Any = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found if isinstance(found, type) else None
