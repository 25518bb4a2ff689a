"""`workflow steps`: what a workflow did, position by position."""

from typing import Any

from django.core.management.base import CommandParser

from durable_engine.inspection.decoding import step_of
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.plain import error, record, short
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.rows import in_batches
from durable_engine.management.workflow.viewing import (
    require_view,
    require_workflow,
    shows_payloads,
)
from durable_engine.models import Step
from durable_engine.records import StepInfo
from durable_engine.runtime.engine import engine

_COLUMNS = (
    Column(title="#", least=1, right=True),
    Column(title="NAME", least=16),
    Column(title="STATUS", painted=True),
    Column(title="ATTEMPTS", right=True),
    Column(title="STARTED", least=19),
    Column(title="SECONDS", right=True),
    Column(title="RESULT", least=10),
)


class Steps(Word):
    """Lists the recorded steps of a workflow."""

    name = "steps"
    help = (
        "List the recorded steps of a workflow by position, with what each returned. "
        "A step without an end waits or is tried again."
    )
    examples = """
    workflow steps order-42
    workflow steps order-42 --json
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        add_id(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        require_workflow(workflow_id)
        payloads = shows_payloads(shell, workflow_id)
        rows = in_batches(Step.objects.filter(workflow_id=workflow_id), "position")
        serializer = engine().serializer
        steps = (step_of(serializer, row) for row in rows)
        if shell.terminal.as_json:
            write_items(shell.terminal, (_item(one, payloads) for one in steps))
        else:
            write_table(
                shell.terminal, _COLUMNS, (_row(one, payloads) for one in steps)
            )


def _item(step: StepInfo, payloads: bool) -> dict[str, Any]:
    values = record(step)
    return values if payloads else values | dict.fromkeys(("output", "error"))


def _row(step: StepInfo, payloads: bool) -> tuple[str, ...]:
    seconds = ""
    if step.completed_at is not None:
        seconds = f"{(step.completed_at - step.started_at).total_seconds():.3f}"
    return (
        str(step.position),
        step.name,
        step.status,
        str(step.attempts),
        moment(step.started_at),
        seconds,
        _result(step) if payloads else "",
    )


def _result(step: StepInfo) -> str:
    if step.error is not None:
        told = error(step.error)
        return f"{told['type'].rpartition('.')[2]}: {told['message']}"
    if step.child_workflow_id is not None and step.output is None:
        return step.child_workflow_id
    return "" if step.completed_at is None else short(step.output)
