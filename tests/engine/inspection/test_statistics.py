"""What goes on, in numbers: right where it counts, bounded where there is much."""

from datetime import UTC, datetime, timedelta

import pytest

from durable_engine import inspection
from durable_engine.inspection import statistics
from durable_engine.models import Workflow
from durable_engine.records import Failure, InFlight
from durable_engine.runtime.engine import engine
from durable_engine.store.statistics import slice_estimated

# Django writes no fraction where it is 0, the engine always does.
START = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


def write(count, status="SUCCESS", *, prefix="", at=START, every=1.0, **more):
    """Write workflows `every` so many seconds from `at` on."""
    begun = status not in ("ENQUEUED", "DELAYED")
    ended = begun and status != "PENDING"
    Workflow.objects.bulk_create(
        Workflow(
            **{
                "id": f"{prefix or status}-{number}",
                "name": "tests.job",
                "status": status,
                "inputs": "{}",
                "created_at": created_at,
                "updated_at": created_at,
                "started_at": created_at + timedelta(seconds=1) if begun else None,
                "completed_at": created_at + timedelta(seconds=3) if ended else None,
                **more,
            }
        )
        for number in range(count)
        if (created_at := at + timedelta(seconds=number * every))
    )


@pytest.mark.usefixtures("engine_database")
def test_what_is_in_flight_and_waits_longest():
    write(3, "ENQUEUED", queue_name="mail")
    write(2, "DELAYED")
    write(4, "PENDING", prefix="held", executor_id="one")
    write(5, "PENDING", prefix="asleep")
    write(6, "PENDING", prefix="placed", place=1)
    write(1)
    found = inspection.in_flight()
    assert found == InFlight(enqueued=3, delayed=2, waiting=11, held=4)
    assert found.pending == 15
    assert inspection.oldest_enqueued() == {"mail": START}
    Workflow.objects.all().delete()
    assert inspection.oldest_enqueued() == {}
    later = START + timedelta(hours=1)
    write(3, "ENQUEUED", prefix="a", queue_name="a", at=later)
    write(2, "ENQUEUED", prefix="b", queue_name="a", priority=7, app_version="v2")
    write(2, "ENQUEUED", prefix="c", queue_name="c", at=later, app_version="v1")
    write(1, "PENDING", queue_name="c")
    assert inspection.oldest_enqueued() == {"a": START, "c": later}


@pytest.mark.usefixtures("engine_database")
def test_newest_failures_are_of_both_kinds_and_in_order():
    write(2, "ERROR")
    write(1, "MAX_RECOVERY_ATTEMPTS_EXCEEDED", at=START + timedelta(seconds=0.5))
    write(1, "CANCELLED")
    write(1)
    found = inspection.newest_failures(START)
    assert [one.workflow_id for one in found] == [
        "ERROR-1",
        "MAX_RECOVERY_ATTEMPTS_EXCEEDED-0",
        "ERROR-0",
    ]
    assert found[0] == Failure(
        workflow_id="ERROR-1", name="tests.job", failed_at=START + timedelta(seconds=4)
    )
    assert inspection.newest_failures(START, 1) == found[:1]
    assert inspection.newest_failures(START + timedelta(seconds=4)) == found[:1]
    until = found[0].failed_at
    assert inspection.newest_failures(START, until=until) == found[1:]


@pytest.mark.usefixtures("engine_database")
def test_slices_count_and_sample_what_was_created_in_them():
    write(70)
    write(5, "ENQUEUED", at=START + timedelta(minutes=2), every=0)
    first, second, third, fourth = inspection.created_by_slice(
        START, 60.0, 4, sample_rows=4
    )
    assert [one.created for one in (first, second, third, fourth)] == [60, 10, 5, 0]
    assert {one.exact for one in (first, second, third, fourth)} == {True}
    assert (second.start, second.seconds) == (START + timedelta(minutes=1), 60.0)
    assert len(first.sample) == len(second.sample) == 4
    (one, *_) = first.sample
    assert (one.name, one.status) == ("tests.job", "SUCCESS")
    assert (one.ran_seconds, one.queued_seconds) == (2.0, 1.0)
    assert fourth.sample == ()


@pytest.mark.parametrize(("slices", "seconds"), [(0, 1.0), (501, 1.0), (1, 0.0)])
def test_slices_out_of_range_are_refused(slices, seconds):
    with pytest.raises(ValueError, match="slices must be 1 to 500 of more than 0"):
        inspection.created_by_slice(START, seconds, slices)


@pytest.mark.usefixtures("engine_database")
def test_counts_beyond_the_bound_are_estimates(monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_ROWS", 100)
    assert [one.created for one in inspection.created_by_slice(START, 60.0, 1)] == [0]
    reads = engine().reads
    start = START.timestamp()
    assert reads.run(lambda session: slice_estimated(session, start, start + 60)) <= 10
    write(400, every=0.5)
    reads.run(lambda session: session.raw.execute("ANALYZE"))
    first, second = inspection.created_by_slice(START, 150.0, 2)
    assert not first.exact
    assert 270 <= first.created <= 330
    assert (second.exact, second.created) == (True, 100)
