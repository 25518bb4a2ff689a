"""A project whose jobs write down when they run, and an engine in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import reset
from tests.queues.ledger import SOURCE, Ledger
from tests.support.project import Project


@pytest.fixture
def engine_database(engine_database: str) -> Iterator[str]:
    """The fixture of the same name; engine and worker end before the database."""
    try:
        yield engine_database
    finally:
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()


@pytest.fixture
def ledger(engine_database: str, project: Project, tmp_path: Path) -> Ledger:
    """What the jobs of the project's workers write; this process may enqueue them."""
    project.workflows(SOURCE)
    project.configure(DURABLE_ENGINE={"DATABASE": "default", "HEARTBEAT_SECONDS": 1})
    found = Ledger(tmp_path / "ledger")
    project.environment["LEDGER"] = str(found.path)
    return found
