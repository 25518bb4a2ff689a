"""Fresh, migrated databases of both kinds, each a copy of a migrated template.

A database is named by its URL everywhere in the tests.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.support.postgresql import GivenServer, OwnServer

ROOT = Path(__file__).resolve().parents[2]
VENDORS = ("sqlite", "postgresql")

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

MakeDatabase = Callable[[str], str]


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._template = directory / "template.sqlite3"
        migrate(sqlite_url(self._template))

    def create(self) -> str:
        """Return the URL of a new database."""
        path = self._directory / f"{uuid4().hex}.sqlite3"
        shutil.copyfile(self._template, path)
        return sqlite_url(path)

    def drop(self, url: str) -> None:
        """Delete the database with all its files."""
        for path in self._directory.glob(f"{Path(url).name}*"):
            path.unlink()


class PostgresqlDatabases:
    """Copies of one migrated database, on one server."""

    def __init__(self, server: GivenServer | OwnServer) -> None:
        self._server = server
        self._template = f"durable_template_{uuid4().hex}"
        self._execute("CREATE DATABASE {}", self._template)
        migrate(server.database_url(self._template))

    def create(self) -> str:
        """Return the URL of a new database."""
        name = f"durable_{uuid4().hex}"
        self._execute("CREATE DATABASE {} WITH TEMPLATE {}", name, self._template)
        return self._server.database_url(name)

    def drop(self, url: str) -> None:
        """Delete the database, whoever is still connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", url.rpartition("/")[2])

    def close(self) -> None:
        """Delete the template."""
        self._execute("DROP DATABASE {} WITH (FORCE)", self._template)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(
                sql.SQL(statement).format(*(sql.Identifier(name) for name in names))
            )


def sqlite_url(path: Path) -> str:
    """Return the URL of a database file."""
    return f"sqlite:///{quote(str(path))}"


def migrate(url: str) -> None:
    """Create every table of `tests.settings` in an empty database."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DURABLE_TEST_DATABASE": url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
