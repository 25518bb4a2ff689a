"""Statements about counters that all processes add to."""

from collections.abc import Sequence

from durable_engine.records.tallies import TallyRow
from durable_engine.store.dialects import Session
from durable_engine.store.dialects.base import as_json, fields


def add(session: Session, rows: Sequence[TallyRow]) -> None:
    """Add what a process counted; rows in one order, so that nobody deadlocks."""
    session.rows("tallies_add", {"rows": as_json([fields(row) for row in rows])})


def last_starts(session: Session) -> dict[str, float]:
    """Return by queue when something was first claimed from it last, as written."""
    return {row[0]: row[1] for row in session.rows("tallies_starts", {})}
