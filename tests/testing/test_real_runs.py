"""The kit as projects use it: the examples of the page, and what only a run shows.

One run of pytest for each kind of database, in a project of its own: the plugin is
found by its entry point, the test database is made by pytest-django and Django.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import ROOT, on_sqlite
from tests.support.project import Project

PAGE = ROOT / "docs" / "testing.md"
EXAMPLE = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONFIGURATION = """
[pytest]
DJANGO_SETTINGS_MODULE = mysite.settings
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
MORE_TESTS = '''
"""What the page does not show."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase

import durable_engine as durable
from durable_engine.models import Executor, Workflow
from durable_engine.testing import DurableTestCase
from shop.models import Note, Order
from shop.workflows import checkout, greet


@durable.step
async def note(text):
    await Note.objects.acreate(text=text)
    return text


@durable.workflow
async def notes(text):
    await asyncio.to_thread(order, text)
    return await asyncio.gather(note(text), note(text + "!"))


@durable.transaction
def order(text):
    Order.objects.create(reference=text)


def test_a_first_test_leaves_rows_to_roll_back(durable_kit, durable_time):
    assert durable_time is durable_kit.durable_time
    assert connection.in_atomic_block
    checkout("first")
    assert Workflow.objects.count() == Order.objects.count() == 1
    durable_time.advance(weeks=1)


def test_a_second_one_finds_nothing(durable_kit):
    assert Workflow.objects.count() == Order.objects.count() == 0
    assert Executor.objects.count() == 0, "not even itself, before the first use"
    assert not [t.name for t in threading.enumerate() if t.name.startswith("durable")]


def test_without_the_transaction_of_a_test(durable_kit, transactional_db):
    assert not connection.in_atomic_block
    with durable_kit.crash_at(2):
        checkout("committed")
    durable_kit.recover()
    durable_kit.durable_time.advance(weeks=2)
    durable_kit.drain()
    assert Order.objects.count() == 1
    durable_kit.assert_ran_once("remind")


@pytest.mark.django_db(transaction=True)
async def test_coroutines_without_it(durable_kit):
    assert await notes("a") == ["a", "a!"]
    assert await Note.objects.acount() == 2


@durable.workflow
async def orders(names):
    return await asyncio.gather(*[asyncio.to_thread(order, one) for one in names])


async def test_transactions_of_several_threads_take_turns(durable_kit):
    names = [str(number) for number in range(8)]
    await orders(names)
    assert await Order.objects.acount() == 8


def test_a_worker_is_refused(durable_kit):
    with pytest.raises(CommandError, match="Call drain"):
        call_command("durable_worker", "--burst")


async def test_coroutines_with_it(durable_kit):
    handle = await durable.start_workflow_async(notes, "b")
    durable_kit.drain()
    assert await handle.get_result() == ["b", "b!"]
    await sync_to_async(durable_kit.drain)()
    assert await Order.objects.acount() == 1


def test_nothing_of_them_is_left(db):
    assert Workflow.objects.count() == Order.objects.count() == 0
    assert not [t.name for t in threading.enumerate() if t.name.startswith("durable")]


class Asynchronous(DurableTestCase, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.handle = durable.start_workflow(greet, "of the class")

    def setUp(self):
        self.begun = durable.start_workflow(greet, "in setUp")

    async def test_everything_in_a_coroutine(self):
        self.drain()
        self.assertEqual(await Workflow.objects.acount(), 2)
        self.assert_workflow(self.handle, output="Hello, of the class")
        self.assert_workflow(self.begun, output="Hello, in setUp")
        self.assertEqual(await notes("c"), ["c", "c!"])
        await self.drain_async()
        with self.crash_at(1):
            with durable.SetWorkflowID("crashed"):
                await notes("d")
        await self.recover_async()
        self.assert_workflow("crashed", output=["d", "d!"])
        self.assert_ran_once("order", "crashed")

    def tearDown(self):
        self.drain()


class Committing(DurableTestCase, TransactionTestCase):
    def test_it_commits(self):
        self.assertEqual(checkout("kettle"), 40)
        self.assertFalse(connection.in_atomic_block)
'''
EXPECTED = 17
WITHOUT = ("-p", "no:django", "-p", "no:asyncio", "-p", "no:cacheprovider")
HISTORY = {
    "format": "durable_engine.workflows",
    "version": 1,
    "workflows": [
        {
            "workflow": {
                "id": "old-order",
                "name": "shop.workflows.checkout",
                "inputs": '{"args": ["kettle"], "kwargs": {}}',
                "created_at": "2026-01-31T12:00:00+00:00",
            },
            "steps": [
                {
                    "position": 1,
                    "epoch": 1,
                    "name": "shop.workflows.reserve",
                    "output": '{"reference": "kettle", "amount": 40}',
                    "error": None,
                    "child_workflow_id": None,
                    "attempts": 1,
                    "started_at": "2026-01-31T12:00:00.000001+00:00",
                    "completed_at": "2026-01-31T12:00:01+00:00",
                }
            ],
        }
    ],
}


@pytest.fixture
def tested(project: Project) -> Path:
    """The project, with the page's files and those above."""
    for path, source in EXAMPLE.findall(PAGE.read_text()):
        project.write(path, source)
    project.write("tests/test_more.py", MORE_TESTS)
    project.write("tests/histories/order.json", json.dumps(HISTORY))
    project.write("pytest.ini", CONFIGURATION)
    return project.root


def test_examples_of_the_page_and_more(project: Project, tested: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tested,
        env=project._environment({}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n{EXPECTED} passed" in done.stdout, done.stdout


@on_sqlite
def test_djangos_own_runner(project: Project, tested: Path) -> None:
    """The same cases, without pytest."""
    project.write("tests/__init__.py", "")
    done = project.manage(
        "test",
        "tests.test_checkout_case",
        "tests.test_more",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ran 5 tests" in done.stderr, done.stderr


def test_the_plugin_needs_neither_settings_nor_django(tmp_path: Path) -> None:
    """It is loaded in every run of pytest on the machine."""
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain():\n"
        "    assert 'durable_engine.pytest_plugin' in sys.modules\n"
        "    assert 'django' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", *WITHOUT],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
