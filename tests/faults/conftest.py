"""Fixtures of the fault tests: slots where programs live and die."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.faults.harness.matrix import Matrix
from tests.faults.harness.slots import Slot
from tests.faults.harness.stage import Stage
from tests.support.databases import VENDORS

SLOTS = 3


@pytest.fixture(scope="session", params=VENDORS)
def matrix(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Matrix]:
    """Slots on fresh databases of one kind."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with ExitStack() as stack:
        slots = []
        for _ in range(SLOTS):
            url = databases.create()
            stack.callback(databases.drop, url)
            directory = tmp_path_factory.mktemp("slot")
            slots.append(stack.enter_context(closing(Slot(url, directory))))
        yield stack.enter_context(closing(Matrix(slots)))


@pytest.fixture
def stage(engine_database: str) -> Iterator[Stage]:
    """Real connections to a fresh database, for races that are stepped by hand."""
    with closing(Stage(engine_database)) as made:
        yield made
