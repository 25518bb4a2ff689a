"""`workflow streams`: what a workflow wrote, value by value."""

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Q

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
from durable_engine.models import StreamEntry
from durable_engine.runtime.engine import engine

_KEYS = (
    Column(title="KEY", least=12),
    Column(title="VALUES", right=True),
    Column(title="CLOSED"),
)
_ENTRIES = (
    Column(title="OFFSET", least=1, right=True),
    Column(title="VALUE", least=20),
    Column(title="WRITTEN", least=19),
)


class Streams(Word):
    """Lists the streams of a workflow, or the values of one."""

    name = "streams"
    help = "List the streams of a workflow, or the values of one of them in order."
    examples = """
    workflow streams report-7
    workflow streams report-7 rows --json
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id, and the key of a stream."""
        add_id(parser)
        parser.add_argument("key", nargs="?", metavar="KEY", help="of one stream")

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        workflow_id = read_id(options["targets"])
        require_view(shell, workflow_id)
        require_payloads(shell, workflow_id)
        require_workflow(workflow_id)
        if options["key"] is None:
            _write_keys(shell, workflow_id)
        else:
            _write_entries(shell, workflow_id, options["key"])


def _write_keys(shell: Shell, workflow_id: str) -> None:
    keys = (
        StreamEntry.objects.filter(workflow_id=workflow_id)
        .values("key")
        .annotate(
            values=Count("offset", filter=Q(closes=False)),
            closing=Count("offset", filter=Q(closes=True)),
        )
        .order_by("key")
    )
    found = (
        {"key": one["key"], "values": one["values"], "closed": one["closing"] > 0}
        for one in keys.iterator()
    )
    if shell.terminal.as_json:
        write_items(shell.terminal, found)
        return
    rows = (
        (one["key"], str(one["values"]), "yes" if one["closed"] else "")
        for one in found
    )
    write_table(shell.terminal, _KEYS, rows)


def _write_entries(shell: Shell, workflow_id: str, key: str) -> None:
    entries = StreamEntry.objects.filter(workflow_id=workflow_id, key=key, closes=False)
    rows = in_batches(entries, "offset")
    if shell.terminal.as_json:
        write_items(shell.terminal, map(_item, rows))
    else:
        write_table(shell.terminal, _ENTRIES, map(_row, rows))


def _item(entry: StreamEntry) -> dict[str, Any]:
    return {
        "offset": entry.offset,
        "value": _value(entry),
        "created_at": entry.created_at,
    }


def _row(entry: StreamEntry) -> tuple[str, ...]:
    return str(entry.offset), short(_value(entry)), moment(entry.created_at)


def _value(entry: StreamEntry) -> Any:
    return readable(engine().serializer, entry.value or "null")
