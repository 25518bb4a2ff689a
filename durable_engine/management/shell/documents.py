"""`--json`: one document, written as it comes.

A list is `{"items": [...], "next": cursor}` as in the JSON API, one item a line.
"""

from collections.abc import Callable, Iterable

from durable_engine.management.shell.plain import as_json
from durable_engine.management.shell.terminal import Terminal


def write_document(terminal: Terminal, value: object) -> None:
    """Write one value as the whole answer."""
    terminal.line(as_json(value, indent=2))


def write_items(
    terminal: Terminal,
    items: Iterable[object],
    cursor: Callable[[], str | None] = lambda: None,
) -> None:
    """Write a list as the whole answer, keeping no item.

    Args:
        terminal: what to write on.
        items: any values.
        cursor: asked after the last item: where the next list would begin.
    """
    terminal.text('{"items": [')
    before = "\n"
    for item in items:
        terminal.text(f"{before}{as_json(item)}")
        before = ",\n"
    end = "" if before == "\n" else "\n"
    terminal.line(f'{end}], "next": {as_json(cursor())}}}')
