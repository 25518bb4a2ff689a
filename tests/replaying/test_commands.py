"""The commands; each closes its connections at the end, so nothing is rolled back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import durable_engine as durable
from durable_engine.replaying import export_workflows, write_file
from durable_engine.testing import DurableKit
from tests.management.conftest import tell
from tests.replaying.changing import changing, code


@pytest.fixture
def exported(engine_database: str, tmp_path: Path) -> Iterator[Path]:
    """A file with a workflow in flight and its child, which the database has too."""
    code["is"] = "as recorded"
    with DurableKit() as kit:
        with durable.SetWorkflowID("old"):
            durable.start_workflow(changing, 1)
        kit.drain()
        kit.durable_time.advance(seconds=6)
        kit.drain()
        path = tmp_path / "old.json"
        write_file(export_workflows(["old"], with_children=True), path)
        yield path


def test_replay(exported: Path) -> None:
    fits = tell("workflow", "replay", "old", "old-5")
    assert (fits.status, fits.lines) == (
        0,
        [
            "old (changing.sync): 7 of 7 steps replayed",
            "old-5 (changing.child): 1 of 1 steps replayed",
            "2 replayed, 0 diverge",
        ],
    )
    code["is"] = "swapped"
    for where in (["old"], ["--in-flight"], ["--file", str(exported)]):
        found = tell("workflow", "replay", *where)
        assert found.status == 1
        assert "The code at hand cannot continue old." in found.err
        assert found.lines[:3] == [
            "old (changing.sync) diverges: the code calls something else",
            "  position 1  recorded: one",
            "              called:   two",
        ]
    document = tell("workflow", "replay", "--in-flight", "--json")
    assert (document.status, document.json["items"]) == (
        1,
        [
            {
                "id": "old",
                "name": "changing.sync",
                "recorded": 7,
                "replayed": 0,
                "diverges": True,
                "divergence": {
                    "position": 1,
                    "recorded": "one",
                    "called": "two",
                    "reason": "the code calls something else",
                },
            }
        ],
    )
    assert tell("workflow", "replay").status == 2
    unknown = tell("workflow", "replay", "old", "none", "--json")
    assert (unknown.status, unknown.out) == (1, "")
    assert tell("workflow", "replay", "--file", "/nowhere.json").status == 1
    code["is"] = "as recorded"


def test_export_and_import(exported: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    told = tell("workflow", "export", "old", "--children", "--output", str(again))
    assert (told.status, told.out) == (0, f"2 exported to {again}\n")
    assert json.loads(again.read_text()) == json.loads(exported.read_text())
    assert tell("workflow", "export", "old").json["workflows"][0]["steps"]
    assert tell("workflow", "import", str(again)).status == 1
    for workflow_id in ("old", "old-5"):
        durable.delete_workflow(workflow_id)
    told = tell("workflow", "import", "-", "--json", stdin=again.read_text())
    assert (told.status, told.json) == (0, {"imported": ["old", "old-5"]})
