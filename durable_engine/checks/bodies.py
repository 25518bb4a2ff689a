"""What a workflow's body does that its replay would not do in the same way."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model
from django.db.models.base import ModelBase
from django.db.models.manager import ManagerDescriptor

from durable_engine.checks.scopes import Meaning, Scope
from durable_engine.checks.sources import Definition, Source
from durable_engine.checks.suspects import (
    BY_NAME,
    CALLS_ITS_FIRST_ARGUMENT,
    CLOCK,
    DATABASE,
    ENVIRONMENT,
    NOW_WITHOUT_ARGUMENTS,
    RANDOMNESS,
    WAIT,
    Suspicion,
)

_MANAGERS = ("_default_manager", "_base_manager")  # properties of the metaclass
_RELATIONS = "django.db.models.fields.related_descriptors"
_AD_HOC = {
    f"{module}.{name}"
    for module in ("durable_engine", "durable_engine.primitives.step")
    for name in ("run_step", "run_step_async")
}
_DECORATORS = {
    f"durable_engine.{module}{name}"
    for name in ("step", "transaction", "workflow")
    for module in ("", f"primitives.{name}.")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a body does, and where."""

    kind: Suspicion
    node: ast.expr


def findings_in(source: Source) -> list[Finding]:
    """Return what the body of a workflow does outside any step, by line."""
    visitor = _Body(Scope(source.node, source.function))
    visitor.enter(source.node)
    return sorted(visitor.found, key=lambda one: (one.node.lineno, one.kind.id))


class _Body(ast.NodeVisitor):
    """Visits a function, and those within it that run as a part of it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.found: list[Finding] = []
        self._for_steps: set[str] = set()

    def enter(self, node: Definition) -> None:
        """Visit what the function does, not what it is declared with."""
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._for_steps = set(self._given_to_steps(body))
        for statement in body:
            self.visit(statement)

    def visit_Call(self, node: ast.Call) -> None:
        """Judge what is called, and look at what it is called with."""
        called = self._scope.meaning(node.func)
        self._judge(node, called)
        if called.names & CALLS_ITS_FIRST_ARGUMENT and node.args:
            self._judge(node, self._scope.meaning(node.args[0]))
        ad_hoc = called.names & _AD_HOC
        self.visit(node.func)
        for place, argument in enumerate(node.args):
            if not (ad_hoc and place == 1 and isinstance(argument, ast.Lambda)):
                self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look for managers and relations of models, and the environment."""
        if isinstance(node.ctx, ast.Load):
            self._judge_value(node, self._scope.meaning(node))
            owner = self._scope.meaning(node.value)
            if _is_query(owner, node.attr, self._scope.meaning(node)):
                self._add(DATABASE, node)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        """Look for the environment under another name."""
        if isinstance(node.ctx, ast.Load):
            self._judge_value(node, self._scope.meaning(node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Visit an inner function, unless it is only ever a step."""
        self._visit_inner(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Visit an inner coroutine function, unless it is only ever a step."""
        self._visit_inner(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit an inner function without a name."""
        self._visit_inner(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave annotations alone: those of locals are never evaluated."""
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def _visit_inner(self, node: Definition) -> None:
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        for expression in (*decorators, *defaults):
            self.visit(expression)
        given = not isinstance(node, ast.Lambda) and node.name in self._for_steps
        if given or any(map(self._is_durable, decorators)):
            return
        inner = _Body(Scope(node, self._scope))
        inner.enter(node)
        self.found += inner.found

    def _is_durable(self, decorator: ast.expr) -> bool:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        return bool(self._scope.meaning(function).names & _DECORATORS)

    def _given_to_steps(self, body: list[ast.stmt] | list[ast.expr]) -> Iterator[str]:
        """Yield the names that stand nowhere but as the function of an ad-hoc step."""
        given, used = set(), []
        for node in (one for statement in body for one in ast.walk(statement)):
            match node:
                case ast.Call(args=[_, ast.Name() as function, *_]) if (
                    self._scope.meaning(node.func).names & _AD_HOC
                ):
                    given.add(function)
                case ast.Name(ctx=ast.Load()):
                    used.append(node)
        elsewhere = {one.id for one in used if one not in given}
        yield from {one.id for one in given} - elsewhere

    def _judge(self, node: ast.Call, called: Meaning) -> None:
        for name in called.names:
            kind = BY_NAME.get(name)
            if name in NOW_WITHOUT_ARGUMENTS and not (node.args or node.keywords):
                kind = CLOCK
            if kind is not None and not (called.of_made and not kind.of_instances):
                if not (kind is WAIT and _is_pause(node)):
                    self._add(kind, node)
                return
        if _is_random(called, node):
            self._add(RANDOMNESS, node)

    def _judge_value(self, node: ast.expr, meaning: Meaning) -> None:
        if meaning.value is os.environ or meaning.value is getattr(os, "environb", 0):
            self._add(ENVIRONMENT, node)

    def _add(self, kind: Suspicion, node: ast.expr) -> None:
        found = Finding(kind=kind, node=node)
        if not any(
            one.kind is kind and one.node.lineno == node.lineno for one in self.found
        ):
            self.found.append(found)


def _is_query(owner: Meaning, name: str, attribute: Meaning) -> bool:
    """Whether `Model.objects` or `instance.relation` is meant."""
    if isinstance(attribute.value, ManagerDescriptor):
        return True
    if isinstance(owner.value, ModelBase):
        return name in _MANAGERS
    if owner.made is None or not issubclass(owner.made, Model):
        return False
    return type(attribute.value).__module__ == _RELATIONS


def _is_pause(node: ast.Call) -> bool:
    """Whether a sleep only lets others run: `asyncio.sleep(0)`."""
    match node.args:
        case [ast.Constant(value=0)]:
            return True
    return False


def _is_random(called: Meaning, node: ast.Call) -> bool:
    """Whether the module's own generator, or one without a seed, is meant."""
    if called.of_made:
        return False
    if "random.Random" in called.names:
        return not node.args
    shared = any(name.startswith("random.Random.") for name in called.names)
    return shared or any(name.startswith("numpy.random.") for name in called.names)
