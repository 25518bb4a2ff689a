"""What the names in a function mean, found without running anything.

A name that the function binds is known only if it is bound once, by an import, as
another name of something known, or to a new object of a known class. Everything that
is not certain is unknown, so that nothing is said of it.
"""

import ast
import builtins
import functools
import inspect
import sys
from dataclasses import dataclass
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.utils import ConnectionHandler
from django.utils.connection import ConnectionProxy

_ROOT = "durable_engine"
_NOTHING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an expression stands for.

    `names` are those by which `suspects` may know it; `value` is the object itself
    where there is one; `made` is the class of a new object that it is.
    """

    names: frozenset[str] = frozenset()
    value: Any = _NOTHING
    made: type | None = None
    of_made: bool = False  # an attribute of a new object

    @property
    def known(self) -> bool:
        """Whether there is an object that stands for it now."""
        return self.value is not _NOTHING


class Scope:
    """The names of one function, inside those of the function around it."""

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        outer: "Scope | FunctionType",
    ) -> None:
        self._outer = outer
        self._bound: dict[str, list[ast.AST]] = {}
        self._busy: set[str] = set()
        given = node.args
        for one in (
            *given.posonlyargs,
            *given.args,
            *given.kwonlyargs,
            *filter(None, (given.vararg, given.kwarg)),
        ):
            self._bound.setdefault(one.arg, []).append(one)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        for statement in body:
            self._collect(statement)

    def _collect(self, node: ast.AST) -> None:
        """Note what a statement binds; inner functions have scopes of their own."""
        binding = node
        match node:
            case ast.Import() | ast.ImportFrom():
                names = [a.asname or a.name.partition(".")[0] for a in node.names]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._bound.setdefault(node.name, []).append(node)
                return
            case ast.Lambda():
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._bound.setdefault(name, []).append(value)
                self._collect(value)
                return
            case ast.Name(ctx=ast.Store() | ast.Del(), id=name):
                names = [name]
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
                names = [node.name] if node.name else []
            case _:
                names = []
        for name in names:
            self._bound.setdefault(name, []).append(binding)
        for child in ast.iter_child_nodes(node):
            self._collect(child)

    def meaning(self, node: ast.AST | None) -> Meaning:
        """Return what an expression stands for, as far as it is certain."""
        match node:
            case ast.Name(id=name):
                return self._of_name(name)
            case ast.Attribute(value=owner, attr=name):
                return _attribute(self.meaning(owner), name)
            case ast.Call():
                return _result(self.meaning(node.func))
            case ast.BinOp(left=left, op=ast.Div()):
                return _joined(self.meaning(left))
            case ast.Subscript(value=value):
                return _item(self.meaning(value))
        return Meaning()

    def _of_name(self, name: str) -> Meaning:
        if name not in self._bound:
            if isinstance(self._outer, Scope):
                return self._outer._of_name(name)  # noqa: SLF001 - of its own kind
            return _outside(self._outer, name)
        bindings = self._bound[name]
        if len(bindings) != 1 or name in self._busy:
            return Meaning()
        self._busy.add(name)  # `a = a.b` means nothing
        try:
            return self._of_binding(name, bindings[0])
        finally:
            self._busy.discard(name)

    def _of_binding(self, name: str, binding: ast.AST) -> Meaning:
        match binding:
            case ast.Import(names=aliases):
                return _imported(name, aliases)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                source = Meaning(value=sys.modules.get(module, _NOTHING))
                (alias,) = (a for a in aliases if name in (a.asname, a.name))
                return _attribute(source, alias.name)
            case ast.arg(annotation=annotation):
                return _of_class(self.meaning(annotation).value)
            case ast.expr():
                return self.meaning(binding)
        return Meaning()


def _outside(function: FunctionType, name: str) -> Meaning:
    """Return what a name means around a function: closure, module, built-in."""
    if name in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
        try:
            return _of_value(cell.cell_contents)
        except ValueError:  # it is not filled yet
            return Meaning()
    if name in function.__globals__:
        return _of_value(function.__globals__[name])
    return _of_value(getattr(builtins, name, _NOTHING), f"builtins.{name}")


def _imported(name: str, aliases: list[ast.alias]) -> Meaning:
    (alias,) = (a for a in aliases if name in (a.asname, a.name.partition(".")[0]))
    module = alias.name if alias.asname else name
    return Meaning(value=sys.modules.get(module, _NOTHING))


def _of_value(value: Any, *reached_as: str) -> Meaning:
    """Return the meaning of an object that exists."""
    while isinstance(value, functools.partial):
        value = value.func
    if value is _NOTHING or "__durable__" in _own(value):
        return Meaning()  # a step has the name of what it was made of
    names = {*reached_as}
    owner = getattr(value, "__self__", None) if callable(value) else None
    own = getattr(value, "__name__", None)
    if owner is not None and not isinstance(owner, ModuleType) and own:
        names |= _names(owner if isinstance(owner, type) else type(owner), own)
    module, qualname = getattr(value, "__module__", None), _qualname(value)
    if isinstance(module, str) and qualname:
        names.add(f"{module}.{qualname}")
    return Meaning(names=frozenset(names), value=value)


def _own(value: Any) -> dict[str, Any]:
    found = getattr(value, "__dict__", None)
    return found if isinstance(found, dict) else {}


def _qualname(value: Any) -> str | None:
    if not callable(value):
        return None
    found = getattr(value, "__qualname__", None)
    return found if isinstance(found, str) else None


def _names(owner: type, name: str) -> set[str]:
    """Return an attribute's names; where Python hides a module, without that part."""
    return {
        f"{module}.{one.__qualname__}.{name}"
        for one in owner.__mro__
        for module in (one.__module__, one.__module__.partition("._")[0])
    }


def _attribute(owner: Meaning, name: str) -> Meaning:
    if owner.made is not None:
        return Meaning(
            names=frozenset(_names(owner.made, name)),
            value=inspect.getattr_static(owner.made, name, _NOTHING),
            of_made=True,
        )
    if not owner.known:
        return Meaning()
    value = owner.value
    if isinstance(value, ModuleType):
        reached_as = f"{value.__name__}.{name}"
        if value.__name__ == _ROOT:  # loads its names when they are asked for
            return Meaning(names=frozenset({reached_as}))
        found = vars(value).get(name, _NOTHING)
        return _of_value(found, reached_as) if found is not _NOTHING else Meaning()
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, ConnectionProxy):
        kind = _behind(value)
    return Meaning(
        names=frozenset(_names(kind, name)),
        value=inspect.getattr_static(kind, name, _NOTHING),
    )


def _joined(left: Meaning) -> Meaning:
    """Return what `left / …` is: a path, if that is one."""
    kind = left.made or type(left.value)
    return Meaning(made=kind) if issubclass(kind, PurePath) else Meaning()


def _item(container: Meaning) -> Meaning:
    """Return what `container[…]` is: a connection, for `django.db.connections`."""
    is_handler = isinstance(container.value, ConnectionHandler)
    return Meaning(made=BaseDatabaseWrapper) if is_handler else Meaning()


def _behind(proxy: "ConnectionProxy[Any]") -> type:
    """Return what `django.db.connection` stands for; a cache is its own class."""
    handler = proxy.__dict__.get("_connections")
    return (
        BaseDatabaseWrapper if isinstance(handler, ConnectionHandler) else type(proxy)
    )


def _result(function: Meaning) -> Meaning:
    """Return what a call gives: a new object of a class, where that is certain."""
    value = function.value
    if isinstance(value, type):
        return Meaning(made=value)
    if value is get_user_model:
        try:
            return _of_value(get_user_model())
        except ImproperlyConfigured:  # said by Django's own check
            return Meaning()
    if isinstance(value, FunctionType):
        return _of_class(value.__annotations__.get("return"))
    return Meaning()


def _of_class(value: Any) -> Meaning:
    """Return a new object of a class that an annotation names, if that is telling."""
    if isinstance(value, type) and issubclass(value, Model | PurePath):
        return Meaning(made=value)
    return Meaning()
