"""Fixtures of the whole suite; `tests/test_support.py` shows each at work."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoDbBlocker

from tests.support.browser import running_chromium
from tests.support.connections import connected_to
from tests.support.databases import (
    VENDORS,
    MakeDatabase,
    PostgresqlDatabases,
    SqliteDatabases,
)
from tests.support.postgresql import (
    GivenServer,
    OwnServer,
    ServerUnavailableError,
    provide_server,
)
from tests.support.project import Project
from tests.support.requirements import LOUD, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


ONCE = (
    "tests/console/api/test_document.py",
    "tests/console/test_browser.py",
    "tests/console/test_demo.py",
    "tests/console/test_operations_browser.py",
    "tests/console/test_workflows_browser.py",
    "tests/engine/test_typing.py",
    "tests/faults/",
    "tests/house/test_wheel.py",
)
"""What is long and proves the same on every Python and Django: see `.ci/run`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what one pass is enough for."""
    for item in items:
        if item.nodeid.startswith(ONCE):
            item.add_marker("once")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[GivenServer | OwnServer]:
    """A running PostgreSQL server, shared by no other test process."""
    try:
        server = provide_server()
    except ServerUnavailableError as error:
        missing(f"No PostgreSQL server: {error}")
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """The maker of SQLite databases."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(
    postgresql_server: GivenServer | OwnServer,
) -> Iterator[PostgresqlDatabases]:
    """The maker of PostgreSQL databases."""
    databases = PostgresqlDatabases(postgresql_server)
    yield databases
    databases.close()


@pytest.fixture
def make_database(request: pytest.FixtureRequest) -> Iterator[MakeDatabase]:
    """A function: `sqlite` or `postgresql` to the URL of a fresh migrated database."""
    made: list[tuple[SqliteDatabases | PostgresqlDatabases, str]] = []

    def make(vendor: str) -> str:
        databases = request.getfixturevalue(f"{vendor}_databases")
        made.append((databases, databases.create()))
        return made[-1][1]

    yield make
    for databases, url in made:
        databases.drop(url)


@pytest.fixture(params=VENDORS)
def database_url(request: pytest.FixtureRequest, make_database: MakeDatabase) -> str:
    """The URL of a fresh migrated database, once of each kind."""
    return make_database(request.param)


@pytest.fixture
def engine_database(
    database_url: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Django's default database in this process is a fresh one; gives its URL."""
    with django_db_blocker.unblock(), connected_to(default=database_url):
        yield database_url


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    """A small Django project on a fresh database, for tests with real processes."""
    return Project(tmp_path / "project", database_url)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A headless Chromium. Its event loop runs meanwhile: keep async tests apart."""
    with pytest.MonkeyPatch.context() as patch, running_chromium() as chromium:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        yield chromium


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page of a browser that nobody has used."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, in red, what this machine could not test."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and LOUD in report.longrepr[2]:
            reason = report.longrepr[2].removeprefix("Skipped: ")
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"{reason} ({tests} tests)", red=True, bold=True)
