"""`docs/getting-started.md`, word for word, in an environment of its own.

Files are written and commands run as the page says, in one shell. What differs from a
reader's machine: the package comes from this checkout's wheel, its dependencies from
the running environment, and the port is one that is free.
"""

import http.cookiejar
import os
import re
import socket
import sys
import sysconfig
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import PATIENCE_SECONDS, Program

PAGE = Path(__file__).parents[2] / "docs/getting-started.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OWN = ("django_durable_engine", "_django_durable_engine", "__editable__")


class Reader:
    """Does what the page says, block by block, in one shell."""

    def __init__(self, shell: Program, home: Path, port: int) -> None:
        self.shell = shell
        self.home = home
        self.project = home / "first"
        self.port = str(port)
        self._number = 0
        self._began = 0

    def do(self, language: str, text: str) -> None:
        """Follow one block."""
        match language:
            case "sh":
                self._run(text)
            case "python":
                self._write(text)
            case "text":
                for line in text.splitlines():
                    self._wait_for(line)
            case _:
                pytest.fail(f"the page has a block of {language!r}")

    def _run(self, commands: str) -> None:
        self._number += 1
        script = self.home / f"block_{self._number}.sh"
        script.write_text(commands.replace("runserver", f"runserver {self.port}"))
        serves = commands.rstrip().endswith("runserver")
        self._began = len(self.shell.output)
        self.shell.tell(f". {script} </dev/null; echo done {self._number}")
        if serves:
            self.shell.wait_for("Quit the server")
        else:
            self.shell.wait_for(f"done {self._number}")

    def _write(self, source: str) -> None:
        place = re.match(r"# ([\w/]+\.py)(, at the end)?\n", source)
        assert place is not None, f"a file without its place: {source}"
        path = self.project / place[1]
        before = path.read_text() if place[2] else ""
        path.write_text(before + source)

    def _wait_for(self, line: str) -> None:
        """Wait until what was run last has written this; columns may be wider."""
        shown = re.compile(r"\s+".join(map(re.escape, line.split())))
        if shown.search(self.shell.output, self._began) is None:
            self.shell.wait_for(line)


def dependencies(directory: Path) -> Path:
    """Link to everything that is installed here but the package itself."""
    directory.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(OWN) and path.suffix != ".pth":
            (directory / path.name).symlink_to(path)
    return directory


@pytest.fixture
def reader(tmp_path: Path, wheel: Path) -> Iterator[Reader]:
    """Somebody with a shell, in an empty directory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    foreign = ("DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {key: os.environ[key] for key in os.environ.keys() - {*foreign}}
    environment |= {
        "COLUMNS": "120",  # of a terminal that people have
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(dependencies(tmp_path / "dependencies")),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    shell = Program(
        ["bash", "--norc", "-e"],
        directory=tmp_path,
        environment=environment,
        log=tmp_path / "log",
    )
    with shell:
        yield Reader(shell, tmp_path, port)


def wait_until_open(port: str) -> None:
    """Wait until the server accepts connections: it says so a moment too early."""
    patience = threading.Event()
    for _ in range(PATIENCE_SECONDS * 20):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        patience.wait(0.05)
    pytest.fail(f"nothing listens on port {port}")


def open_console(port: str) -> str:
    """Log in as the page says; give the page of the first order."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/durable/workflows/order-1/"
    login = browser.open(address)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', login.read().decode()
    )
    form = {
        "username": "ada",
        "password": "first-steps",
        "csrfmiddlewaretoken": token[1] if token else "",
        "next": urllib.parse.urlsplit(address).path,
    }
    page = browser.open(login.url, urllib.parse.urlencode(form).encode())
    return str(page.read().decode())


@pytest.mark.timeout(300)  # a dozen processes, one after the other
def test_page_works_word_for_word(reader: Reader) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    assert [language for language, _ in blocks].count("sh") == 8
    for language, text in blocks:
        reader.do(language, text)
    output = reader.shell.output
    assert output.count("a lamp: reserved") == 1
    installed = reader.project / ".venv/lib"
    assert list(installed.glob("python3*/site-packages/durable_engine/__init__.py"))
    wait_until_open(reader.port)
    page = open_console(reader.port)
    assert 'data-status="SUCCESS"' in page
    assert "order-1" in page
