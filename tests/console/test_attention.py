"""What keeps work from being done: on the overview and on the pages of queues."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from django.test import Client

from durable_engine.models import Executor, Queue
from tests.console import rows


def happen() -> None:
    now = datetime.now(UTC)  # noqa: TID251 - compared with the database's clock
    stamps = {"created_at": now, "updated_at": now}
    for name, more in (
        ("held", {"paused": True}),
        ("full", {"declared": {"concurrency": 1}}),
        ("free", {}),
        ("quiet", {"paused": True}),
        ("other", {}),
    ):
        Queue.objects.create(name=name, **({"declared": {}} | more), **stamps)
    old = now - timedelta(hours=1)
    for name in ("held", "held-2", "full", "free", "other", "unknown"):
        queue = name.partition("-")[0]
        rows.workflow(f"in-{name}", "ENQUEUED", queue_name=queue, created_at=old)
    rows.executor("host:1:aa")
    Executor.objects.update(app_version="v2", queues=["held", "full", "free"])
    taken = {"executor_id": "host:1:aa", "place": 1, "created_at": old}
    rows.workflow("runs", "PENDING", queue_name="full", **taken)
    rows.workflow("left", "PENDING", app_version="v1", created_at=old)
    stuck = {"queue_name": "free", "app_version": "v1", "created_at": old}
    rows.workflow("stuck", "ENQUEUED", **stuck)
    rows.executor("host:2:bb", alive=False)
    lost = {"executor_id": "host:2:bb", "app_version": "v2", "created_at": old}
    rows.workflow("lost", "PENDING", **lost)


def concerns(client: Client) -> list[str]:
    html = client.get("/durable/").content.decode()
    found = re.search(r'<section class="attention".*?</section>', html, re.DOTALL)
    assert found is not None
    lines = re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", line)).strip() for line in lines]


def test_the_overview_says_what_holds_work_up(viewer: Client) -> None:
    happen()
    told = [re.sub(r" +oldest.*", "", line) for line in concerns(viewer)]
    assert told == [
        "paused held 2 workflows wait, because the queue is paused.",
        "stranded v1 2 workflows wait for a version that no worker runs.",
        (
            "silent host · 1 1 workflow belongs to a process that is gone, until another "
            "takes it over."
        ),
        (
            "served by nobody other 1 workflow waits, because no worker that runs now "
            "serves this queue."
        ),
        (
            "declared nowhere unknown 1 workflow waits, because no worker's code declares "
            "this queue."
        ),
        "full full 1 workflow waits: the queue runs 1, as many as its limit allows.",
    ]
    page = viewer.get("/durable/queues/full/").content.decode()
    assert "the queue runs 1, as many as its limit allows" in page
    page = viewer.get("/durable/queues/").content.decode()
    assert re.findall(r'badge (?:bad|warn)"[^>]*>([^<]+)<', page) == [
        *(
            "stranded",
            "full",
            "paused",
            "served by nobody",
            "paused",
            "declared nowhere",
        ),
    ]


def test_where_nothing_is_wrong_nothing_is_said(viewer: Client) -> None:
    rows.executor("host:1:aa")
    rows.workflow("order-1", queue_name="mail")
    assert concerns(viewer) == []
    assert "data-slot" in viewer.get("/durable/").content.decode()
