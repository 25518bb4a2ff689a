"""Lists: filters, order and pages that stay put while others write."""

import re
from datetime import UTC, datetime, timedelta

import pytest

import durable_engine as durable
from tests.support.shop.models import Note

queue = durable.Queue("tests-listing")


@durable.workflow(name="tests.listing.work")
def work(value=None):
    if value == "fail":
        raise ValueError(value)
    return value


@durable.workflow(name="tests.listing.parent")
def parent():
    return work("child")


def run(workflow_id, *args):
    with durable.SetWorkflowID(workflow_id):
        return work(*args)


def ids(**filters):
    return [one.id for one in durable.list_workflows(**filters)]


@pytest.fixture
def five(engine_database):
    """Workflows of every kind, oldest first: a-1 to a-4 and b-1."""
    run("a-1", "Ada")
    with pytest.raises(ValueError, match="fail"):
        run("a-2", "fail")
    with (
        durable.SetWorkflowID("a-3"),
        durable.SetWorkflowAttributes({"customer": 7, "tags": {"vip": True}}),
    ):
        queue.enqueue(work)
    with durable.SetWorkflowID("a-4"), durable.SetEnqueueOptions(delay_seconds=1000):
        queue.enqueue(work)
    with durable.SetWorkflowID("b-1"):
        parent()


EVERYTHING = ["b-1-1", "b-1", "a-4", "a-3", "a-2", "a-1"]


@pytest.mark.usefixtures("five")
class TestFilters:
    def test_newest_first_or_last(self):
        assert ids() == EVERYTHING
        assert ids(sort_desc=False) == EVERYTHING[::-1]

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"workflow_ids": "a-1"}, ["a-1"]),
            ({"workflow_ids": ["a-1", "b-1", "nobody"]}, ["b-1", "a-1"]),
            ({"workflow_ids": []}, []),
            ({"status": "ERROR"}, ["a-2"]),
            ({"status": ["ENQUEUED", "DELAYED"]}, ["a-4", "a-3"]),
            ({"name": "tests.listing.parent"}, ["b-1"]),
            ({"name": ["tests.listing.parent", "nothing"]}, ["b-1"]),
            ({"queue_name": "tests-listing"}, ["a-4", "a-3"]),
            ({"parent_workflow_id": "b-1"}, ["b-1-1"]),
            ({"workflow_id_prefix": "b-"}, ["b-1-1", "b-1"]),
            ({"workflow_id_prefix": "B-"}, []),
            ({"workflow_id_prefix": "%"}, []),
            ({"attributes": {"customer": 7}}, ["a-3"]),
            ({"attributes": {"tags": {"vip": True}}}, ["a-3"]),
            ({"attributes": {"customer": 8}}, []),
            ({"search": "ADA"}, ["a-1"]),
            ({"search": "A-4"}, ["a-4"]),
            ({"search": "PARENT"}, ["b-1"]),
            ({"status": "SUCCESS", "workflow_id_prefix": "a"}, ["a-1"]),
            ({"forked_from": "a-1"}, []),
            ({"schedule_name": "none"}, []),
            ({"limit": 2}, EVERYTHING[:2]),
        ],
    )
    def test_each(self, filters, expected):
        assert ids(**filters) == expected

    def test_version_and_executor(self):
        version = durable.application_version
        assert ids(app_version=version) == EVERYTHING
        assert ids(app_version="another") == []
        ran = ["b-1-1", "b-1", "a-2", "a-1"]
        assert ids(executor_id=durable.executor_id) == ran

    def test_times_of_creation(self):
        moment = durable.get_workflow_status("a-3").created_at
        assert ids(start_time=moment) == EVERYTHING[:4]
        assert ids(end_time=moment) == EVERYTHING[3:]
        assert ids(start_time=moment.isoformat(), end_time=moment) == ["a-3"]

    def test_times_of_the_end_of_any_kind(self):
        before = datetime.now(UTC) - timedelta(days=1)
        durable.cancel_workflow("a-3")
        ended = ["b-1-1", "b-1", "a-3", "a-2", "a-1"]
        assert ids(completed_after=before) == ended
        assert ids(completed_before=before.isoformat()) == []
        cancelled = durable.get_workflow_status("a-3").completed_at
        assert ids(completed_after=cancelled) == ["a-3"]

    def test_subject(self):
        note = Note.objects.create(text="subject")
        with durable.SetWorkflowID("c-1"), durable.SetWorkflowAttributes(subject=note):
            work()
        assert ids(subject=note) == ["c-1"]
        assert [one.id for one in durable.workflows_for(note)] == ["c-1"]

    @pytest.mark.parametrize("subject", [Note(text="unsaved"), "note"])
    def test_a_subject_that_is_not_saved(self, subject):
        message = f"subject must be a saved model instance, not {subject!r}"
        for call in (
            lambda: ids(subject=subject),
            lambda: durable.workflows_for(subject),
        ):
            with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
                call()

    def test_payloads_only_when_asked_for(self):
        (one,) = durable.list_workflows(workflow_ids="a-1")
        assert (one.input, one.output, one.error) == (None, None, None)
        (one,) = durable.list_workflows(
            workflow_ids="a-1", load_input=True, load_output=True
        )
        assert one.input == {"args": ["Ada"], "kwargs": {}}
        assert one.output == "Ada"
        (one,) = durable.list_workflows(workflow_ids="a-2", load_output=True)
        assert repr(one.error) == "ValueError('fail')"
        assert one == durable.list_workflows(workflow_ids="a-2", load_output=True)[
            0
        ] or (repr(one.error) == "ValueError('fail')")


class TestPages:
    def test_follow_each_other_while_others_write(self, engine_database):
        for number in range(7):
            run(f"w-{number}")
        page = durable.list_workflows(limit=3)
        seen = [one.id for one in page]
        while page.next_cursor is not None:
            run(f"new-{len(seen)}")
            page = durable.list_workflows(limit=3, cursor=page.next_cursor)
            seen += [one.id for one in page]
        assert seen == [f"w-{number}" for number in reversed(range(7))]

    def test_oldest_first_sees_what_is_added(self, engine_database):
        for number in range(4):
            run(f"w-{number}")
        page = durable.list_workflows(limit=2, sort_desc=False)
        run("w-4")
        rest = durable.list_workflows(limit=9, sort_desc=False, cursor=page.next_cursor)
        assert [one.id for one in (*page, *rest)] == [f"w-{n}" for n in range(5)]
        assert rest.next_cursor is None

    def test_of_one_bulk_enqueue(self, engine_database):
        handles = queue.enqueue_many([(work, (number,)) for number in range(10)])
        expected = [handle.workflow_id for handle in handles]
        page = durable.list_workflows(limit=4, sort_desc=False)
        seen = [one.id for one in page]
        while page.next_cursor is not None:
            page = durable.list_workflows(
                limit=4, sort_desc=False, cursor=page.next_cursor
            )
            seen += [one.id for one in page]
        assert seen == expected

    def test_last_page_that_is_full(self, engine_database):
        run("w-1")
        assert durable.list_workflows(limit=1).next_cursor is None


class TestRefusals:
    @pytest.mark.parametrize("limit", [0, -1, 1001, True])
    def test_limit(self, engine_database, limit):
        message = f"limit must be 1 to 1000, not {limit!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.list_workflows(limit=limit)

    @pytest.mark.parametrize("cursor", ["nonsense", "", "W10", "é"])
    def test_cursor(self, engine_database, cursor):
        message = f"the cursor {cursor!r} is none that a list gave out"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.list_workflows(cursor=cursor)

    def test_status(self, engine_database):
        with pytest.raises(ValueError, match=r"^there is no status 'RUNNING'; known"):
            durable.list_workflows(status="RUNNING")

    @pytest.mark.parametrize("instant", ["yesterday", "2026-01-01T00:00:00"])
    def test_instant_needs_an_offset(self, engine_database, instant):
        message = (
            "start_time must be an aware datetime or ISO 8601 text with an offset, not "
            f"{instant!r}"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            durable.list_workflows(start_time=instant)

    async def test_running_event_loop(self, engine_database):
        with pytest.raises(durable.SynchronousCallInEventLoop) as caught:
            durable.list_workflows()
        assert str(caught.value) == (
            "list_workflows() was called while an event loop is running; use await "
            "list_workflows_async()"
        )
        assert await durable.list_workflows_async() == []
