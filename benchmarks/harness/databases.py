"""The databases that are measured on: one server, a fresh database each time."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from benchmarks.harness.workloads import Database
from tests.support.postgresql import GivenServer, provide_server

# What the tests' server has differently from PostgreSQL's defaults.
DEFAULTS = {"shared_buffers": "128MB", "max_connections": "100"}


@contextmanager
def postgresql_server(url: str | None) -> Iterator[str]:
    """Yield the URL of a server's maintenance database.

    Args:
        url: a server to use as it is; None starts one that commits to disk and has
            PostgreSQL's default settings, and deletes it afterwards.
    """
    if url:
        yield url
        return
    server = provide_server()
    try:
        if not isinstance(server, GivenServer):
            with psycopg.connect(server.url, autocommit=True) as connection:
                for name, value in DEFAULTS.items():
                    connection.execute(
                        sql.SQL("ALTER SYSTEM SET {} = {}").format(
                            sql.Identifier(name), sql.Literal(value)
                        )
                    )
            server.restart()
        yield server.url
    finally:
        server.close()


@contextmanager
def fresh_database(kind: Database, server_url: str) -> Iterator[str]:
    """Yield the URL of an empty database that vanishes afterwards."""
    if kind == "sqlite":
        with TemporaryDirectory(prefix="durable-benchmark-") as directory:
            yield f"sqlite:///{Path(directory).resolve()}/benchmark.sqlite3"
        return
    name = f"durable_benchmark_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        # What the previous measurement left to write must not be this one's load.
        connection.execute("CHECKPOINT")
    try:
        yield GivenServer(server_url).database_url(name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
