"""A pgbouncer in front of a database, for the tests of what poolers forget."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.postgresql import free_port
from tests.support.programs import Program
from tests.support.requirements import missing

GIVEN_POOLER = "DURABLE_TEST_PGBOUNCER"
NONE = "none"
ELSEWHERE = ("/usr/sbin", "/usr/local/sbin")
"""Where systems keep it, which the search path of few users has."""


def pgbouncer_path() -> Path:
    """Return the program; without one the test is skipped, or fails in CI.

    `none` in `DURABLE_TEST_PGBOUNCER` says that there is none to be had.
    """
    given = os.environ.get(GIVEN_POOLER)
    if given == NONE:
        pytest.skip(f"{GIVEN_POOLER} is {NONE}")
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *ELSEWHERE])
    found = shutil.which(given or "pgbouncer", path=places)
    if found is None:
        missing(
            f"No pooler: install pgbouncer, name one in {GIVEN_POOLER}, or write "
            f"{NONE} there."
        )
    return Path(found)


@contextmanager
def running_pgbouncer(url: str, directory: Path) -> Iterator[str]:
    """Run one that gives a transaction one of two connections; gives its URL.

    Args:
        url: of the database, or of any other of its server.
        directory: for its files.
    """
    path = pgbouncer_path()
    server, port = urlsplit(url), free_port()
    file = directory / "pgbouncer.ini"
    file.write_text(
        "[databases]\n"
        f"* = host={server.hostname} port={server.port} user={server.username}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
    )
    # It refuses to run as root, and others cannot choose.
    user = ["--user", "nobody"] if os.geteuid() == 0 else []
    with Program(
        [path, *user, file],
        directory=directory,
        environment=os.environ,
        log=directory / "pgbouncer.log",
    ) as program:
        program.wait_for("process up")
        netloc = f"{server.username}@127.0.0.1:{port}"
        yield server._replace(netloc=netloc).geturl()
