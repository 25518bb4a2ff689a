"""`queue list`: which queues there are, and what waits in them."""

from typing import Any

from durable_engine import client
from durable_engine.management.shell.acting import permitted
from durable_engine.management.shell.documents import write_items
from durable_engine.management.shell.plain import record
from durable_engine.management.shell.tables import Column, write_table
from durable_engine.management.shell.word import Options, Shell, Word
from durable_engine.records import QueueInfo

_COLUMNS = (
    Column(title="QUEUE", least=12),
    Column(title="ENQUEUED", right=True),
    Column(title="DELAYED", right=True),
    Column(title="RUNNING", right=True),
    Column(title="PAUSED"),
    Column(title="LIMITS", least=12),
)


class List(Word):
    """Lists queues."""

    name = "list"
    help = (
        "List the queues that workers, code or operators know, or that hold work. "
        "Counts end at 10,000; limits set by operators are marked with *."
    )
    examples = """
    queue list
    queue list --json
    """

    def run(self, shell: Shell, options: Options) -> None:
        """Write the list."""
        del options
        view = "durable_engine.view_workflow"
        permitted(shell.act("view_workflow", view, "queue", ""))
        queues = client.list_queues()
        if shell.terminal.as_json:
            write_items(shell.terminal, map(record, queues))
        else:
            write_table(shell.terminal, _COLUMNS, map(_row, queues))


def _row(queue: QueueInfo) -> tuple[str, ...]:
    limits = [
        f"{name}={_limit(value)}{'*' if name in queue.overridden else ''}"
        for name, value in queue.effective.items()
    ]
    return (
        queue.name,
        f"{queue.enqueued:,}",
        f"{queue.delayed:,}",
        f"{queue.running:,}",
        "yes" if queue.paused else "",
        " ".join(limits),
    )


def _limit(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['limit']}/{value['period']:g}s"
    return str(value)
