"""Django's own test cases without the kit: real engine, real commits."""

from tests.support.project import Project

CASES = """
from django.core.management import CommandError, call_command
from django.test import TestCase, TransactionTestCase

import durable_engine as durable


@durable.step
def one():
    return 1


@durable.workflow
def count():
    return one()


class Plain(TestCase):
    def test_a_direct_call_tells_of_the_kit(self):
        message = r"A test uses the testing kit: DurableTestCase, or durable_kit\\.$"
        with self.assertRaisesRegex(durable.AtomicBlock, message):
            count()

    def test_a_worker_would_see_nothing(self):
        durable.start_workflow(count)
        with self.assertRaisesRegex(CommandError, "inside transaction.atomic"):
            call_command("durable_worker", "--burst")


class Committing(TransactionTestCase):
    def test_a_direct_call(self):
        self.assertEqual(count(), 1)

    def test_a_worker_that_nobody_stops(self):
        durable.launch()
        self.assertEqual(durable.start_workflow(count).get_result(), 1)
"""

IN_A_FILE = """
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": "tests.sqlite3"}
"""


def test_the_test_database_is_dropped_at_the_end(project: Project) -> None:
    """PostgreSQL drops no database that somebody is connected to."""
    with (project.root / "mysite/settings.py").open("a") as settings:
        # In memory SQLite waits for no lock, and a worker has threads.
        settings.write(IN_A_FILE)
    project.write("tests/__init__.py", "")
    project.write("tests/test_plain.py", CASES)
    done = project.manage("test", "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ran 4 tests" in done.stderr, done.stderr
    assert "being accessed" not in done.stdout + done.stderr
