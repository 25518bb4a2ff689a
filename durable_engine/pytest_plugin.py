"""The fixtures of the testing kit, for pytest with pytest-django.

Loaded by pytest in every run of a project that has this package installed, with or
without Django: nothing of Django is imported before a test asks for a fixture.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from durable_engine.testing import DurableKit, DurableTime


@pytest.fixture
def durable_kit(db: None) -> "Iterator[DurableKit]":
    """Workflows run in this test's transaction, without threads, on a clock it moves.

    Asks for pytest-django's `db`; with `transactional_db`, or the mark
    `django_db(transaction=True)`, it works on that database instead.
    """
    del db
    # Models need settings, which pytest-django has set up by now.
    from durable_engine.testing import DurableKit  # noqa: PLC0415

    with DurableKit() as kit:
        yield kit


@pytest.fixture
def durable_time(durable_kit: "DurableKit") -> "DurableTime":
    """The clock of the engine and of the database: `durable_kit.durable_time`."""
    return durable_kit.durable_time
