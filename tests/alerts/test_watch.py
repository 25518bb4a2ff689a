"""What is wrong in a database is found, told once, and by one process at a time."""

from collections.abc import Iterator
from datetime import timedelta
from queue import SimpleQueue

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings

import durable_engine as durable
from durable_engine import inspection, signals
from durable_engine.models import AlertState, Duty, Executor, Schedule, Workflow
from durable_engine.records.alerts import Alert, AlertKind
from durable_engine.records.tallies import CLAIMS, FIRST, TallyRow
from durable_engine.runtime.engine import engine, reset
from durable_engine.store import tallies
from durable_engine.thresholds import AlertSettings
from durable_engine.worker.watch import Watch
from tests.console import rows

hooked: SimpleQueue[Alert] = SimpleQueue()


@pytest.fixture
def engine_database(engine_database: str) -> Iterator[str]:
    """The fixture of the same name; engine and worker end before the database."""
    try:
        yield engine_database
    finally:
        durable.destroy(workflow_completion_timeout_sec=5)
        reset()


def hook(alert: Alert) -> None:
    hooked.put(alert)


def broken_hook(alert: Alert) -> None:
    raise RuntimeError("no mail server")


def watch(holder: str = "tests", **more: object) -> Watch:
    settings = {"no_worker_seconds": None, "version_stranded_seconds": None} | more
    return Watch(engine(), AlertSettings(**settings), holder)


def said(alerts: list[Alert] | None) -> list[tuple[str, str]]:
    assert alerts is not None
    return [(alert.kind.value, alert.subject) for alert in alerts]


def test_every_kind_is_found_and_told_once(engine_database, caplog):
    now = inspection.database_now()
    ago = {minutes: now - timedelta(minutes=minutes) for minutes in (1, 10, 20)}
    queued = {"status": "ENQUEUED", "app_version": "v"}
    rows.workflow("stuck", queue_name="mail", created_at=ago[10], **queued)
    rows.workflow("paused", queue_name="paused", created_at=ago[10], **queued)
    rows.workflow("young", queue_name="young", created_at=ago[1], **queued)
    rows.workflow("busy", queue_name="busy", created_at=ago[10], **queued)
    rows.workflow("slow", queue_name="slow", created_at=ago[10], **queued)
    durable.pause_queue("paused")
    durable.set_queue_limits("slow", limiter={"limit": 1, "period": 3600.0})
    taken = TallyRow(metric=CLAIMS, name="busy", label=FIRST, value=1)
    engine().reads.run(lambda session: tallies.add(session, [taken]), writes=True)
    rows.workflow("owned", status="PENDING", executor_id="gone", app_version="v")
    schedule(now, "late", ago[20])
    schedule(now, "punctual", now)
    found = watch(executor_dead_seconds=0.001, version_stranded_seconds=0.001)
    assert said(found.look()) == [("queue_stuck", "mail"), ("schedule_missed", "late")]
    assert "alert: the queue 'mail' is stuck: its oldest workflow waits for 6" in (
        caplog.text
    )
    # What is known since the first look only is told at the next.
    assert said(found.look()) == [
        ("executor_dead", "gone"),
        ("version_stranded", "v"),
    ]
    assert said(found.look()) == []
    raised = AlertState.objects.filter(raised=True, since__isnull=False)
    assert raised.count() == 4
    Workflow.objects.all().delete()
    assert said(found.look()) == []
    assert list(raised.values_list("subject", flat=True)) == ["late"]
    found.leave()


def test_failures_are_news_once_whoever_watches(engine_database):
    now = inspection.database_now()
    rows.workflow("old", status="ERROR", completed_at=now - timedelta(hours=1))
    first = watch("first", cool_down_seconds=0.001)
    assert said(first.look()) == []
    rows.workflow("a", status="ERROR", name="pay", completed_at=now)
    rows.workflow("b", status="CANCELLED", name="pay", completed_at=now)
    # It ended before the last look, but is committed only now.
    failed_at = now - timedelta(seconds=1)
    first._watching_from = first._watching_from - 5
    (alert,) = first.look()
    assert (alert.count, alert.workflow_ids) == (1, ("a",))
    rows.workflow("c", status="ERROR", name="pay", completed_at=failed_at)
    (late,) = first.look()
    assert late.workflow_ids == ("c",)
    assert said(first.look()) == []
    second = watch("second", cool_down_seconds=0.001)
    assert second.look() is None
    first.leave()
    assert said(second.look()) == []
    later = inspection.database_now()
    given_up = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
    rows.workflow("d", status=given_up, name="pay", completed_at=later)
    (last,) = second.look()
    assert last.workflow_ids == ("d",)
    second.leave()


def test_who_lost_the_duty_tells_nothing(engine_database, monkeypatch):
    first, second = watch("first"), watch("second")
    assert first.look() == []
    Duty.objects.update(lease_expires_at=F("lease_expires_at") - timedelta(hours=1))
    assert second.look() == []
    assert first.look() is None
    now = inspection.database_now()
    rows.workflow("a", status="ERROR", name="pay", completed_at=now)
    # It lost the duty while it looked.
    judged = second._judge

    def robbed(duty):
        found = judged(duty)
        Duty.objects.update(executor_id="first")
        return found

    monkeypatch.setattr(second, "_judge", robbed)
    assert second.look() is None
    assert not AlertState.objects.exists()
    assert said(first.look()) == [("workflow_failed", "pay")]
    first.leave()
    second.leave()


def test_receivers_and_the_hook_are_told_and_contained(engine_database, caplog):
    received: list[Alert] = []

    def receiver(sender, alert, **_):
        received.append(alert)
        raise ValueError("receiver")

    path = f"{__name__}.hook"
    now = inspection.database_now()
    signals.alert_raised.connect(receiver)
    try:
        found = watch(hook=path, cool_down_seconds=0.001)
        found.look()
        rows.workflow("a", status="ERROR", name="pay", completed_at=now)
        found._watching_from = now.timestamp() - 5
        (alert,) = found.look()
        found.leave()
    finally:
        signals.alert_raised.disconnect(receiver)
    assert received == [hooked.get_nowait()] == [alert]
    broken = watch(hook=f"{__name__}.broken_hook", cool_down_seconds=0.001)
    broken.look()
    rows.workflow("b", status="ERROR", name="pay", completed_at=now)
    broken._watching_from = now.timestamp() - 5
    assert len(broken.look() or []) == 1
    assert f"the hook of alerts failed: {__name__}.broken_hook" in caplog.text
    assert "no mail server" in caplog.text
    broken.leave()


@durable.workflow(name="alerts.broken")
def breaks() -> None:
    raise ValueError("broken")


def test_a_worker_watches(engine_database):
    now = inspection.database_now()
    schedule(now, "late", now - timedelta(minutes=20))  # told of at the first look
    alerts = {"EVERY_SECONDS": 0.05, "HOOK": f"{__name__}.hook"}
    with override_settings(DURABLE_ENGINE={"ALERTS": alerts}):
        durable.launch(threads=1, coroutines=1)
        assert hooked.get(timeout=30).kind is AlertKind.SCHEDULE_MISSED
        with durable.SetWorkflowID("b-1"), pytest.raises(ValueError, match="broken"):
            breaks()
        alert = hooked.get(timeout=30)
        assert (alert.subject, alert.workflow_ids) == ("alerts.broken", ("b-1",))
        durable.destroy()
        # It gave the duty up.
        assert Duty.objects.get().lease_expires_at <= inspection.database_now()
        reset()


def test_the_command_notices_that_nobody_works(engine_database, capsys):
    now = inspection.database_now()
    alerts = {"NO_WORKER_SECONDS": 0.001}
    with override_settings(DURABLE_ENGINE={"ALERTS": alerts}):
        call_command("durable_alerts")
        with pytest.raises(CommandError) as caught:
            call_command("durable_alerts")
        assert str(caught.value) == (
            "no worker is alive: nothing that is started or enqueued runs"
        )
        Executor.objects.create(
            id="e",
            started_at=now,
            pid=1,
            heartbeat_at=now,
            lease_expires_at=now + timedelta(hours=1),
        )
        call_command("durable_alerts")
        Duty.objects.update(lease_expires_at=now + timedelta(hours=1), executor_id="e")
        call_command("durable_alerts")
        reset()
    assert capsys.readouterr().out.splitlines() == [
        "No news.",
        "No news.",
        "A worker watches.",
    ]
    with (
        override_settings(DURABLE_ENGINE={"ALERTS": None}),
        pytest.raises(CommandError, match="alerts are switched off"),
    ):
        call_command("durable_alerts")
    reset()


def schedule(now, name, last_slot):
    Schedule.objects.create(
        name=name,
        workflow_name="w",
        expression="*/5 * * * *",
        active_since=now - timedelta(days=9),
        created_at=now,
        updated_at=now,
        last_slot=last_slot,
    )
