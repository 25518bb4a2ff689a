"""A place where one program at a time runs, with a fork server and a database."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.faults.harness.orders import Order
from tests.support.databases import ROOT

Row = tuple[Any, ...]

_TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND (
        tablename LIKE 'durable_engine_%' OR tablename LIKE 'shop_%'
    )
"""
_ACCOUNTS = """
    INSERT INTO shop_order (reference, state, amount)
    VALUES ('till', 'new', 100), ('bank', 'new', 100), ('box', 'new', 100)
"""


def read_rows(url: str, query: str) -> list[Row]:
    """Read a database by its URL, past the engine."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(query).fetchall()


class Slot:
    """One fork server on one database; used by one thread at a time."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.directory = directory
        self._numbers = count(1)
        self._postgresql = url.startswith("postgresql")
        if self._postgresql:
            self._tables = [sql.Identifier(row[0]) for row in self.rows(_TABLES)]
        else:
            self._file = Path(url.removeprefix("sqlite:///"))
            shutil.copyfile(self._file, directory / "template.sqlite3")
        support = ROOT / "tests" / "support"
        self._log = (directory / "forge.err").open("w")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.harness.forge"],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "mysite.settings",
                "MYSITE_DATABASES": f'{{"default": "{url}"}}',
                "PYTHONPATH": os.pathsep.join([str(support), str(ROOT)]),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )

    def fresh_directory(self) -> Path:
        """Return a new empty directory for one case."""
        path = self.directory / f"case-{next(self._numbers)}"
        path.mkdir()
        return path

    def reset(self) -> None:
        """Make the database as new: nothing but three accounts."""
        if self._postgresql:
            with psycopg.connect(self.url) as connection:
                for table in self._tables:
                    connection.execute(sql.SQL("DELETE FROM {}").format(table))
                connection.execute(_ACCOUNTS)
            return
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self._file}{suffix}").unlink()
        shutil.copyfile(self.directory / "template.sqlite3", self._file)
        connection = sqlite3.connect(self._file)
        with connection:
            connection.execute(_ACCOUNTS)
        connection.close()

    def live(self, order: Order) -> int:
        """Run one life of a program to its end; return its exit status."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(order.line())
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        if not answer:
            said = (self.directory / "forge.err").read_text()
            message = f"the fork server ended: {said}"
            raise AssertionError(message)
        return int(answer)

    def rows(self, query: str) -> list[Row]:
        """Read the database, past the engine."""
        return read_rows(self.url, query)

    def close(self) -> None:
        """End the server; its programs have ended."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)
        assert self._server.stdout is not None
        self._server.stdout.close()
        self._log.close()
