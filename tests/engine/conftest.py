"""An engine per test: built at first use, stopped before its database goes."""

from collections.abc import Iterator

import pytest

import durable_engine as durable
from durable_engine.runtime.engine import reset
from tests.support.refusals import Refusals


@pytest.fixture
def engine_database(engine_database: str) -> Iterator[str]:
    """The fixture of the same name; engine and worker end before the database."""
    try:
        yield engine_database
    finally:
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    """Threads that cannot start just now."""
    return Refusals(monkeypatch)


@pytest.fixture
def worker(engine_database: str) -> None:
    """This process runs a worker."""
    durable.launch(threads=8, coroutines=100)
