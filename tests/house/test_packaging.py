"""What is declared in `pyproject.toml` agrees with what stands beside it."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def declared() -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for e in EXTRAS.values() for line in e)]
    found = [Requirement(line) for line in lines]
    return [requirement for requirement in found if requirement.name != PROJECT["name"]]


def locked() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for line in (ROOT / "requirements-lock.txt").read_text().splitlines():
        if not line.lstrip().startswith("#"):
            name, version = line.partition(";")[0].strip().split("==")
            versions.setdefault(name, []).append(version)
    return versions


def test_every_dependency_is_locked_within_its_bounds() -> None:
    versions = locked()
    assert [
        str(requirement)
        for requirement in declared()
        if not any(
            requirement.specifier.contains(version)
            for version in versions.get(canonicalize_name(requirement.name), [])
        )
    ] == []


def test_lock_names_no_index() -> None:
    assert "://" not in (ROOT / "requirements-lock.txt").read_text()


def test_extra_all_is_every_extra_but_test() -> None:
    (everything,) = (Requirement(line) for line in EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all", "test"}


def test_readme_commands_are_one_line_each() -> None:
    readme = (ROOT / "README.md").read_text()
    for heading in ("Quick start", "Tests"):
        section = readme.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        block = re.search(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
        assert block is not None
        assert len(block[1].splitlines()) == 1, heading
