"""The map from sentences of the contract to tests names no test that is gone."""

import ast
import re
from functools import cache

from tests.support.databases import ROOT

TESTS = ROOT / "tests"
SECTIONS = ("1", "2", "3", "4", "5", "6", "7", "8", "10", "11")
_NAMED = re.compile(r"`([\w/]+)::([\w:]+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the tests of a file, those of a class behind its name."""
    found = set()
    for node in ast.parse((TESTS / f"{path}.py").read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            prefix + one.name
            for one in inside
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return frozenset(found)


def rows() -> dict[str, list[str]]:
    """Return the rows of each section, by its heading."""
    sections: dict[str, list[str]] = {}
    heading = ""
    for line in (TESTS / "README.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith("| what users"):
            sections.setdefault(heading, []).append(line)
    return sections


def test_every_sentence_names_tests_that_exist():
    for section, lines in rows().items():
        for line in lines:
            named = _NAMED.findall(line)
            assert named, f"{section}: {line}"
            for path, test in named:
                assert test.rpartition("::")[2].startswith("test_")
                assert test in names_in(path), f"tests/{path}.py has no {test}"


def test_every_section_of_the_contract_has_its_rows():
    numbers = {heading.partition(".")[0] for heading in rows()}
    assert set(SECTIONS) <= numbers
