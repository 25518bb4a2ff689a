"""A program that is checked strictly keeps its types through every decorator."""

import shutil
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.databases import ROOT

mypy = pytest.importorskip("mypy.api")

PROGRAM = """
    import asyncio
    from datetime import timedelta
    from typing import Any, assert_type

    import durable_engine as durable
    from durable_engine import SetWorkflowID, WorkflowHandle

    queue = durable.Queue("mail", concurrency=3, limiter={"limit": 5, "period": 1.0})

    @durable.step
    def bare(value: int) -> str:
        return str(value)

    @durable.step(retries_allowed=True, should_retry=lambda error: bool(error.args))
    def called(value: int, *, loud: bool = False) -> str:
        return str(value)

    @durable.step(timeout_seconds=3)
    async def slow(value: int) -> str:
        return str(value)

    @durable.transaction
    def place(reference: str) -> int:
        return len(reference)

    @durable.transaction("SERIALIZABLE")
    def strict(reference: str) -> int:
        return len(reference)

    @durable.workflow
    def program(value: int, *, word: str = "") -> list[str]:
        assert_type(bare(value), str)
        assert_type(called(value, loud=True), str)
        assert_type(place("A-1"), int)
        assert_type(strict("A-1"), int)
        assert_type(durable.run_step(None, len, "abc"), int)
        durable.set_event("key", value)
        durable.sleep(timedelta(seconds=1).total_seconds())
        return [word]

    @durable.workflow()
    async def coroutine(value: int) -> str:
        both = await asyncio.gather(slow(1), slow(2))
        assert_type(both, tuple[str, str])
        return await asyncio.to_thread(bare, value)

    class Till:
        @staticmethod
        @durable.workflow
        def static(value: int) -> int:
            return value

        @classmethod
        @durable.step
        def of_class(cls, value: int) -> int:
            return value

    async def main() -> None:
        handle = await durable.start_workflow_async(coroutine, 1)
        assert_type(await handle.get_result(), str)
        assert_type(await coroutine(1), str)
        queued = await queue.enqueue_async(program, 1)
        assert_type(await queued.get_result(), list[str])
        named = await durable.enqueue_workflow_async("mail", coroutine, 1)
        assert_type(await named.get_result(), str)
        assert_type(await durable.run_step_async(None, slow, 1), str)
        assert_type(await durable.run_step_async({"name": "x"}, len, "abc"), int)

    with SetWorkflowID("w-1"):
        assert_type(program(1, word="x"), list[str])
    handle: WorkflowHandle[list[str]] = durable.start_workflow(program, 1, word="x")
    assert_type(handle.get_result(), list[str])
    assert_type(durable.start_workflow(coroutine, 1).get_result(), str)
    assert_type(queue.enqueue(program, 1, word="x").get_result(), list[str])
    assert_type(queue.enqueue(coroutine, 1).get_result(), str)
    assert_type(queue.enqueue("by.name", 1).get_result(), Any)
    assert_type(durable.enqueue_workflow("mail", coroutine, 1).get_result(), str)
    both = [durable.start_workflow(Till.static, 1), queue.enqueue(Till.static, 2)]
    assert_type(durable.wait_first(both).get_result(), int)
    durable.fork_workflow("w-1", 2).get_result().anything
    assert_type(Till.static(1), int)
    assert_type(Till.of_class(1), int)
    assert_type(durable.workflow_id, str | None)
    assert_type(durable.step_id, int | None)
    assert_type(durable.application_version, str)
    assert_type(durable.executor_id, str)
    durable.logger.info("typed")
"""

MISTAKES = """
    import durable_engine as durable

    @durable.step
    def step(value: int) -> str:
        return str(value)

    @durable.workflow(max_recovery_attempts=3)
    def program(value: int) -> str:
        return step("x")

    program()
    program("x")
    durable.start_workflow(program, "x")
    durable.start_workflow(program, 1, nothing=2)
    durable.step(retries=True)
    durable.nothing
    durable.run_step(None, len, 5)
    durable.Queue("mail").enqueue(program, "x")
    durable.enqueue_workflow("mail", program, 1, 2)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds the package as a wheel would install it."""
    directory = tmp_path_factory.mktemp("site")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        ROOT / "durable_engine", directory / "durable_engine", ignore=ignored
    )
    return directory


def check(source: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    file = directory / "program.py"
    file.write_text(dedent(source))
    config = directory / "mypy.ini"
    config.write_text("[mypy]\nfollow_imports = silent\n")
    monkeypatch.chdir(directory)
    version = f"--python-version={sys.version_info.major}.{sys.version_info.minor}"
    cache = f"--cache-dir={directory / 'cache'}"
    options = ["--strict", "--no-error-summary", version, cache]
    output, errors, _ = mypy.run([*options, "--config-file=mypy.ini", "program.py"])
    assert errors == ""
    return [line for line in output.splitlines() if line.startswith("program.py")]


@pytest.mark.timeout(300)
def test_program_is_accepted_with_all_its_types(installed, monkeypatch):
    assert check(PROGRAM, installed, monkeypatch) == []


@pytest.mark.timeout(300)
def test_mistakes_are_found(installed, monkeypatch):
    found = check(MISTAKES, installed, monkeypatch)
    lines = [line.split(":")[1] for line in found if ": error:" in line]
    assert sorted(set(map(int, lines))) == [10, *range(12, 21)], found
