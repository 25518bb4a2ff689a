"""Statements about alerts: who watches, how far, and what is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass

from durable_engine.records.alerts import AlertRow
from durable_engine.store.dialects import Session
from durable_engine.store.dialects.base import as_json, fields

MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty that this process has for a while; instants are the database's."""

    now: float
    done_until: float | None  # None: nobody ever did it


def take_duty(
    session: Session, name: str, executor_id: str, lease_seconds: float
) -> Duty | None:
    """Take a duty, or keep it; None while another process has it."""
    parameters = {
        "name": name,
        "executor_id": executor_id,
        "lease_seconds": lease_seconds,
    }
    row = session.row("duty_take", parameters)
    return None if row is None else Duty(now=row[0], done_until=row[1])


def record(
    session: Session,
    name: str,
    executor_id: str,
    *,
    done_until: float,
    rows: Sequence[AlertRow],
) -> bool:
    """Note how far a duty is done, and what is remembered now, in one transaction.

    Returns:
        Whether the duty is still this process's; if not, nothing is written.
    """
    parameters = {"name": name, "executor_id": executor_id, "done_until": done_until}
    with session.transaction():
        if not session.rows("duty_note", parameters):
            return False
        if rows:
            session.rows(
                "alerts_write", {"rows": as_json([fields(row) for row in rows])}
            )
    return True


def leave_duty(session: Session, name: str, executor_id: str) -> None:
    """Let another process take a duty at once."""
    session.rows("duty_leave", {"name": name, "executor_id": executor_id})


def read(session: Session) -> list[AlertRow]:
    """Return what is remembered, at most 5,000 rows."""
    return [
        AlertRow(
            kind=row[0],
            subject=row[1],
            since=row[2],
            raised=bool(row[3]),
            raised_at=row[4],
            pending=row[5],
        )
        for row in session.rows("alerts_read", {"limit": MOST_ROWS})
    ]


def forget(session: Session, age_seconds: float) -> None:
    """Forget troubles that are over and were last told of that long ago."""
    session.rows("alerts_forget", {"age_seconds": age_seconds})
