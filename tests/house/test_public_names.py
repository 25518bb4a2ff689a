"""The package root: its names, and what importing them needs."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import durable_engine
from durable_engine.rooms import ROOM_OF

ROOT = Path(durable_engine.__file__)
NEED_MODELS = {"client.reading", "inspection"}

IMPORT_ALL = """
import json, sys
import durable_engine
django = [name for name in sys.modules if name.partition(".")[0] == "django"]
for name in json.loads(sys.argv[1]):
    getattr(durable_engine, name)
models = [name for name in sys.modules if name.startswith("durable_engine.models")]
print(json.dumps([django, models]))
"""


def imported_for_type_checkers() -> dict[str, str]:
    """Each name that the root imports for type checkers, and from where."""
    (block,) = (
        node
        for node in ast.parse(ROOT.read_text()).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )
    return {
        alias.name: str(node.module).removeprefix("durable_engine.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_public_name_is_declared_exported_and_loadable() -> None:
    assert durable_engine.__all__ == sorted(ROOM_OF)
    assert imported_for_type_checkers() == ROOM_OF
    for name in durable_engine.__all__:
        assert getattr(durable_engine, name) is not None


def test_the_root_imports_no_django_and_authors_words_need_no_settings() -> None:
    names = [name for name, room in ROOM_OF.items() if room not in NEED_MODELS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT.parents[1])}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(names)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == [[], []]
