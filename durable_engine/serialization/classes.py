"""Names of classes, and the way back from a name without running or importing anything.

Used by the codecs of everything that is rebuilt as a user's class. `find_class` reads
namespaces directly: no import, no module ``__getattr__``, no descriptor, no lazy
loader. What it returns is a class; the caller still has to check which kind.
"""

import sys
from types import ModuleType
from typing import Any, cast

from durable_engine.serialization.refusal import Refusal


def class_name(cls: type) -> str:
    """Write a class's name as it is stored, ``module:qualified.name``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def display_name(cls: type) -> str:
    """Write a class's name for a message, without the module of a built-in."""
    module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
    return module + cls.__qualname__


def findable_name(cls: type) -> str:
    """Write a class's name after making sure that it leads back to the class.

    Raises:
        Refusal: The class is local to a function, or another object has its name.
    """
    name = class_name(cls)
    try:
        found: type | None = find_class(name)
    except Refusal:
        found = None
    if found is not cls:
        raise Refusal(
            display_name(cls),
            "The class cannot be found again by this name: it was made inside a "
            "function or at run time, or something else has its name. Define it at "
            "the top level of a module.",
        )
    return name


def find_class(name: object) -> type:
    """Find a class by its stored name among the modules already imported.

    Raises:
        Refusal: The module is not imported, or has no such class.
    """
    if not isinstance(name, str) or ":" not in name:
        raise Refusal(
            type(name).__name__, "The stored class name is not 'module:name'."
        )
    module_name, _, qualified_name = name.partition(":")
    module = sys.modules.get(module_name)
    shown = f"{module_name}.{qualified_name}"
    if not issubclass(type(module), ModuleType):
        raise Refusal(
            shown,
            f"The module {module_name!r} is not imported in this process, and decoding "
            "imports nothing. Import it at start-up, for example from a module named "
            "'workflows' of an installed app.",
        )
    found: object = module
    for part in qualified_name.split("."):
        found = _namespace(found).get(part)
    if not issubclass(type(found), type):
        raise Refusal(
            shown,
            f"The module {module_name!r} has no class {qualified_name!r}. If the class "
            "was moved or renamed, leave an alias under its old name.",
        )
    return cast("type", found)


def find_subclass(name: object, base: type, kind: str) -> type[Any]:
    """Find an imported class by name and make sure that it is of the stored kind.

    Raises:
        Refusal: There is no such class here, or it is something else.
    """
    cls = find_class(name)
    if base not in cls.__mro__:
        raise Refusal(display_name(cls), f"This class is not {kind} (any more).")
    return cls


def missing_field(cls: type, field: str) -> Refusal:
    """Build the refusal of a row that is older than a field without a default."""
    return Refusal(
        display_name(cls),
        f"The stored value has no field {field!r} and the class gives it no default. "
        "Give the new field a default.",
    )


def loaded_class(module_name: str, name: str) -> Any:
    """Look up a third party's class, or ``None`` while its module is not imported."""
    return _namespace(sys.modules.get(module_name)).get(name)


def built_in_base(cls: type) -> Any:
    """Find the nearest base that is written in C and not by a class statement."""
    heap_type = 1 << 9  # Py_TPFLAGS_HEAPTYPE
    return next(base for base in cls.__mro__ if not base.__flags__ & heap_type)


def _namespace(holder: object) -> Any:
    """Read a module's or class's own names, past ``__getattr__`` and lazy loaders."""
    # Not isinstance(): it reads __class__, which makes a lazy module load itself.
    if issubclass(type(holder), type):
        return type.__getattribute__(cast("type", holder), "__dict__")
    if issubclass(type(holder), ModuleType):
        return object.__getattribute__(holder, "__dict__")
    return {}
