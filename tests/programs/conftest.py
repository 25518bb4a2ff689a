"""A project whose steps also write to a ledger, which no rollback and no crash undoes."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.project import Project


class Ledger:
    """The lines that steps wrote to a file outside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def lines(self) -> list[str]:
        return self._path.read_text().splitlines()

    def repeated(self) -> list[str]:
        return [line for line, number in Counter(self.lines()).items() if number > 1]


@pytest.fixture
def ledger(project: Project) -> Ledger:
    path = project.root / "ledger.txt"
    project.environment["LEDGER"] = str(path)
    project.write(
        "shop/ledger.py",
        """
        import os

        def log(line):
            with open(os.environ["LEDGER"], "a") as file:
                file.write(f"{line}\\n")
            print(line, flush=True)
        """,
    )
    return Ledger(path)
