"""A small Django project in a directory of its own, run by real processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from textwrap import dedent

from tests.support.databases import ROOT
from tests.support.programs import PATIENCE_SECONDS, Program

TEMPLATE = Path(__file__).parent
SCRIPT_START = "import django; django.setup()\n"
WORKER_READY = "worker ready"
SERVER_READY = "Listening on TCP address "
POLL_SECONDS = 600
RARE_POLLS = f"""
from durable_engine.runtime import waiting
from durable_engine.worker import claimer
waiting.POLL_SECONDS = claimer._POLL_SECONDS = {POLL_SECONDS}
"""


class Project:
    """The site `mysite` with the app `shop`; copied, so that a test may change it.

    `root` is its directory, `url` its database, `databases` the URL of each alias and
    `environment` what its processes get besides; change them before starting any.
    """

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        self.databases = {"default": url}
        self.environment: dict[str, str] = {}
        self._numbers = count(1)
        ignored = shutil.ignore_patterns("__pycache__")
        for package in ("mysite", "shop"):
            shutil.copytree(TEMPLATE / package, root / package, ignore=ignored)
        shutil.copy(ROOT / "manage.py", root)

    def write(self, path: str, source: str) -> None:
        """Write a file of the project, indented as the test likes."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source))

    def workflows(self, source: str) -> None:
        """Write `shop/workflows.py`; modules name their workflows `shop.workflows.f`."""
        self.write("shop/workflows.py", source)

    def trust_hints(self) -> None:
        """Look without a hint every ten minutes only; call it after `workflows`."""
        with (self.root / "shop/workflows.py").open("a") as file:
            file.write(RARE_POLLS)

    def configure(self, **settings: object) -> None:
        """Override Django settings; later calls win."""
        with (self.root / "mysite/settings.py").open("a") as file:
            file.writelines(f"{name} = {value!r}\n" for name, value in settings.items())

    def use_console(self) -> None:
        """Install the console, below `/ops/durable/`, and the admin."""
        self.environment["MYSITE_CONSOLE"] = "yes"

    def run(
        self, code: str, *, env: dict[str, str] | None = None, check: bool = True
    ) -> str:
        """Run a script in a process with Django set up; return what it printed.

        Args:
            check: fail the test, with all output, when the script fails.
        """
        done = self._finish([self._script(code)], env=env)
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, code: str, **env: str) -> Program:
        """Start a script in a process with Django set up; use it with `with`."""
        return self._program([self._script(code)], env)

    def manage(
        self, *args: str, stdin: str = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end, whatever its exit status."""
        return self._finish(["manage.py", *args], env=env, stdin=stdin)

    def start_command(self, *args: str, **env: str) -> Program:
        """Start a management command that goes on; use it with `with`."""
        return self._program(["manage.py", *args], env)

    @contextmanager
    def worker(self, *args: str, **env: str) -> Iterator[Program]:
        """Run `manage.py durable_worker` in the block; it is ready at the beginning."""
        with self._program(["manage.py", "durable_worker", *args], env) as program:
            program.wait_for(WORKER_READY)
            yield program

    @contextmanager
    def server(self, port: int = 0, **env: str) -> Iterator[str]:
        """Run the site with the console in the block; gives the URL of its root.

        Args:
            port: on which it listens; 0: on a free one.
            env: more variables of its environment.
        """
        self.use_console()
        listens = f"tcp:port={port}:interface=127.0.0.1"
        options = ["-e", listens, "mysite.asgi:application"]
        with self._program(["-m", "daphne", *options], env) as program:
            address = program.wait_for(SERVER_READY).partition(SERVER_READY)[2]
            yield f"http://{address.strip()}"

    def _script(self, code: str) -> str:
        path = f"script_{next(self._numbers)}.py"
        self.write(path, SCRIPT_START + dedent(code))
        return path

    def _finish(
        self, command: list[str], *, env: dict[str, str] | None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=self._environment(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def _program(self, command: list[str], env: dict[str, str]) -> Program:
        return Program(
            [sys.executable, *command],
            directory=self.root,
            environment=self._environment(env),
            log=self.root / f"program_{next(self._numbers)}.log",
        )

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mysite.settings",
            "DURABLE_SECRET_KEY": "only-for-tests",
            "MYSITE_DATABASES": json.dumps(self.databases),
            "PYTHONPATH": os.pathsep.join([str(self.root), str(ROOT)]),
            **self.environment,
            **more,
        }
