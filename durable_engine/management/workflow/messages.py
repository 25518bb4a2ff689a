"""`workflow messages`: what was sent to a workflow."""

from typing import Any

from django.core.management.base import CommandParser

from durable_engine.inspection.decoding import readable
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.given import add_id, read_id
from durable_engine.management.shell.plain import short
from durable_engine.management.shell.tables import Column, moment, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.management.workflow.rows import in_batches
from durable_engine.management.workflow.viewing import (
    require_payloads,
    require_view,
    require_workflow,
)
from durable_engine.models import Message
from durable_engine.runtime.engine import engine

_COLUMNS = (
    Column(title="#", least=1, right=True),
    Column(title="TOPIC"),
    Column(title="MESSAGE", least=20),
    Column(title="SENT", least=19),
    Column(title="RECEIVED AT STEP", right=True),
)


class Messages(Word):
    """Lists the messages of a workflow."""

    name = "messages"
    help = (
        "List the messages that were sent to a workflow, in their order, and at which "
        "position each was received."
    )
    examples = "workflow messages order-42"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        add_id(parser)

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        require_payloads(shell, workflow_id)
        require_workflow(workflow_id)
        rows = in_batches(Message.objects.filter(workflow_id=workflow_id), "id")
        if shell.terminal.as_json:
            write_items(shell.terminal, map(_item, rows))
        else:
            write_table(shell.terminal, _COLUMNS, map(_row, rows))


def _item(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "topic": message.topic or None,
        "message": readable(engine().serializer, message.body),
        "idempotency_key": message.idempotency_key,
        "sender_workflow_id": message.sender_workflow_id,
        "created_at": message.created_at,
        "consumed_position": message.consumed_position,
    }


def _row(message: Message) -> tuple[str, ...]:
    position = message.consumed_position
    return (
        str(message.id),
        message.topic,
        short(readable(engine().serializer, message.body)),
        moment(message.created_at),
        "" if position is None else str(position),
    )
