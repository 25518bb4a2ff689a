"""The built wheel is complete: a foreign project needs nothing of this checkout."""

from pathlib import Path

import pytest

from tests.house.conftest import run
from tests.support.databases import on_sqlite
from tests.support.project import Project

ROOT = Path(__file__).parents[2]
PACKAGES = ("durable_engine", "console")
PACKED_BELOW_CONSOLE = ("templates", "static")

OPEN_PAGE = """
    import console, durable_engine
    from django.contrib.auth.models import User
    from django.contrib.staticfiles import finders
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("ada"))
    print(console.__file__)
    print(durable_engine.__file__)
    print(client.get("/ops/durable/").status_code)
    print(*finders.find("durable_console", find_all=True))
"""


def hidden(path: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The directory that the wheel is installed in, without its dependencies."""
    directory = tmp_path_factory.mktemp("site")
    run("pip", "install", "--no-deps", "--target", directory, wheel)
    return directory


def test_wheel_holds_every_file(installed: Path) -> None:
    rooms = [(ROOT / name, installed / name) for name in PACKAGES]
    rooms += [(ROOT / n, installed / "console" / n) for n in PACKED_BELOW_CONSOLE]
    missing = [
        str(path.relative_to(ROOT))
        for here, there in rooms
        for path in here.rglob("*")
        if path.is_file() and not hidden(path.relative_to(here))
        if not (there / path.relative_to(here)).exists()
    ]
    assert missing == []


@on_sqlite
def test_page_opens_in_a_foreign_project(project: Project, installed: Path) -> None:
    project.use_console()
    project.environment["PYTHONPATH"] = f"{project.root}:{installed}"
    console, engine, status, static = project.run(OPEN_PAGE).splitlines()
    assert Path(engine).is_relative_to(installed)
    assert Path(console).is_relative_to(installed)
    assert status == "200"
    assert Path(static).is_relative_to(installed)
