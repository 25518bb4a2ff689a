"""Commands called in this process, as the command line calls them."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import OutputWrapper

import durable_engine as durable
from tests.engine.conftest import engine_database, worker

__all__ = ["engine_database", "worker"]

MAIL = durable.Queue("commands.mail", concurrency=3)


@durable.step(name="commands.charge")
def charge(value: Any) -> dict[str, Any]:
    if value == "bad":
        message = "card \x1b[31mrefused"
        raise ValueError(message)
    return {"paid": value}


@durable.workflow(name="commands.checkout")
def checkout(value: Any = None, *, note: str = "") -> dict[str, Any]:
    durable.set_event("state", value)
    durable.write_stream("rows", [value, note])
    durable.close_stream("rows")
    return charge(value)


@durable.workflow(name="commands.waiter")
def waiter() -> Any:
    return durable.recv("pay", timeout_seconds=600)


@durable.workflow(name="commands.parent")
def parent() -> str:
    checkout(1)
    return "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command wrote, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def tell(*arguments: str, stdin: str = "", out: io.StringIO | None = None) -> Told:
    """Run a command as `manage.py` runs it, in this process."""
    out, err = out or io.StringIO(), io.StringIO()
    command = load_command_class(get_commands()[arguments[0]], arguments[0])
    command.stdout, command.stderr = OutputWrapper(out), OutputWrapper(err)
    status: Any = 0
    with redirect_stderr(err), patch.object(sys, "stdin", io.StringIO(stdin)):
        try:
            command.run_from_argv(["manage.py", *arguments, "--skip-checks"])
        except SystemExit as end:
            status = end.code
    return Told(status=status or 0, out=out.getvalue(), err=err.getvalue())


def run(workflow_id: str, function: Callable[..., Any], *args: Any) -> None:
    """Run a workflow under this id; its failure is recorded, and expected."""
    with durable.SetWorkflowID(workflow_id):
        try:
            function(*args)
        except ValueError:
            pass


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut, wherever the tests run."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
