"""The syntax tree of a registered workflow, and what its comments allow."""

import ast
import inspect
import linecache
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType

from durable_engine.runtime.registry import WorkflowRegistration

_COMMENT = re.compile(r"#\s*durable:\s*ignore(?:\[([^\]]*)\])?")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A workflow's function as it is written."""

    function: FunctionType
    path: str
    lines: tuple[str, ...]  # of the whole file
    node: Definition

    def place(self, node: ast.expr) -> str:
        """Return `path:line`, below the current directory where it is there."""
        path = Path(self.path)
        here = Path.cwd()
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        return f"{shown}:{node.lineno}"

    def allows(self, check_id: str, node: ast.expr) -> bool:
        """Whether a comment says that this is meant: at the node, or at the `def`."""
        number = check_id.rpartition(".")[2]
        first, last = self.node.lineno, self.node.lineno
        if not isinstance(self.node, ast.Lambda):
            last = max(first, self.node.body[0].lineno - 1)
        spans = [(node.lineno, node.end_lineno or node.lineno), (first, last)]
        for first, last in spans:
            for line in self.lines[first - 1 : last]:
                found = _COMMENT.search(line)
                if found is None:
                    continue
                meant = {one.strip() for one in (found[1] or "").split(",")} - {""}
                if not meant or meant & {check_id, number}:
                    return True
        return False


def source_of(registration: WorkflowRegistration) -> Source | None:
    """Return the source of a workflow; None where there is none to read."""
    function = inspect.unwrap(registration.function)
    if not isinstance(function, FunctionType):
        return None
    code = function.__code__
    lines = tuple(linecache.getlines(code.co_filename, function.__globals__))
    found = [
        node
        for node in _definitions(lines)
        if _first_line(node) == code.co_firstlineno and _name(node) == code.co_name
    ]
    if len(found) != 1:
        return None
    return Source(function=function, path=code.co_filename, lines=lines, node=found[0])


@lru_cache(maxsize=8)
def _definitions(lines: tuple[str, ...]) -> list[Definition]:
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:  # the file was changed after it was imported
        return []
    return [node for node in ast.walk(tree) if isinstance(node, Definition)]


def _first_line(node: Definition) -> int:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])


def _name(node: Definition) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name
