"""`workflow get`: all about one workflow."""

from typing import Any

from django.core.management.base import CommandParser

from durable_engine.errors import NonExistentWorkflow
from durable_engine.inspection import get_workflow_status
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.plain import as_json, error, shown
from durable_engine.management.shell.terminal import Terminal, printable
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.listing import item
from durable_engine.management.workflow.viewing import require_view, shows_payloads
from durable_engine.models import Workflow
from durable_engine.records import WorkflowStatus
from durable_engine.serialization import read_error

_PAYLOADS = ("attributes", "input", "output", "error")
_TWICE = ("id", "workflow_id")


class Get(Word):
    """Shows one workflow."""

    name = "get"
    help = "Show one workflow: its status, input, output and error."
    examples = """
    workflow get order-42
    workflow get order-42 --json
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        add_id(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Write what is known of it."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        status = get_workflow_status(workflow_id)
        if status is None:
            raise NonExistentWorkflow(workflow_id=workflow_id)
        payloads = shows_payloads(shell, workflow_id)
        values = item(status, payloads=payloads)
        if payloads and status.error is not None:
            values["error"] = _error(status)
        if shell.terminal.as_json:
            write_document(shell.terminal, values)
        else:
            _write(shell.terminal, values)


def _error(status: WorkflowStatus) -> dict[str, str]:
    """Return the error with its traceback, which the exception does not carry."""
    stored = Workflow.objects.filter(id=status.id).values_list("error", flat=True)
    text = stored.first()
    if text is None or status.error is None:
        return {} if status.error is None else error(status.error)
    recorded = read_error(text)
    return {
        "type": recorded.type_name,
        "message": recorded.message,
        "traceback": recorded.traceback_text,
    }


def _write(terminal: Terminal, values: dict[str, Any]) -> None:
    terminal.line(printable(str(values["id"])))
    facts = {
        name: value
        for name, value in values.items()
        if value is not None and name not in (*_PAYLOADS, *_TWICE)
    }
    width = max(map(len, facts))
    for name, value in facts.items():
        text = printable(shown(value))
        text = terminal.paint(text) if name == "status" else text
        terminal.line(f"  {name:<{width}}  {text}")
    for name in _PAYLOADS:
        if values[name] is not None:
            terminal.line(name)
            _write_payload(terminal, name, values[name])


def _write_payload(terminal: Terminal, name: str, value: Any) -> None:
    lines = as_json(value, indent=2).splitlines()
    if name == "error":
        told = f"{value['type']}: {value['message']}"
        lines = [*told.splitlines(), *value.get("traceback", "").splitlines()]
    for line in lines:
        terminal.line(f"  {printable(line)}")
