"""What is rare is found whole and in order, as if every row had been looked at."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.transaction import get_connection

from console.filters import WorkflowFilter
from console.queries import workflows as console
from durable_engine import inspection
from durable_engine.inspection import finding, walking
from durable_engine.models import Workflow
from durable_engine.states import TERMINAL, WorkflowState
from durable_engine.store import listing
from tests.support.connections import connected_to
from tests.support.databases import MakeDatabase

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROWS = 600
GLANCE = 70
NOBODY = "nobody"


def made(number: int, dice: random.Random) -> Workflow:
    """Return a workflow of some kind; a few are created at the same instant."""
    status = dice.choice(list(WorkflowState))
    created_at = START + timedelta(seconds=number // 3)
    took = timedelta(seconds=dice.choice([1, 30, 3_600]))
    return Workflow(
        id=f"{dice.choice(['a', 'b'])}-{number:04}",
        name=dice.choice(["order", "mail", "mail", "rare" if number < 90 else "mail"]),
        status=status,
        inputs=f'{{"args":[{number}],"kwargs":{{}}}}',
        queue_name=dice.choice([None, "one", "two"]),
        priority=dice.choice([0, 0, 3]),
        app_version=dice.choice(["v1", "v2", "old" if number < 50 else "v2"]),
        executor_id=dice.choice([None, "host:1", "host:2"]),
        attributes=dice.choice([None, {"customer": 1}, {"customer": 2, "at": ["x"]}]),
        created_at=created_at,
        updated_at=created_at,
        completed_at=created_at + took if status in TERMINAL else None,
    )


FILTERS = [
    {"status": "ERROR"},
    {"status": ["PENDING", "DELAYED"]},
    {"status": "ENQUEUED", "queue_name": "one"},
    {"status": "ENQUEUED", "name": "rare"},
    {"name": "rare"},
    {"name": NOBODY},
    {"name": ["rare", "order"], "queue_name": "two"},
    {"queue_name": ["one", NOBODY]},
    {"queue_name": NOBODY},
    {"app_version": "old"},
    {"app_version": ["old", "v1"], "status": "SUCCESS", "name": "mail"},
    {"executor_id": "host:1"},
    {"executor_id": ["host:2", NOBODY], "status": ["PENDING", "CANCELLED"]},
    {"executor_id": "host:1", "name": "rare", "app_version": "old"},
    {"app_version": "v1", "start_time": START + timedelta(seconds=20)},
    {"name": "order", "end_time": START + timedelta(seconds=90)},
    {"attributes": {"customer": 2}},
    {"attributes": {"at": ["x"]}, "status": "ERROR", "queue_name": "two"},
    {"workflow_id_prefix": "a-00", "status": "SUCCESS"},
    {"completed_after": START + timedelta(seconds=700)},
    {"completed_after": START + timedelta(seconds=60), "name": "rare"},
    {
        "completed_after": START + timedelta(seconds=600),
        "completed_before": START + timedelta(seconds=4_000),
    },
    {"search": "-001", "name": "mail"},
]


def matches(row: Workflow, **asked: object) -> bool:
    """Say whether a row is what a filter asks for, in plain Python."""
    return all(TESTS.get(key, among)(row, value, key) for key, value in asked.items())


def among(row: Workflow, value: object, key: str) -> bool:
    return getattr(row, key) in ([value] if isinstance(value, str) else value)


def contains(row: Workflow, value: dict[str, object], _key: str) -> bool:
    held = row.attributes or {}
    return all(held.get(name) == wanted for name, wanted in value.items())


TESTS = {
    "attributes": contains,
    "start_time": lambda row, value, _: row.created_at >= value,
    "end_time": lambda row, value, _: row.created_at <= value,
    "completed_after": lambda row, value, _: (row.completed_at or START) >= value,
    "completed_before": lambda row, value, _: (
        row.completed_at is not None and row.completed_at <= value
    ),
    "workflow_id_prefix": lambda row, value, _: row.id.startswith(value),
    "search": lambda row, value, _: value in row.id or value in row.name,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def table(request, django_db_blocker):
    """Workflows of every kind in a fresh database."""
    make = f"{request.param}_databases"
    databases = request.getfixturevalue(make)
    url = databases.create()
    with django_db_blocker.unblock(), connected_to(default=url):
        dice = random.Random(7)  # noqa: S311 - the same rows each time
        rows = [made(number, dice) for number in range(ROWS)]
        Workflow.objects.bulk_create(rows)
        yield rows
    databases.drop(url)


@pytest.fixture(autouse=True)
def near(monkeypatch):
    """Let what is near the beginning of a list be a few rows."""
    monkeypatch.setattr(finding, "_NEAR_ROWS", 4)


@contextmanager
def rows_read() -> Iterator[list[float]]:
    """Note how many rows each query of lists reads, as its plan counts them."""
    read: list[float] = []

    def explained(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            with context["cursor"].db.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                (((answer,),),) = cursor.fetchall()
            read.append(sum(map(looked_at, scans(answer["Plan"]))))
        return execute(sql, params, many, context)

    connection = get_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        with connection.execute_wrapper(explained):
            yield read
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")


def looked_at(node: dict[str, Any]) -> float:
    return node["Actual Loops"] * (
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    )


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Scan" in node["Node Type"] and "Relation Name" in node:
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)


def paged(limit: int, **asked: object) -> list[str]:
    """Read a list to its end, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = inspection.list_workflows(limit=limit, cursor=cursor, **asked)
        found += [one.id for one in page]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page) == limit


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_every_page_of_every_list(table, asked, newest_first):
    wanted = sorted(
        (row for row in table if matches(row, **asked)),
        key=lambda row: (row.created_at, row.id),
        reverse=newest_first,
    )
    found = paged(7, sort_desc=newest_first, **asked)
    assert found == [row.id for row in wanted]


@pytest.mark.parametrize("key", ["name", "queue_name", "app_version", "executor_id"])
def test_the_console_shows_and_counts_the_same(table, key):
    rare = {"name": "rare", "queue_name": "one", "app_version": "old"}.get(
        key, "host:2"
    )
    wanted = WorkflowFilter(**{key: rare})
    rows = [row for row in table if matches(row, **{key: rare})]
    in_order = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)
    first = console.page(wanted, limit_rows=5)
    second = console.page(wanted, before=first.older, limit_rows=5)
    back = console.page(wanted, after=second.newer, limit_rows=5)
    oldest = console.page(WorkflowFilter(**{key: rare}, sort="oldest"), limit_rows=5)
    assert [row.id for row in first.rows] == [row.id for row in in_order[:5]]
    assert [row.id for row in second.rows] == [row.id for row in in_order[5:10]]
    assert back.rows == first.rows
    assert [row.id for row in oldest.rows] == [row.id for row in in_order[:-6:-1]]
    counts = console.counts(wanted)
    assert counts.pop(None) == len(rows)
    assert counts == {
        status: sum(row.status == status for row in rows) for status in WorkflowState
    }
    newest = console.newer(wanted, [None])
    assert [place.id for place in newest] == [row.id for row in in_order[: len(newest)]]
    assert all(one.created_at >= two.created_at for one, two in pairwise(newest))


@pytest.fixture
def at_a_glance(monkeypatch):
    """Let a look end as soon as it may, after a few rows."""
    monkeypatch.setattr(finding, "_NEAR_ROWS", GLANCE)
    monkeypatch.setattr(walking, "_LEAST_ROWS", GLANCE)
    monkeypatch.setattr(console, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(console, "COUNT_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(console, "BULK_SECONDS", 0.0)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_short_looks_find_the_same(
    table, at_a_glance, monkeypatch, asked, newest_first
):
    """However little each looks at, together they miss nothing and repeat nothing."""
    monkeypatch.setattr(finding, "_KIND_ROWS", 3)
    monkeypatch.setattr(finding, "_PROBED_ROWS", 3)
    monkeypatch.setattr(listing, "_MOST_NAMED", 3)
    wanted = sorted(
        (row for row in table if matches(row, **asked)),
        key=lambda row: (row.created_at, row.id),
        reverse=newest_first,
    )
    ids = [row.id for row in wanted]
    found: list[str] = []
    cursor = None
    while True:
        page = inspection.list_workflows(
            limit=7, cursor=cursor, sort_desc=newest_first, look_seconds=0.0, **asked
        )
        found += [one.id for one in page]
        cursor = page.next_cursor
        assert found == ids[: len(found)]
        assert cursor or page.looked_to is None
        if page.looked_to is not None:
            assert len(page) < 7
            edge = page.looked_to
            rest = [row for row in wanted if row.id not in found]
            assert all((row.created_at < edge) is newest_first for row in rest)
        if cursor is None:
            break
    assert found == ids
    assert paged(7, sort_desc=newest_first, **asked) == ids


@pytest.mark.parametrize("table", ["postgresql"], indirect=True)  # tells what is read
def test_a_look_reads_no_more_than_it_may(table, at_a_glance):
    """A text that nothing holds: each page reads a stretch, the rest is for others."""
    with rows_read() as read:
        page = inspection.list_workflows(
            search=NOBODY, search_inputs=False, look_seconds=0.0
        )
    assert page == []
    assert page.looked_to == START + timedelta(seconds=(ROWS - GLANCE) // 3)
    assert 0 < max(read) <= GLANCE + 2


def test_a_text_is_found_however_old_by_looking_further(table, at_a_glance):
    oldest = min(table, key=lambda row: (row.created_at, row.id))
    part = WorkflowFilter(search=oldest.id[1:])
    pages = [console.page(part)]
    while (before := pages[-1].older) is not None:
        assert pages[-1].looked_to is not None
        assert (pages[-1].rows, before.id) == ([], "")
        pages.append(console.page(part, before=before))
        assert pages[-1].newer is not None
    assert [row.id for row in pages[-1].rows] == [oldest.id]
    assert pages[-1].looked_to is None
    assert console.counts(part) == {}  # not known, rather than wrong


def test_a_whole_id_is_found_at_once_however_old(table, at_a_glance):
    oldest = min(table, key=lambda row: (row.created_at, row.id))
    whole = WorkflowFilter(search=oldest.id)
    first = console.page(whole)
    assert [row.id for row in first.rows] == [oldest.id]
    assert first.looked_to is not None
    assert first.older is not None
    assert console.ids(whole) == ([oldest.id], True)
    newest = max(table, key=lambda row: (row.created_at, row.id))
    assert [row.id for row in console.page(WorkflowFilter(search=newest.id)).rows] == [
        newest.id
    ]


def test_more_kinds_than_are_looked_at_are_walked_through(table, monkeypatch):
    monkeypatch.setattr(listing, "_MOST_KINDS", 2)
    monkeypatch.setattr(
        console, "COUNT_LOOK_SECONDS", 60.0
    )  # however slow the machine is
    asked = {"app_version": "old"}
    wanted = [row for row in table if matches(row, **asked)]
    assert set(paged(7, **asked)) == {row.id for row in wanted}
    counts = console.counts(WorkflowFilter(app_version="old"))
    assert counts[None] == len(wanted)


def test_what_goes_on_meanwhile_makes_room_for_the_next(table, monkeypatch):
    held = {"status": "PENDING", "executor_id": "host:1"}
    wanted = [row for row in table if matches(row, **held)]
    gone = max(wanted, key=lambda row: (row.created_at, row.id))
    asked = finding.first_workflows
    rounds: list[int] = []

    def ending(*arguments, **options):
        found = asked(*arguments, **options)
        if not rounds:
            Workflow.objects.filter(id=gone.id).update(status="SUCCESS")
        rounds.append(len(found))
        return found

    monkeypatch.setattr(finding, "first_workflows", ending)
    page = inspection.list_workflows(limit=5, **held)
    Workflow.objects.filter(id=gone.id).update(status="PENDING")
    assert len(page) == 5
    if rounds:  # SQLite asks once, and all at once
        assert gone.id not in [row.id for row in page]
        assert len(rounds) == 2


def test_an_empty_database_has_empty_lists(
    make_database: MakeDatabase, django_db_blocker
):
    url = make_database("postgresql")
    with django_db_blocker.unblock(), connected_to(default=url):
        for asked in FILTERS:
            assert inspection.list_workflows(**asked) == []
