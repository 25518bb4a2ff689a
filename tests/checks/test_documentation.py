"""Every check is in the documentation, and nothing else."""

import re

from tests.support.databases import ROOT

ID = re.compile(r"durable\.[EWI]\d{3}")


def test_documented_ids_are_those_of_the_code():
    code = {
        found
        for room in ("durable_engine", "console")
        for path in (ROOT / room).rglob("*.py")
        for found in ID.findall(path.read_text())
    }
    table = re.findall(
        r"^\| `(durable\.\w+)` \|", (ROOT / "docs/checks.md").read_text(), re.MULTILINE
    )
    assert sorted(table) == sorted(code)
