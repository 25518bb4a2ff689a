"""What goes on, in numbers: bounded reads, fast whatever the size of the tables.

Called by the console's dashboard and by whoever watches a site.
"""

from collections import defaultdict
from datetime import datetime

from durable_engine.clock import from_epoch
from durable_engine.records import Failure, InFlight, SampledWorkflow, Slice
from durable_engine.runtime.engine import engine
from durable_engine.store import statistics

COUNTED_ROWS = 10_000
"""Where counting ends; what is beyond is estimated or said to be more."""

MOST_SLICES = 500
_MOST_HEADS = 1_000


def database_now() -> datetime:
    """Return the database's clock, as this process knows it."""
    return from_epoch(engine().now())


def in_flight() -> InFlight:
    """Count what has not ended, 10,000 of a kind at most (and one more)."""
    enqueued, delayed, waiting, held = engine().reads.run(
        lambda session: statistics.workflows_now(session, COUNTED_ROWS + 1)
    )
    return InFlight(enqueued=enqueued, delayed=delayed, waiting=waiting, held=held)


def unfinished_by_name() -> dict[tuple[str, str], int]:
    """Count what has not ended by status and name, 10,000 of a status at most.

    Of `PENDING` it is 10,000 of those that a process holds, and as many of those that
    wait outside, without and with a place in a limited queue.
    """
    rows: list[tuple[str, str, int]] = engine().reads.run(
        lambda session: statistics.workflows_unfinished(session, COUNTED_ROWS)
    )
    found: dict[tuple[str, str], int] = defaultdict(int)
    for status, name, number in rows:
        found[status, name] += number
    return dict(found)


def oldest_enqueued() -> dict[str, datetime]:
    """Return by queue when the workflow was created that waits longest to begin.

    Looks at the first 1,000 combinations of queue, version and priority. Direct
    starts stand under the engine's own queue.
    """
    found: dict[str, float] = engine().reads.run(
        lambda session: statistics.queues_oldest(session, _MOST_HEADS)
    )
    return {queue: from_epoch(seconds) for queue, seconds in found.items()}


def newest_failures(
    since: datetime, limit: int = COUNTED_ROWS, *, until: datetime | None = None
) -> list[Failure]:
    """Return the workflows that failed at `since` or later, the newest first.

    Args:
        since: aware.
        limit: most rows.
        until: aware; what failed then or later is left out.
    """
    before = [] if until is None else [until.timestamp()]
    rows: list[tuple[str, str, float]] = engine().reads.run(
        lambda session: statistics.failures_newest(
            session, since.timestamp(), limit, *before
        )
    )
    return [
        Failure(workflow_id=workflow_id, name=name, failed_at=from_epoch(seconds))
        for workflow_id, name, seconds in rows
    ]


def created_by_slice(
    start: datetime, seconds: float, slices: int, *, sample_rows: int = 500
) -> list[Slice]:
    """Count what was created in equal slices of time, and sample each.

    Counts are exact up to 10,000 in a slice and estimates beyond.

    Args:
        start: of the first slice, aware.
        seconds: of each slice.
        slices: how many, 1 to 500.
        sample_rows: workflows read of each slice at most.

    Raises:
        ValueError: `slices` or `seconds` is out of range.
    """
    if not 1 <= slices <= MOST_SLICES or not seconds > 0:
        message = (
            f"slices must be 1 to {MOST_SLICES} of more than 0 seconds, "
            f"not {slices!r} of {seconds!r}"
        )
        raise ValueError(message)
    first = start.timestamp()
    reads = engine().reads
    counts: list[int] = reads.run(
        lambda session: statistics.slices_counted(
            session, first, seconds, slices, COUNTED_ROWS + 1
        )
    )
    samples = _samples(first, seconds, slices, sample_rows)
    return [
        _slice(first + number * seconds, seconds, count, samples[number])
        for number, count in enumerate(counts)
    ]


def _samples(
    first: float, seconds: float, slices: int, sample_rows: int
) -> dict[int, list[SampledWorkflow]]:
    rows: list[tuple[int, str, str, float | None, float | None]] = engine().reads.run(
        lambda session: statistics.slices_sampled(
            session, first, seconds, slices, sample_rows
        )
    )
    found: dict[int, list[SampledWorkflow]] = defaultdict(list)
    for number, name, status, ran, queued in rows:
        found[number].append(
            SampledWorkflow(
                name=name, status=status, ran_seconds=ran, queued_seconds=queued
            )
        )
    return found


def _slice(
    start: float, seconds: float, count: int, sample: list[SampledWorkflow]
) -> Slice:
    exact = count <= COUNTED_ROWS
    created = count
    if not exact:
        estimate: int = engine().reads.run(
            lambda session: statistics.slice_estimated(session, start, start + seconds)
        )
        created = max(count, estimate)
    return Slice(
        start=from_epoch(start),
        seconds=seconds,
        created=created,
        exact=exact,
        sample=tuple(sample),
    )
