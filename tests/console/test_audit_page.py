"""The audit trail: append-only, filtered, paged, exported, and only for who may see it."""

import json
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from django.http import QueryDict
from django.test import AsyncClient, Client

from console.models import AuditEntry
from console.models.audit import AppendOnlyError
from console.queries import trail
from console.trails import InvalidTrail, TrailFilter, cursor_of
from tests.console import rows
from tests.console.conftest import make_user
from tests.support.databases import on_sqlite

PAGE = "/durable/audit/"


def entry(number: int, **more: str) -> AuditEntry:
    values = {
        "actor": ("ada", "grace")[number % 2],
        "via": "console",
        "action": ("cancel_workflow", "pause_queue", "create_token")[number % 3],
        "target_type": ("workflow", "queue", "token")[number % 3],
        "target_id": f"thing-{number}",
        "outcome": "done",
    }
    return AuditEntry.objects.create(**(values | more))


@pytest.fixture
def inspector(engine_database: str) -> Client:
    """A browser of somebody who may see the trail, and nothing else."""
    del engine_database
    client = Client()
    client.force_login(make_user("inspector", "view_audit"))
    return client


def test_entries_stay_as_they_are_written(engine_database: str) -> None:
    kept = entry(1)
    attempts = (
        kept.save,
        lambda: kept.save(update_fields=["reason"]),
        lambda: AuditEntry(pk=kept.pk, actor="eve").save(force_update=True),
        kept.delete,
        lambda: AuditEntry.objects.update(actor="eve"),
        lambda: AuditEntry.objects.filter(actor="grace").delete(),
        lambda: AuditEntry.objects.all().bulk_update([kept], ["actor"]),
        lambda: AuditEntry.objects.update_or_create(
            defaults={"actor": "eve"}, pk=kept.pk
        ),
        lambda: AuditEntry.objects.bulk_create(
            [kept],
            update_conflicts=True,
            update_fields=["actor"],
            unique_fields=["id"],
        ),
    )
    for attempt in attempts:
        with pytest.raises(AppendOnlyError, match="are written once and stay"):
            attempt()
    # A number that somebody chose is no way in, either.
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        AuditEntry(
            pk=kept.pk, actor="eve", via="x", action="x", target_type="x",
            target_id="x", outcome="done",
        ).save()  # fmt: skip
    assert AuditEntry.objects.get().actor == "grace"
    with pytest.raises(AppendOnlyError) as caught:
        kept.delete()
    assert str(caught.value) == (
        f"Deleting entry {kept.pk} is refused: entries of the audit trail are written "
        "once and stay as they are. To keep fewer, prune the table in the database "
        "itself."
    )


def test_trail_is_filtered_and_paged(inspector: Client) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor="ada", via="api", action="cancel_workflow", target_type="workflow",
            target_id=f"order/{number}", outcome="done", reason=rows.HOSTILE,
        )
        for number in range(60)
    )  # fmt: skip
    entry(1, outcome="refused", detail="durable_engine.manage_queue")
    html = inspector.get(PAGE).content.decode()
    assert html.count('<tr id="entry-') == 50
    assert "pause queue" in html
    assert '<span class="badge warn">Refused</span>' in html
    assert "/durable/workflows/order~2F59/" in html
    assert rows.HOSTILE not in html
    assert "&lt;/script&gt;" in html
    older = AuditEntry.objects.order_by("-id")[49].pk
    assert f'rel="next" href="?before={older}"' in html
    html = inspector.get(f"{PAGE}?before={older}").content.decode()
    assert html.count('<tr id="entry-') == 11
    assert 'id="fresh"' not in html
    for query, count in (
        ("actor=grace", 1),
        ("actor=GRACE", 0),
        ("outcome=refused&via=console", 1),
        ("target_type=queue", 1),
        ("target_id=order/7", 1),
        ("action=cancel_workflow&since=2001-01-01T00:00", 50),
        ("until=2001-01-01T00:00:00Z", 0),
    ):
        html = inspector.get(f"{PAGE}?{query}").content.decode()
        assert html.count('<tr id="entry-') == count, query
    assert "Nothing matches" in html
    # What has come since is announced, within the filter.
    fresh = f"{PAGE}fresh/?actor=ada&after={older}"
    html = inspector.get(fresh).content.decode()
    assert "48 new" in html
    assert "every 5s" in html
    html = inspector.get(f"{PAGE}fresh/?actor=grace&after=999999").content.decode()
    assert "new" not in html.replace('class="new"', "")


def test_export_is_complete_in_batches(
    inspector: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "EXPORT_BATCH_ROWS", 4)
    for number in range(10):
        entry(number)
    response = inspector.get(f"{PAGE}export/?actor=ada")
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    lines = response.getvalue().decode().splitlines()
    kept = [json.loads(line) for line in lines]
    assert [one["target_id"] for one in kept] == [f"thing-{n}" for n in (8, 6, 4, 2, 0)]
    assert set(kept[0]) == {
        "id", "at", "actor", "via", "address", "action", "target_type", "target_id",
        "reason", "outcome", "detail",
    }  # fmt: skip
    assert datetime.fromisoformat(kept[0]["at"]).tzinfo is not None


@on_sqlite
def test_export_streams_under_asgi(inspector: Client) -> None:
    for number in range(3):
        entry(number)

    async def ask() -> list[bytes]:
        client = AsyncClient()
        client.cookies = inspector.cookies
        response = await client.get(f"{PAGE}export/")
        assert response.is_async
        return [chunk async for chunk in response.streaming_content]

    chunks = async_to_sync(ask)()
    assert b"".join(chunks).count(b"\n") == 3


@on_sqlite
def test_others_see_nothing_of_it(viewer: Client) -> None:
    entry(1, target_id="mail")
    for path in (PAGE, f"{PAGE}export/", f"{PAGE}fresh/"):
        response = viewer.get(path)
        assert response.status_code == 403
        assert "durable_console.view_audit" in response.content.decode()


@on_sqlite
def test_nonsense_is_refused_with_a_page(inspector: Client) -> None:
    for query, said in (
        ("outcome=maybe", "There is no outcome “maybe”"),
        ("via=pigeon", "There is no via “pigeon”"),
        ("since=yesterday", "“yesterday” is not a date and time."),
        ("since=2026-13-45T00:00", "is not a date and time."),
        ("before=x", "The link to this page of the list is damaged."),
        (f"before={'9' * 30}", "The link to this page of the list is damaged."),
        (f"actor={'x' * 300}", "“actor” takes at most 255 characters."),
        ("actor=%00", "“actor” takes at most 255 characters."),
    ):
        response = inspector.get(f"{PAGE}?{query}")
        assert response.status_code == 422, query
        assert said in response.content.decode(), query


def test_a_filter_is_its_query_string() -> None:
    query = "actor=ada&target_id=order%2F7&since=2026-11-22T12%3A00%3A00%2B00%3A00"
    wanted = TrailFilter.parse(QueryDict(query))
    assert wanted.query() == query
    assert wanted.query(before=7) == f"{query}&before=7"
    assert wanted.without("actor") == query.removeprefix("actor=ada&")
    assert not wanted.empty
    assert TrailFilter.parse(QueryDict("other=1")).empty
    since = TrailFilter.parse(QueryDict("since=2026-11-22T12:00:00%2B01:00")).since_at
    assert since == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert cursor_of(QueryDict("before=7")) == 7
    with pytest.raises(InvalidTrail):
        cursor_of(QueryDict("before=-7"))
