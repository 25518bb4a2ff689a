"""Statements about executors: registration, leases, take-over."""

import json
from dataclasses import asdict

from durable_engine.records import Capacity, ExecutorRow
from durable_engine.store.dialects import Session


def register(session: Session, row: ExecutorRow, lease_seconds: float) -> float:
    """Register an executor with a lease; return the database's time."""
    with session.transaction():
        if row.app_version:
            session.rows("version_register", {"name": row.app_version})
        parameters = asdict(row) | {"lease_seconds": lease_seconds}
        epoch_seconds: float = session.rows("executor_register", parameters)[0][0]
    return epoch_seconds


def beat(
    session: Session,
    executor_id: str,
    *,
    lease_seconds: float,
    draining: bool,
    kind: str,
    capacity: Capacity,
) -> float | None:
    """Renew a lease; return the database's time, or None when the lease is lost."""
    parameters = {
        "id": executor_id,
        "lease_seconds": lease_seconds,
        "draining": draining,
        "kind": kind,
        **asdict(capacity),
        "queues": None if capacity.queues is None else json.dumps(capacity.queues),
    }
    row = session.row("executor_beat", parameters)
    return None if row is None else row[0]


def neighbours(session: Session, host_key: str) -> list[tuple[str, int, str]]:
    """Return (id, pid, process key) of this host's executors with a live lease."""
    rows = session.rows("executors_neighbours", {"host_key": host_key})
    return [(row[0], row[1], row[2]) for row in rows]


def expire(session: Session, executor_ids: list[str]) -> list[str]:
    """End the leases of processes known to be dead; return the ids changed."""
    parameters = {"ids": session.array(executor_ids)}
    return [row[0] for row in session.rows("executors_expire", parameters)]


def take_over(session: Session, limit: int) -> list[str]:
    """Make workflows of dead executors due; return their ids, at most `limit`.

    While nobody is dead it costs a look at each owner, not at each workflow, and writes
    nothing.
    """
    owners = dead_owners(session, limit)
    return take_from(session, owners, limit) if owners else []


def dead_owners(session: Session, limit: int) -> list[str]:
    """Return executors without a lease that own running workflows, by name."""
    rows = session.rows("executors_dead_owners", {"limit": limit})
    return [row[0] for row in rows]


def lease_held(session: Session, executor_id: str) -> bool | None:
    """Tell whether an executor's lease holds; None: there is no such executor.

    In a transaction it stays so until the commit.
    """
    row = session.row("executor_lease", {"id": executor_id})
    return None if row is None else bool(row[0])


def take_from(session: Session, executor_ids: list[str], limit: int) -> list[str]:
    """Make workflows of these due if they are dead; return ids, at most `limit`."""
    parameters = {"executor_ids": session.array(executor_ids), "limit": limit}
    return [row[0] for row in session.rows("workflows_take_from", parameters)]


def hand_over(session: Session, executor_id: str) -> list[str]:
    """Give back all that a stopping executor owns; return the ids."""
    parameters = {"executor_id": executor_id}
    return [row[0] for row in session.rows("workflows_hand_over", parameters)]


def remove(session: Session, executor_id: str) -> None:
    """Forget an executor that stopped in order."""
    session.rows("executor_remove", {"id": executor_id})


def prune(session: Session, age_seconds: float) -> None:
    """Forget executors that died that long ago and own nothing."""
    session.rows("executors_prune", {"age_seconds": age_seconds})


def read_clock(session: Session) -> float:
    """Return the database's time in seconds since the epoch."""
    epoch_seconds: float = session.rows("clock_read", {})[0][0]
    return epoch_seconds


def versions_in_flight(session: Session, limit: int) -> dict[str, int]:
    """Return how many workflows of each version have not ended, up to a bound."""
    rows = session.rows("versions_in_flight", {"limit": limit})
    return {row[0]: row[1] for row in rows}


def versions_alive(session: Session) -> set[str]:
    """Return the versions that a live worker runs."""
    return {row[0] for row in session.rows("versions_alive", {})}


def versions_stranded(session: Session, limit: int) -> dict[str, int]:
    """Return the versions with workflows in flight that no live worker runs.

    Workflows that any version may run are of none, and never stranded.
    """
    alive = versions_alive(session)
    in_flight = versions_in_flight(session, limit)
    return {
        name: number for name, number in in_flight.items() if name and name not in alive
    }


def adopt(
    session: Session,
    versions: list[str],
    names: list[str],
    app_version: str,
    *,
    limit: int,
) -> list[str]:
    """Let idle workflows of other versions belong to this one; return their ids.

    Args:
        session: of the engine.
        versions: which they belong to.
        names: of the workflows.
        app_version: which they shall belong to.
        limit: most rows of each status.
    """
    parameters = {
        "versions": session.array(versions),
        "names": session.array(names),
        "app_version": app_version,
        "limit": limit,
    }
    return [row[0] for row in session.rows("versions_adopt", parameters)]


def waiting(session: Session, limit: int) -> list[tuple[str, str, str]]:
    """Return (name, queue, version) of what waits in queues, each once, in part."""
    rows = session.rows("workflows_waiting", {"limit": limit})
    return [(row[0], row[1], row[2]) for row in rows]
