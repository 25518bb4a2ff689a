"""The kit in a transaction that is rolled back, as a TestCase makes it.

`tests/testing/test_real_runs.py` uses it as projects do, through pytest and unittest.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from durable_engine.testing import DurableKit
from tests.support.connections import connected_to
from tests.support.databases import VENDORS


@pytest.fixture(scope="module", params=VENDORS)
def kit_database(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """One database for all tests of a module, of each kind: they leave nothing in it."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    default, other = databases.create(), databases.create()
    with (
        django_db_blocker.unblock(),
        connected_to(default=default, other=other),
    ):
        yield default
    databases.drop(default)
    databases.drop(other)


@pytest.fixture
def durable_kit(kit_database: str) -> Iterator[DurableKit]:
    """A kit in the transaction of this test."""
    with transaction.atomic(), transaction.atomic("other"), DurableKit() as kit:
        yield kit
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="other")
