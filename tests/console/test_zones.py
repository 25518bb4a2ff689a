"""Times in the reader's zone: on pages, in what is typed, over sockets, in charts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console import zones
from console.models import Preference
from console.tables.axes import marks, slot_label
from tests.console import rows
from tests.console.test_live import connected, content, watch
from tests.support.databases import on_sqlite

PREFERENCES = "/durable/preferences/"
HOVER = "22 Nov 2026, 12:00:00 UTC"


@pytest.fixture(autouse=True)
def site_in_utc(settings: object) -> None:
    """The site of these tests stands in UTC."""
    settings.TIME_ZONE = "UTC"  # type: ignore[attr-defined]


def test_a_zone_is_chosen_and_every_page_follows(viewer: Client) -> None:
    rows.workflow("order-1")
    path = "/durable/workflows/order-1/"
    assert HOVER in viewer.get(path).content.decode()
    response = viewer.post(PREFERENCES, {"zone": "named", "zone_name": "Asia/Tokyo"})
    assert response["Location"] == f"{PREFERENCES}?saved"
    html = viewer.get(f"{PREFERENCES}?saved").content.decode()
    assert "Saved." in html
    assert 'value="Asia/Tokyo"' in html
    assert "JST" in html
    html = viewer.get(path).content.decode()
    assert "22 Nov 2026, 21:00:00 JST" in html
    assert HOVER not in html
    viewer.post(PREFERENCES, {"zone": ""})
    assert HOVER in viewer.get(path).content.decode()
    assert not Preference.objects.exists()


def test_what_is_typed_is_meant_in_the_reader_s_zone(viewer: Client) -> None:
    rows.workflow("order-1")  # created at 12:00 UTC, which is 21:00 there
    viewer.post(PREFERENCES, {"zone": "named", "zone_name": "Asia/Tokyo"})
    path = "/durable/workflows/?start_time=2026-11-22T20:59&end_time=2026-11-22T21:01"
    assert 'id="workflow-order-1"' in viewer.get(path).content.decode()
    viewer.post(PREFERENCES, {"zone": ""})
    assert 'id="workflow-order-1"' not in viewer.get(path).content.decode()


@on_sqlite
def test_the_browser_s_zone_is_believed_if_there_is_such_a_one(viewer: Client) -> None:
    rows.workflow("order-1")
    path = "/durable/workflows/order-1/"
    viewer.post(PREFERENCES, {"zone": zones.BROWSER})
    assert HOVER in viewer.get(path).content.decode()
    for cookie in ("../../etc/passwd", "Mars/Olympus", "\0", "a" * 5000, "/etc/passwd"):
        viewer.cookies[zones.COOKIE] = cookie
        assert HOVER in viewer.get(path).content.decode(), cookie
    viewer.cookies[zones.COOKIE] = "America/New_York"
    assert "22 Nov 2026, 07:00:00 EST" in viewer.get(path).content.decode()


@on_sqlite
def test_an_unknown_zone_is_refused_beside_its_field(viewer: Client) -> None:
    for name, said in (
        ("Mars/Olympus", "There is no time zone “Mars/Olympus”"),
        ("", "Write the name of a time zone"),
        ("<b>", "There is no time zone “&lt;b&gt;”"),
    ):
        response = viewer.post(PREFERENCES, {"zone": "named", "zone_name": name})
        assert response.status_code == 422
        assert said in response.content.decode()
    assert not Preference.objects.exists()


async def test_pieces_come_in_each_reader_s_zone(viewer: Client) -> None:
    await sync_to_async(rows.workflow)("order-1", "PENDING")
    other = Client()
    await sync_to_async(_user_in_tokyo)(other)
    async with connected(viewer) as first, connected(other) as second:
        for socket, hover in ((first, HOVER), (second, "22 Nov 2026, 21:00:00 JST")):
            await watch(socket, **{"row:order-1": "old"})
            assert hover in await content(socket)


@on_sqlite
def test_a_zone_of_a_removed_database_is_the_site_s(viewer: Client) -> None:
    user = User.objects.get()
    for value in ("Gone/Zone", 7, ["UTC"]):
        Preference.objects.update_or_create(
            user=user, key="zone", defaults={"value": value}
        )
        assert viewer.get("/durable/").status_code == 200


def _user_in_tokyo(client: Client) -> None:
    user = User.objects.create_superuser("kenji")
    Preference.objects.create(user=user, key="zone", value="Asia/Tokyo")
    client.force_login(user)


# ---- Axes of charts ----


@pytest.fixture
def kolkata() -> Iterator[None]:
    """The reader is half an hour beside everybody else."""
    with timezone.override("Asia/Kolkata"):
        yield


def texts(start: datetime, length: timedelta, *, live: bool = False) -> list[str]:
    return [one.text for one in marks(start, length.total_seconds(), live=live)]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (15, ["14:05", "14:10", "14:15"]),
        (60, ["14:15", "14:30", "14:45", "15:00"]),
        (24 * 60, ["18:00", "23 Nov", "06:00", "12:00"]),
        (7 * 24 * 60, ["24 Nov", "26 Nov", "28 Nov"]),
    ],
)
def test_marks_stand_at_round_instants(minutes: int, expected: list[str]) -> None:
    start = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
    found = texts(start, timedelta(minutes=minutes))
    assert found == expected


@pytest.mark.usefixtures("kolkata")
def test_marks_are_round_where_the_reader_is() -> None:
    start = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)  # 19:32
    assert texts(start, timedelta(hours=24)) == ["23 Nov", "06:00", "12:00", "18:00"]
    assert slot_label(start, 1800, 3600) == "19:32"
    assert slot_label(start, 1800, 86_400) == "22 Nov 19:32"


def test_marks_pass_the_night_when_clocks_change() -> None:
    with timezone.override("Europe/Berlin"):
        start = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
        found = texts(start, timedelta(hours=24))
    # The hour at three o'clock comes twice; six hours of the clock are seven then.
    assert found == ["18:00", "25 Oct", "06:00", "12:00"]


def test_now_stands_at_the_end_and_nothing_in_its_way() -> None:
    start = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    found = marks(start, 3600, live=True)
    assert [(one.text, one.x, one.anchor) for one in found] == [
        ("14:00", "0.00", "start"),
        ("14:15", "25.00", "middle"),
        ("14:30", "50.00", "middle"),
        ("14:45", "75.00", "middle"),
        ("now", "100", "end"),
    ]
