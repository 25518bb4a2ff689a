"""Queues, schedules, versions and tokens from their pages, without any script."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.addresses import escape
from console.forms import BackfillForm
from console.models import ApiToken, AuditEntry
from console.permissions import Permission
from console.queries import schedules as queries
from console.tokens import TokenOrder, issue, new_text
from durable_engine.models import ApplicationVersion, Queue, Schedule, Workflow
from tests.console import rows
from tests.support.databases import on_sqlite

QUEUE = "/durable/queues/mail~2Fout/"
SCHEDULE = "/durable/schedules/nightly/"


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - compared with the database's clock


def write_queue(**more: object) -> None:
    values = {"declared": {"concurrency": 5}, "created_at": now(), "updated_at": now()}
    Queue.objects.create(name="mail/out", **(values | more))


def write_schedule(**more: object) -> Schedule:
    values = {
        "workflow_name": "shop.workflows.report",
        "expression": "0 3 * * *",
        "timezone": "Europe/Paris",
        "active_since": now() - timedelta(days=4),
        "created_at": now(),
        "updated_at": now(),
    }
    return Schedule.objects.create(name="nightly", **(values | more))


def trail() -> list[tuple[str, str, str, str]]:
    found = AuditEntry.objects.order_by("id")
    return [(one.action, one.target_id, one.reason, one.outcome) for one in found]


@on_sqlite
def test_queues_are_ordered_and_summed_up(chief: Client) -> None:
    for number, name in enumerate(("b", "a", "c")):
        stamps = {"created_at": now(), "updated_at": now()}
        Queue.objects.create(name=f"z-{name}", paused=name == "a", **stamps)
        for each in range(number):
            at = rows.START + timedelta(seconds=9 - number)
            more = {"queue_name": f"z-{name}", "created_at": at}
            rows.workflow(f"{name}-{each}", "ENQUEUED", **more)
    orders = {
        "": "abc",
        "enqueued": "cab",
        "oldest": "cab",
        "running": "abc",
        "?": "abc",
    }
    for order, expected in orders.items():
        html = chief.get("/durable/queues/", {"sort": order}).content.decode()
        found = re.findall(r'<tr id="queue-z-(\w)">', html)
        assert "".join(found) == expected, order
        # Beside those that code of other tests declares.
        assert re.search(r"\d+ queues · 1 paused · 3 enqueued", html)
    assert 'aria-sort="ascending"><a class="sort" href="/durable/queues/">' in html
    # What is polled is in the order that the page was made in.
    query = {"slot": "queues:managed,oldest", "version": "old"}
    html = chief.get("/durable/live/", query).content.decode()
    assert "".join(re.findall(r'<tr id="queue-z-(\w)">', html)) == "cab"
    assert not chief.get("/durable/live/", {**query, "slot": "queues:x,y"}).content


def test_a_queue_is_operated(chief: Client) -> None:
    write_queue()
    html = chief.get("/durable/queues/").content.decode()
    assert "at once 5" in html
    question = chief.get(f"{QUEUE}pause/").content.decode()
    assert "Pause the queue mail/out?" in question
    assert "<title>" in question  # a page of its own, without scripts
    assert Queue.objects.get().paused is False
    response = chief.post(f"{QUEUE}pause/", {"reason": "flood"})
    assert response["Location"] == "/durable/queues/"
    assert Queue.objects.get().paused is True
    html = chief.get("/durable/queues/").content.decode()
    assert "Resume mail/out" in html
    told = 'id="said" role="status">The queue mail/out is paused.'
    assert told in html  # without scripts: once
    assert 'id="said"' not in chief.get("/durable/queues/").content.decode()

    response = chief.post(QUEUE, {"concurrency": "9", "worker_concurrency": ""})
    assert response["Location"] == f"{QUEUE}?saved"
    assert Queue.objects.get().overridden == {"concurrency": 9}
    html = chief.get(response["Location"]).content.decode()
    assert "Saved." in html
    assert 'value="9"' in html
    # Nothing has changed: nothing is written.
    chief.post(QUEUE, {"concurrency": "9"})
    bad = chief.post(QUEUE, {"concurrency": "0", "starts": "5"})
    assert bad.status_code == 422
    said = bad.content.decode()
    assert "greater than or equal to 1" in said
    assert "A rate needs both: how many, and in how long." in said
    chief.post(QUEUE, {"starts": "50", "period_seconds": "0.5", "reason": "slower"})
    limiter = {"limit": 50, "period": 0.5}
    assert Queue.objects.get().overridden == {"limiter": limiter}
    chief.post(f"{QUEUE}resume/", {})
    assert Queue.objects.get().paused is False
    assert trail() == [
        ("pause_queue", "mail/out", "flood", "done"),
        ("set_queue_limits", "mail/out", "", "done"),
        ("set_queue_limits", "mail/out", "slower", "done"),
        ("resume_queue", "mail/out", "", "done"),
    ]
    assert chief.get("/durable/queues/unknown/").status_code == 404


@on_sqlite
def test_who_only_views_sees_no_button_and_is_refused(viewer: Client) -> None:
    write_queue()
    write_schedule()
    rows.workflow("stuck", "PENDING", app_version="v1")
    ApplicationVersion.objects.create(name="v1", created_at=now(), last_seen_at=now())
    pages = ("queues/", "queues/mail~2Fout/", "schedules/", "schedules/nightly/")
    for path in (*pages, "versions/", "tokens/"):
        html = viewer.get(f"/durable/{path}").content.decode()
        main = html.partition("<main")[2].partition("</main>")[0]
        assert "<button" not in main, path
    posts = {
        f"{QUEUE}pause/": "manage_queue",
        f"{QUEUE}resume/": "manage_queue",
        QUEUE: "manage_queue",
        f"{SCHEDULE}pause/": "manage_schedule",
        f"{SCHEDULE}resume/": "manage_schedule",
        f"{SCHEDULE}trigger/": "manage_schedule",
        f"{SCHEDULE}backfill/": "manage_schedule",
        "/durable/tokens/": "manage_token",
    }
    for path, permission in posts.items():
        response = viewer.post(path, {"concurrency": "9", "reason": "x"})
        assert response.status_code == 403, path
        assert permission in response.content.decode(), path
    # Refused attempts are on record, too.
    assert [outcome for *_rest, outcome in trail()] == ["refused"] * len(posts)
    response = viewer.post("/durable/versions/v1/resume/", {"reason": "x"})
    assert response.status_code == 403
    assert Queue.objects.get().overridden == {}
    assert Workflow.objects.count() == 1


def test_a_schedule_tells_what_was_missed(chief: Client) -> None:
    schedule = write_schedule()
    last, before, *_rest = queries.row_named("nightly").ticks
    started = f"sched-nightly-{before.at.isoformat()}"
    rows.workflow(started, "ERROR", schedule_name="nightly")
    html = chief.get("/durable/schedules/").content.decode()
    assert "At 03:00 every day" in html
    assert "Europe/Paris" in html
    tick = queries.row_named("nightly", fresh=True)
    assert [one.status for one in tick.ticks] == [None, "ERROR", None, None]
    assert {one.missing for one in tick.ticks if not one.status} == {"missed"}
    assert tick.missed == 3
    assert len(tick.upcoming) == 5
    assert last.at < now() < tick.upcoming[0]
    html = chief.get(SCHEDULE).content.decode()
    assert html.count('<span class="badge bad">missed</span>') == 3
    # One that makes up for what was missed has only not been served yet.
    Schedule.objects.update(automatic_backfill=True)
    tick = queries.row_named("nightly", fresh=True)
    assert {one.missing for one in tick.ticks if not one.status} == {"waiting"}
    # What was to come after its pause is not missed.
    Schedule.objects.update(paused=True, updated_at=before.at)
    tick = queries.row_named("nightly", fresh=True)
    assert tick.ticks[0].at == before.at
    assert tick.upcoming == ()
    # A time zone that is gone does not take the page with it.
    Schedule.objects.update(timezone="Mars/Olympus", paused=False)
    assert "no time zone" in chief.get("/durable/schedules/").content.decode()
    assert schedule.name == "nightly"
    assert chief.get("/durable/schedules/other/").status_code == 404


@on_sqlite
def test_what_users_wrote_is_shown_as_text(chief: Client) -> None:
    stamps = {"created_at": now(), "updated_at": now()}
    Queue.objects.create(name=rows.HOSTILE, **stamps)
    Schedule.objects.create(
        name=rows.HOSTILE, workflow_name=rows.HOSTILE, expression="* * * * *", **stamps
    )
    version = {"created_at": now(), "last_seen_at": now()}
    ApplicationVersion.objects.create(name=rows.HOSTILE, **version)
    rows.workflow(
        "x", "ERROR", name=rows.HOSTILE, created_at=now(), completed_at=now(),
        queue_name=rows.HOSTILE,
    )  # fmt: skip
    rows.workflow("y", "PENDING", app_version=rows.HOSTILE, executor_id=rows.HOSTILE)
    rows.executor(rows.HOSTILE)
    form = {"name": rows.HOSTILE, "scope": ["durable_engine.view_workflow"]}
    pages = ["", "queues/", "schedules/", "executors/", "versions/", "tokens/"]
    address = escape(rows.HOSTILE)
    pages += [f"queues/{address}/", f"schedules/{address}/"]
    pages += [f"queues/{address}/pause/", f"versions/{address}/resume/"]
    assert rows.HOSTILE not in chief.post("/durable/tokens/", form).content.decode()
    for path in pages:
        response = chief.get(f"/durable/{path}")
        assert response.status_code == 200, path
        html = response.content.decode()
        assert "onerror=alert(1)&gt;" in html, path
        assert "<img" not in html, path


@on_sqlite
def test_times_of_a_schedule_are_told_anew_when_they_change(
    engine_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del engine_database
    told: list[str] = []
    explain = queries.explained

    def explained(expression: str) -> str:
        told.append(expression)
        return explain(expression)

    monkeypatch.setattr(queries, "explained", explained)
    queries._plans.clear()
    write_schedule(expression="0 4 1 1 *")
    for _look in range(3):
        queries.all_rows(fresh=True)
    assert told == ["0 4 1 1 *"]
    Schedule.objects.update(expression="0 5 1 1 *")
    (row,) = queries.all_rows(fresh=True)
    assert row.words == "At 05:00 on January 1"
    assert len(told) == 2


def test_a_schedule_is_operated(chief: Client) -> None:
    write_schedule()
    chief.post(f"{SCHEDULE}pause/", {"reason": "holidays"})
    assert Schedule.objects.get().paused is True
    chief.post(f"{SCHEDULE}resume/")
    assert Schedule.objects.get().paused is False
    chief.post(f"{SCHEDULE}trigger/")
    assert Workflow.objects.get().id.startswith("sched-nightly-trigger-")
    day = now().replace(hour=12, minute=0, second=0, microsecond=0)
    span = {
        "start": (day - timedelta(days=3)).isoformat(),
        "end": day.isoformat(),
    }
    html = chief.post(f"{SCHEDULE}backfill/preview/", span).content.decode()
    assert "3 workflows would start, for the ticks from" in html
    assert Workflow.objects.count() == 1
    html = chief.post(f"{SCHEDULE}backfill/", span | {"reason": "gap"}).content.decode()
    assert "Done: 3 ticks have their workflows." in html
    assert Workflow.objects.count() == 4
    html = chief.post(f"{SCHEDULE}backfill/preview/", span).content.decode()
    assert "0 workflows would start" in html
    assert "3 ticks have theirs already." in html
    backwards = {"start": span["end"], "end": span["start"]}
    response = chief.post(f"{SCHEDULE}backfill/", backwards)
    assert response.status_code == 422
    assert "The end must come after the beginning." in response.content.decode()
    Schedule.objects.update(expression="* * * * * *")
    response = chief.post(f"{SCHEDULE}backfill/", span)
    assert response.status_code == 422
    assert "is due more than 10000 times" in response.content.decode()
    assert [(action, outcome) for action, _target, _reason, outcome in trail()] == [
        ("pause_schedule", "done"),
        ("resume_schedule", "done"),
        ("trigger_schedule", "done"),
        ("backfill_schedule", "done"),
        ("backfill_schedule", "failed"),
    ]


def test_stranded_workflows_move_to_the_current_version(chief: Client) -> None:
    ApplicationVersion.objects.create(name="v1", created_at=now(), last_seen_at=now())
    for number in range(3):
        rows.workflow(f"stuck-{number}", "PENDING", app_version="v1")
    rows.workflow("queued", "ENQUEUED", queue_name="mail", app_version="v1")
    rows.workflow("ended", "SUCCESS", app_version="v1")
    path = "/durable/versions/v1/resume/"
    assert "Resume 4 workflows onto the current version?" in (
        chief.get(path).content.decode()
    )
    refused = chief.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "Say why: a reason is needed." in refused.content.decode()
    assert trail() == []
    html = chief.post(path, {"reason": "gone"}).content.decode()
    assert "4 workflows were resumed." in html
    assert html.count(">resumed</span>") == 4
    assert not Workflow.objects.filter(app_version="v1").exclude(pk="ended").exists()
    assert {one[:1] + one[2:] for one in trail()} == {
        ("resume_workflow", "gone", "done")
    }
    assert "Nothing of this version is stranded" in chief.get(path).content.decode()
    # A version that a worker runs is left alone.
    rows.workflow("runs", "PENDING", app_version="v1")
    rows.executor("host:1:aa").__class__.objects.update(app_version="v1")
    response = chief.post(path, {"reason": "again"})
    assert response.status_code == 422
    assert "its workers run what is left" in response.content.decode()
    assert chief.get("/durable/versions/v9/resume/").status_code == 404


def test_a_token_is_made_within_what_its_user_may(chief: Client) -> None:
    page = "/durable/tokens/"
    form = {"name": "ci", "scope": ["durable_engine.view_workflow"], "days": "30"}
    html = chief.post(page, form).content.decode()
    token = ApiToken.objects.get()
    text = html.partition('id="token-text" class="wrap">')[2].partition("<")[0]
    assert text.startswith(token.prefix)
    assert token.digest not in html
    assert token.expires_at is not None
    left = token.expires_at - now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert text not in chief.get(page).content.decode()
    for bad, said in (
        ({"name": ""}, "This field is required."),
        ({"scope": []}, "This field is required."),
        ({"scope": ["auth.add_user"]}, "is not one of the available choices"),
        ({"days": "5000"}, "is not one of the available choices"),
        ({"name": "a\tb"}, "printable"),
    ):
        response = chief.post(page, form | bad)
        assert response.status_code == 422, bad
        assert ApiToken.objects.count() == 1
        if "days" not in bad:
            assert said in response.content.decode(), bad
    other = User.objects.create_superuser("other")
    order = TokenOrder(
        user=other, name="foreign token", permissions=(Permission.VIEW_WORKFLOW,)
    )
    his = issue(order, new_text()).token
    assert "foreign token" in chief.get(page).content.decode()
    response = chief.post(f"{page}{his.pk}/revoke/", {"reason": "leaked"})
    assert response["Location"] == page
    his.refresh_from_db()
    assert his.revoked_at is not None
    assert trail()[-1] == ("revoke_token", his.prefix, "leaked", "done")


@on_sqlite
def test_tokens_of_others_do_not_exist_for_who_is_no_superuser(
    viewer: Client,
) -> None:
    other = User.objects.create_superuser("other")
    order = TokenOrder(
        user=other, name="foreign token", permissions=(Permission.VIEW_WORKFLOW,)
    )
    his = issue(order, new_text()).token
    assert "foreign token" not in viewer.get("/durable/tokens/").content.decode()
    for method in (viewer.get, viewer.post):
        assert method(f"/durable/tokens/{his.pk}/revoke/").status_code == 404
    his.refresh_from_db()
    assert his.revoked_at is None


@pytest.mark.parametrize("text", ["", "x", "2026-99-99"])
def test_no_form_takes_nonsense_for_an_instant(text: str) -> None:
    assert not BackfillForm({"start": text, "end": "2026-11-22T12:00"}).is_valid()
