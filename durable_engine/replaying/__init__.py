"""The replay check: can the code at hand continue what is recorded?

Called by `manage.py workflow replay`, `export` and `import`, and by the testing kit.
"""

from collections.abc import Iterator
from pathlib import Path

from durable_engine.replaying.files import (
    Document,
    export_workflows,
    histories_of,
    read_file,
    write_file,
)
from durable_engine.replaying.histories import read_history, read_in_flight
from durable_engine.replaying.importing import import_workflows
from durable_engine.replaying.records import Divergence, History, ReplayReport
from durable_engine.replaying.rehearsal import rehearse

__all__ = [
    "Divergence",
    "Document",
    "History",
    "ReplayReport",
    "check_document",
    "check_file",
    "check_in_flight",
    "check_workflow",
    "export_workflows",
    "import_workflows",
    "read_file",
    "rehearse",
    "write_file",
]


def check_workflow(workflow_id: str) -> ReplayReport:
    """Replay one workflow, whatever its status, against the code at hand.

    Raises:
        NonExistentWorkflow: there is no such workflow.
    """
    return rehearse(read_history(workflow_id))


def check_in_flight() -> Iterator[ReplayReport]:
    """Replay every workflow that has not ended; yields a report of each, by id.

    Guarantees: a few hundred histories are in memory at once, however many there are.
    """
    for history in read_in_flight():
        yield rehearse(history)


def check_file(path: str | Path) -> Iterator[ReplayReport]:
    """Replay every workflow of an exported file, without a database.

    Raises:
        DurableError: the file is no export of workflows.
        OSError: it cannot be read.
    """
    return check_document(read_file(path))


def check_document(document: Document) -> Iterator[ReplayReport]:
    """Replay every workflow of an exported document."""
    for history in histories_of(document):
        yield rehearse(history)
