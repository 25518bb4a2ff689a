"""The dashboard: its figures, its charts, what it says first; on both databases."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from console.queries import recent as module
from console.queries.recent import recent
from console.spans import SPANS, between, span_of
from console.tables.workload import percentile, slowest_names
from durable_engine.models import ApplicationVersion, Queue
from durable_engine.records import SampledWorkflow, Slice
from tests.console import rows
from tests.support.databases import on_sqlite

PAGE = "/durable/"


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - compared with the database's clock


def test_dashboard_tells_what_goes_on(viewer: Client) -> None:
    begun = now()
    for number in range(4):
        at = begun - timedelta(minutes=number)
        status = "ERROR" if number == 3 else "SUCCESS"
        rows.workflow(f"order-{number}", status, created_at=at)
    rows.workflow("asleep", "PENDING", created_at=begun)
    rows.workflow("runs", "PENDING", created_at=begun, executor_id="gone")
    rows.workflow("waits", "ENQUEUED", created_at=begun, queue_name="mail")
    rows.workflow("later", "DELAYED", created_at=begun, queue_name="mail")
    Queue.objects.create(
        name="mail", declared={"concurrency": 3}, created_at=begun, updated_at=begun
    )
    html = viewer.get(PAGE).content.decode()
    for figure in ("Running", "Waiting", "Enqueued", "Delayed"):
        assert (
            f'<span class="word">{figure}</span><span class="figure">1</span>' in html
        )
    assert '<span class="word">Started</span><span class="figure">8</span>' in html
    assert '<span class="word">Failed</span><span class="figure">1</span>' in html
    assert "12 %" in html
    assert "8 workflows started, " in html
    assert "1 workflow ended in error or was given up" in html
    assert "status=FAILED&amp;completed=1h" in html
    assert "No worker is running." in html
    assert "3 workflows wait for one." in html
    assert 'href="/durable/queues/mail/"' in html
    assert 'href="/durable/workflows/order-3/"' in html
    # Yesterday is another range.
    html = viewer.get(f"{PAGE}?range=7d").content.decode()
    assert '<a class="button small" href="?range=7d" aria-current="true">' in html
    assert "completed=7d" in html


@on_sqlite
def test_first_run_says_how_to_begin(viewer: Client) -> None:
    html = viewer.get(PAGE).content.decode()
    assert "Nothing has been started here yet" in html
    assert "python manage.py durable_worker" in html
    assert "No worker is running.</strong>" not in html
    rows.executor()
    module._entries.clear()
    html = viewer.get(PAGE).content.decode()
    assert "Nothing has been started here yet" not in html


@on_sqlite
def test_pieces_are_polled_and_others_ranges_do_not_exist(viewer: Client) -> None:
    rows.workflow("order-1", "ERROR", created_at=now())
    keys = ["tiles:1h", "tiles:99y", "charts:24h", "names:7d", "welcome:", "depths:"]
    pairs = [("slot", key) for key in keys] + [("version", "old")] * len(keys)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    html = viewer.get(f"/durable/live/?{query}").content.decode()
    # One of a kind and page: the first of the two ranges.
    assert 'data-live="tiles:1h"' in html
    for key in ("charts:24h", "names:7d", "welcome:", "depths:"):
        assert f'data-live="{key}"' in html
    assert "99y" not in html


@on_sqlite
def test_executors_and_versions_tell_what_they_run(chief: Client) -> None:
    rows.executor("host:1:aa")
    rows.executor("host:2:bb", alive=False)
    for number in range(6):
        rows.workflow(f"order-{number}", "PENDING", executor_id="host:1:aa")
    rows.workflow("orphan", "PENDING", executor_id="host:2:bb", app_version="v1")
    rows.executor("host:3:cc", alive=False)
    html = chief.get("/durable/executors/").content.decode()
    # What needs somebody's eyes comes first: owned by who is silent.
    assert re.findall(r'class="mono">(host:.:..)<', html) == [
        "host:2:bb",
        "host:1:aa",
        "host:3:cc",
    ]
    assert "2 silent · 1 alive" in html
    silent, _, alive = html.partition("host:1:aa")
    assert "executor_id=host%3A1%3Aaa" in alive
    assert ">6</a>" in alive
    assert "all of them" in alive
    assert "Owned by a silent process" in silent
    assert "/durable/workflows/orphan/" in silent
    ApplicationVersion.objects.create(name="v0", created_at=now(), last_seen_at=now())
    html = chief.get("/durable/versions/").content.decode()
    # Nobody ever registered v1, yet something waits for it.
    assert "v1</a>" in html
    assert "v0</a>" in html
    assert html.count("stranded</span>") == 1
    assert "/durable/versions/v1/resume/" in html


def test_slices_stay_put_while_time_goes_on() -> None:
    at = datetime(2026, 11, 22, 12, 3, 59, tzinfo=UTC)
    for span in SPANS.values():
        assert span.start(at) == span.start(at - timedelta(seconds=1))
        end = span.start(at) + timedelta(seconds=span.slice_seconds * span.slices)
        assert timedelta(0) < end - at <= timedelta(seconds=span.slice_seconds)
    assert span_of("7d").key == "7d"
    assert span_of("x").key == span_of("").key == "1h"


def test_names_are_ranked_by_their_95th_percentile() -> None:
    def one(name: str, seconds: float | None) -> SampledWorkflow:
        return SampledWorkflow(
            name=name, status="SUCCESS", ran_seconds=seconds, queued_seconds=0.0
        )

    sample = tuple(one("a.quick", 0.5) for _ in range(30))
    sample += tuple(one("b.mixed", 9.0 if n < 5 else 0.1) for n in range(20))
    sample += (one("c.running", None),)
    cut = Slice(start=now(), seconds=60.0, created=102, exact=True, sample=sample)
    loads = slowest_names(SPANS["1h"], [cut])
    assert [load.name for load in loads] == ["b.mixed", "a.quick"]
    assert [load.started_text for load in loads] == ["≈ 40", "≈ 60"]
    assert (loads[0].slow, loads[0].median) == ("9.00 s", "100 ms")
    assert (loads[0].bar, loads[1].bar) == ("100.0", "5.6")
    assert loads[0].query == "name=b.mixed&created=1h"
    assert percentile([], 0.5) is None


@on_sqlite
def test_what_was_read_a_moment_ago_is_read_once(engine_database: str) -> None:
    del engine_database
    reads: list[int] = []

    def read() -> int:
        reads.append(len(reads))
        return len(reads)

    assert recent("key", 60.0, read) == recent("key", 60.0, read) == 1
    assert recent("another", 60.0, read) == 2
    # Asked for anew, for the others, too.
    assert recent("key", 0.0, read) == recent("key", 60.0, read) == 3


def test_dashboard_looks_at_a_time_that_was_chosen(viewer: Client) -> None:
    began = now() - timedelta(days=3)
    rows.workflow("then", "ERROR", created_at=began, completed_at=began)
    rows.workflow("later", created_at=now() - timedelta(hours=1))
    start = (began - timedelta(hours=1)).isoformat()
    end = (began + timedelta(hours=1)).isoformat()
    response = viewer.get(PAGE, {"start": start, "end": end})
    assert response.status_code == 302
    html = viewer.get(response["Location"]).content.decode()
    assert '<span class="word">Started</span><span class="figure">1</span>' in html
    assert '<span class="word">Failed</span><span class="figure">1</span>' in html
    links = re.findall(r'href="/durable/workflows/\?(status=FAILED[^"]*)"', html)
    assert 'id="workflow-then"' in (
        viewer.get(f"/durable/workflows/?{unescape(links[0])}").content.decode()
    )


@on_sqlite
def test_a_time_that_is_none_is_said_beside_its_fields(viewer: Client) -> None:
    for query, said in (
        ("start=yesterday", "“yesterday” is no date and time"),
        ("start=2026-01-02T00:00&end=2026-01-01T00:00", "Choose a time of at least"),
        ("start=1999-01-02T00:00&end=2026-01-01T00:00", "Choose a time of at least"),
        ("start=9999-12-31T23:59", "Choose a time of at least"),
        ("end=0001-01-01T00:00", "“” is no date and time"),
    ):
        response = viewer.get(f"{PAGE}?{query}")
        assert response.status_code == 422, query
        assert said in response.content.decode(), query
    for key in ("20260101T000000Z-", "x-y", "20269901T000000Z-20260101T000000Z", "-"):
        assert span_of(key) == SPANS["1h"]


@pytest.mark.parametrize("seconds", [60, 61, 3600, 7199, 86_401, 31_622_400])
def test_a_chosen_time_is_cut_into_few_round_slices(seconds: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    span = between(start, start + timedelta(seconds=seconds))
    assert span.slices <= 48
    assert seconds <= span.seconds < seconds + span.slice_seconds
    assert span_of(span.key) == span
