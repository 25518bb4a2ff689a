"""Statements that count and sample; each is bounded, whatever the size of a table."""

from typing import Any

import orjson

from durable_engine.store.dialects import Session

_END = 253_402_300_799.0  # the last second of the year 9999


def slices_counted(
    session: Session, start: float, seconds: float, slices: int, most: int
) -> list[int]:
    """Return how many workflows were created in each slice; counting ends at `most`."""
    parameters = {"start": start, "seconds": seconds, "slices": slices, "most": most}
    return [row[1] for row in session.rows("slices_counted", parameters)]


def slices_sampled(
    session: Session, start: float, seconds: float, slices: int, most: int
) -> list[tuple[int, str, str, float | None, float | None]]:
    """Return (slice, name, status, seconds it ran, seconds it waited to begin)."""
    parameters = {"start": start, "seconds": seconds, "slices": slices, "most": most}
    rows: list[Any] = session.rows("slices_sampled", parameters)
    return rows


def slice_estimated(session: Session, start: float, until: float) -> int:
    """Return about how many workflows were created in a slice of time."""
    parameters = {"start": start, "until": until}
    answer: Any = session.rows("slice_estimated", parameters)[0][0]
    if isinstance(answer, int):
        return answer
    plan = orjson.loads(answer) if isinstance(answer, str) else answer
    rows: int = plan[0]["Plan"]["Plan Rows"]
    return rows


def failures_newest(
    session: Session, since: float, most: int, until: float = _END
) -> list[tuple[str, str, float]]:
    """Return (id, name, epoch seconds of its end) of failures, newest first."""
    values = {"since": since, "until": until, "most": most}
    rows: list[Any] = session.rows("failures_newest", values)
    return rows


def queues_oldest(session: Session, most: int) -> dict[str, float]:
    """Return by queue since when its oldest workflow waits, in epoch seconds."""
    return {row[0]: row[1] for row in session.rows("queues_oldest", {"most": most})}


def workflows_unfinished(session: Session, most: int) -> list[tuple[str, str, int]]:
    """Return (status, name, rows) of what has not ended; a pair may come twice."""
    rows: list[Any] = session.rows("workflows_unfinished", {"most": most})
    return rows


def workflows_now(session: Session, most: int) -> tuple[int, int, int, int]:
    """Return how many are enqueued, delayed, waiting outside and held by processes."""
    enqueued, delayed, waiting, held = session.rows("workflows_now", {"most": most})[0]
    return enqueued, delayed, waiting, held
