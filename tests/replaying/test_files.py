"""Workflows as files, and the commands."""

from pathlib import Path

import pytest

import durable_engine as durable
from durable_engine.replaying import (
    export_workflows,
    import_workflows,
    read_file,
    write_file,
)
from durable_engine.testing import DurableKit
from tests.replaying.changing import changing, code, ran


@pytest.fixture
def exported(durable_kit: DurableKit, tmp_path: Path) -> Path:
    """A file with a workflow in flight and its child."""
    code["is"] = "as recorded"
    with durable.SetWorkflowID("old"):
        durable.start_workflow(changing, 1)
    durable_kit.drain()
    durable_kit.durable_time.advance(seconds=6)
    durable_kit.drain()
    durable.send("old", "unread", "elsewhere")
    path = tmp_path / "old.json"
    write_file(export_workflows(["old"], with_children=True), path)
    ran.clear()
    return path


def test_what_is_imported_is_what_was_exported(
    durable_kit: DurableKit, exported: Path
) -> None:
    document = read_file(exported)
    assert [item["workflow"]["id"] for item in document["workflows"]] == [
        "old",
        "old-5",
    ]
    with pytest.raises(durable.DurableError) as refused:
        import_workflows(document)
    assert str(refused.value) == (
        "nothing was imported: the id 'old' is in use; delete_workflow() it here first"
    )
    steps = durable.list_workflow_steps("old")
    for workflow_id in ("old", "old-5"):
        durable.delete_workflow(workflow_id)
    assert import_workflows(document) == ["old", "old-5"]
    copied = durable.list_workflow_steps("old")
    assert list(map(repr, copied)) == list(map(repr, steps))
    assert durable_kit.drain() == 0
    durable_kit.assert_workflow("old", status="CANCELLED")
    durable_kit.assert_workflow("old-5", status="SUCCESS", output=1)
    durable.resume_workflow("old")
    durable.send("old", "go on")
    durable_kit.drain()
    durable_kit.assert_workflow("old", status="SUCCESS", output=2)
    assert ran == [], "nothing that was recorded ran again"


def test_imported_to_go_on_at_once(durable_kit: DurableKit, exported: Path) -> None:
    for workflow_id in ("old", "old-5"):
        durable.delete_workflow(workflow_id)
    import_workflows(read_file(exported), run=True)
    durable_kit.drain()
    durable_kit.assert_workflow("old", status="PENDING")
    durable.send("old", "go on")
    durable_kit.drain()
    durable_kit.assert_workflow("old", status="SUCCESS", output=2)


def test_a_step_that_runs_is_not_recorded_yet(
    durable_kit: DurableKit, exported: Path
) -> None:
    document = read_file(exported)
    step = document["workflows"][0]["steps"][-1]
    document["workflows"][0]["steps"][-1] = {**step, "name": "runs", "attempts": 0}
    write_file(document, exported)
    (report, _) = durable_kit.assert_replays(exported)
    assert (report.recorded, report.replayed) == (6, 6)


def test_files_that_are_none(durable_kit: DurableKit, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("{")
    with pytest.raises(durable.DurableError, match=r"file\.json holds no JSON"):
        read_file(path)
    path.write_text('{"format": "other"}')
    with pytest.raises(durable.DurableError, match="is no export of workflows"):
        durable_kit.assert_replays(path)
    path.write_text('{"format": "durable_engine.workflows", "version": 9}')
    with pytest.raises(durable.DurableError, match="has version 9, and this release"):
        read_file(path)
