"""Which changes a reader of the feed is told; how they travel: `test_server.py`."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from console.api import feed as module
from console.api.feed import Feed
from durable_engine.models import Workflow
from tests.console import rows


@pytest.mark.usefixtures("engine_database")
def test_the_end_of_what_newer_ones_have_pushed_out_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "API_FEED_ROWS", 2)
    request = SimpleNamespace(auth=SimpleNamespace(may=lambda *_: True))
    feed = Feed(cast("Any", request), {"name": "shop.workflows.checkout"}, None)
    rows.workflow("old", "SUCCESS")
    rows.workflow("slow", "PENDING")
    feed.begin()
    assert feed.changes() == []
    for number in range(3):
        at = rows.START.replace(second=number + 1)
        rows.workflow(f"new-{number}", "ENQUEUED", created_at=at)
    assert [one.id for one in feed.changes()] == ["new-1", "new-2"]
    Workflow.objects.filter(id__in=["slow", "old"]).update(status="ERROR")
    assert [(one.id, one.status) for one in feed.changes()] == [("slow", "ERROR")]
    assert feed.changes() == []
    Workflow.objects.filter(id="slow").delete()
    assert feed.changes() == []
