"""The static check of workflows: what a replay would not do in the same way.

It reads syntax trees and runs nothing. It sees the body alone, not what the body calls;
the guard (`runtime/guard.py`) sees queries wherever they come from.
"""

import ast
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from durable_engine.checks.bodies import Finding, findings_in
from durable_engine.checks.sources import Source, source_of
from durable_engine.runtime.registry import WorkflowRegistration, registry


@register(Tags.compatibility)
def check_bodies(**_: Any) -> list[CheckMessage]:
    """Bodies of workflows leave clocks, chance and the outside world to steps."""
    return [
        message
        for registration in registry.workflows()
        if not registration.any_version  # a task without a history to be replayed
        for message in messages_about(registration)
    ]


def messages_about(registration: WorkflowRegistration) -> list[CheckMessage]:
    """Return a warning for each line of a workflow's body that a replay would mind."""
    source = source_of(registration)
    if source is None:
        return []
    return [
        _message(registration, source, found)
        for found in findings_in(source)
        if not source.allows(found.kind.id, found.node)
    ]


def _message(
    registration: WorkflowRegistration, source: Source, found: Finding
) -> CheckMessage:
    expression = found.node.func if isinstance(found.node, ast.Call) else found.node
    text = ast.unparse(expression)
    called = f"{text}()" if isinstance(found.node, ast.Call) else text
    return checks.Warning(
        f"{source.place(found.node)}: {called} in the body of a workflow "
        f"{found.kind.reason}.",
        hint=f"{found.kind.mend} If it is meant, end the line with '# durable: ignore'.",
        obj=registration.name,
        id=found.kind.id,
    )
