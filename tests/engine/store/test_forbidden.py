"""Where a test may not connect to the database, the engine does not either."""

import unittest

import pytest
from django.test import SimpleTestCase
from pytest_django.plugin import DjangoDbBlocker

import durable_engine as durable
from durable_engine.models import Workflow
from durable_engine.runtime.engine import engine


@durable.workflow(name="store.forbidden")
def forbidden() -> str:
    return "ran"


def test_pytest_django_forbids(
    engine_database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    del engine_database
    with django_db_blocker.block():
        for call in (forbidden, lambda: durable.start_workflow(forbidden)):
            with pytest.raises(RuntimeError, match="Database access not allowed"):
                call()
    assert not Workflow.objects.exists()
    assert forbidden() == "ran"


def test_a_simple_test_case_forbids(engine_database: str) -> None:
    del engine_database

    class Simple(SimpleTestCase):
        def test(self) -> None:
            engine().store.open("read")

    class Allowed(Simple):
        databases = frozenset({"default"})

        def test(self) -> None:
            engine().store.open("read").close()

    def failures(case: type[SimpleTestCase]) -> list[str]:
        result = unittest.TestResult()
        unittest.TestSuite([case("test")]).run(result)
        return [said for _, said in result.errors + result.failures]

    (said,) = failures(Simple)
    assert "are not allowed in SimpleTestCase subclasses" in said
    assert failures(Allowed) == []
