"""What `GET metrics` says: read by the parser of Prometheus, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.functional import cached_property
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

import durable_engine as durable
from console.queries import recent
from durable_engine import inspection
from durable_engine.models import AlertState, Executor, Schedule
from durable_engine.runtime.engine import engine, reset
from tests.console import rows
from tests.console.api.conftest import Program, program

VIEW = "durable_engine.view_workflow"


@pytest.fixture
def scraper(engine_database: str) -> Iterator[Program]:
    """Prometheus, with a token that may view workflows."""
    del engine_database
    yield program("prometheus", VIEW)
    durable.destroy()
    reset()


class Scrape:
    """One answer."""

    def __init__(self, scraper: Program) -> None:
        recent._entries.clear()
        response = scraper.call("get", "metrics")
        assert response.status_code == 200, response.content
        assert response["Content-Type"].startswith("text/plain")
        self.text = response.content.decode()

    @cached_property
    def samples(self) -> dict[tuple[str, ...], float]:
        """Return every sample by name and values of its labels, sorted by label."""
        return {
            (
                sample.name,
                *(value for _, value in sorted(sample.labels.items())),
            ): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the samples of one name, by the values of their labels."""
        return {key[1:]: value for key, value in self.samples.items() if key[0] == name}


@durable.workflow(name="metrics.fine")
def fine() -> int:
    return durable.run_step(None, int)


@durable.workflow(name="metrics.broken")
def broken() -> None:
    raise ValueError("broken")


letters = durable.Queue("metrics-letters")


def test_it_needs_the_permission(engine_database):
    answer = program("other", "durable_engine.send_message").call("get", "metrics")
    assert answer.status_code == 403
    assert Client().get("/durable/api/metrics").status_code == 401
    reset()


def test_it_counts_what_is_there(scraper):
    now = inspection.database_now()
    for number in range(3):
        rows.workflow(f"e-{number}", status="ENQUEUED", name="a", queue_name="mail")
    rows.workflow("d", status="DELAYED", name="b", queue_name="mail", delay_until=now)
    rows.workflow("p", status="PENDING", name="b", executor_id="x")
    rows.workflow("w", status="PENDING", name="b")
    rows.workflow("done", status="SUCCESS", name="a")
    durable.pause_queue("mail")
    executor(now, "alive", timedelta(seconds=20))
    executor(now, "dead", -timedelta(seconds=20))
    schedule(now, "late", last_slot=now - timedelta(days=3))
    schedule(now, "paused", last_slot=now - timedelta(days=3), paused=True)
    schedule(now, "punctual", last_slot=now)
    AlertState.objects.create(kind="queue_stuck", subject="q", since=now, raised=True)
    AlertState.objects.create(kind="queue_stuck", subject="over", raised=False)
    scrape = Scrape(scraper)
    assert scrape.of("durable_workflows") == {
        ("a", "ENQUEUED"): 3,
        ("b", "DELAYED"): 1,
        ("b", "PENDING"): 2,
    }
    assert set(scrape.of("durable_workflows_counted_whole").values()) == {1}
    depth = scrape.of("durable_queue_workflows")
    assert (depth["mail", "ENQUEUED"], depth["mail", "DELAYED"]) == (3, 1)
    assert scrape.of("durable_queue_oldest_seconds")["mail",] >= 0
    assert scrape.of("durable_queue_paused")["mail",] == 1
    assert scrape.of("durable_executors")["worker", "alive"] == 1
    assert scrape.of("durable_executors")["worker", "dead"] == 1
    ((_, lease),) = scrape.of("durable_executor_lease_seconds").items()
    assert 0 < lease <= 20
    Executor.objects.update(threads=32, threads_busy=8)
    scrape = Scrape(scraper)
    process = ("v", "alive", "h")  # labels by name: app_version, executor, hostname
    most = scrape.of("durable_executor_places")
    assert most == {(*process, "threads"): 32, (*process, "coroutines"): 0}
    taken = scrape.of("durable_executor_places_taken")
    assert taken == {(*process, "threads"): 8, (*process, "coroutines"): 0}
    late = scrape.of("durable_schedule_late_seconds")
    assert late["late",] >= 86_400
    assert (late["paused",], late["punctual",]) == (0, 0)
    alerts = scrape.of("durable_alerts_active")
    assert alerts.pop(("queue_stuck",)) == 1
    assert set(alerts.values()) == {0}


def test_what_ends_is_counted_with_the_heartbeat(scraper):
    durable.launch(threads=2, coroutines=1)
    assert letters.enqueue(fine).get_result() == 0
    fine()
    with pytest.raises(ValueError, match="broken"):
        broken()
    membership = engine().membership
    membership._write_tallies()
    first = Scrape(scraper)
    assert first.of("durable_workflows_ended_total") == {
        ("metrics.fine", "SUCCESS"): 2,
        ("metrics.broken", "ERROR"): 1,
    }
    assert first.of("durable_workflow_seconds_count")["metrics.fine",] == 2
    assert first.of("durable_workflow_seconds_bucket")["+Inf", "metrics.fine"] == 2
    assert first.of("durable_workflow_seconds_sum")["metrics.fine",] > 0
    assert first.of("durable_claims_total") == {("metrics-letters", "first"): 1}
    assert first.of("durable_journal_batch_rows_sum")[()] >= 5
    assert first.of("durable_journal_flush_seconds_count")[()] >= 2
    fine()
    durable.destroy()  # a stop in order loses nothing
    ended = Scrape(scraper).of("durable_workflows_ended_total")
    assert ended["metrics.fine", "SUCCESS"] == 3


def test_what_cannot_be_written_is_kept(scraper, monkeypatch, caplog):
    durable.launch(threads=1, coroutines=1)
    fine()
    membership = engine().membership
    with monkeypatch.context() as patch:
        patch.setattr("durable_engine.store.tallies.add", lambda *_: 1 / 0)
        membership._write_tallies()
    assert "could not write what was counted: division by zero" in caplog.text
    membership._write_tallies()
    ended = Scrape(scraper).of("durable_workflows_ended_total")
    assert ended == {("metrics.fine", "SUCCESS"): 1}


def test_prometheus_may_ask_for_openmetrics(scraper):
    durable.launch(threads=1, coroutines=1)
    fine()
    durable.destroy()
    accept = "application/openmetrics-text;version=1.0.0"
    answer = scraper.call("get", "metrics", Accept=accept)
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    families = {
        family.name: family for family in openmetrics_families(answer.content.decode())
    }
    assert families["durable_journal_flush_seconds"].type == "histogram"


def executor(now, executor_id, lease):
    Executor.objects.create(
        id=executor_id,
        hostname="h",
        pid=1,
        app_version="v",
        started_at=now,
        heartbeat_at=now,
        lease_expires_at=now + lease,
    )


def schedule(now, name, **fields):
    Schedule.objects.create(
        name=name,
        workflow_name="w",
        expression="0 0 * * *",
        active_since=now - timedelta(days=9),
        created_at=now,
        updated_at=now,
        **fields,
    )
