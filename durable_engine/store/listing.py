"""Statements that find the rare among millions of workflows, on PostgreSQL.

Each part of the table has an index of its own that leads with what is asked for and
ends with the time: what is queued, what a process holds, and the rest by kind, or by
who ran it. A list is the merge of the first rows of each part.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from durable_engine.records import Sought
from durable_engine.states import WorkflowState
from durable_engine.store.dialects import Session

_MOST_KINDS = 2_000
_MOST_HELD = 20_000
_END = 2**31 - 1


def first_workflows(session: Session, sought: Sought, limit: int) -> list[str] | None:
    """Return the ids of the first workflows of a list, in its order.

    Returns:
        At most `limit` ids; None: there are more kinds of workflows than are looked at,
        so that the first ones are not known.
    """
    found = _found(session, sought, limit, in_all=_END)
    if found is None:
        return None
    found.sort(reverse=sought.newest_first)
    return [workflow_id for _micros, workflow_id in found[:limit]]


def count_workflows(
    session: Session, sought: Sought, most: int
) -> dict[str, int] | None:
    """Count the workflows of a list by status; counting ends at `most` of each.

    Returns:
        By status; None: there are more kinds of workflows than are looked at.
    """
    counts = {}
    for status in sought.statuses:
        alone = replace(sought, statuses=(status,))
        found = _found(session, alone, most, in_all=most)
        if found is None:
            return None
        counts[status] = min(len(found), most)
    return counts


def _found(
    session: Session, sought: Sought, limit: int, *, in_all: int
) -> list[tuple[int, str]] | None:
    """Return the places of rows that the parts have, in no order."""
    shared = _shared(session, sought) | {"limit": limit, "in_all": in_all}
    found: list[tuple[int, str]] = []
    for name, values in _parts(session, sought):
        for workflow_id, micros, complete in session.rows(name, shared | values):
            if complete is False:
                return None
            if workflow_id is not None:
                found.append((micros, workflow_id))
    return found


def _parts(session: Session, sought: Sought) -> list[tuple[str, dict[str, Any]]]:
    """Return the statements to ask, each with what it alone is told."""
    parts: list[tuple[str, dict[str, Any]]] = []
    statuses = set(sought.statuses)
    executors = None
    asked: dict[str, Any]
    if sought.executors is not None:
        executors = session.array(sought.executors)
        others = sorted(statuses - {WorkflowState.PENDING})
        if others:
            asked = {"executors": executors, "statuses": session.array(others)}
            parts.append(("listed_executors", asked))
    else:
        if WorkflowState.ENQUEUED in statuses:
            parts.append(
                ("listed_enqueued", {"most": _MOST_KINDS, "most_stray": _MOST_HELD})
            )
        others = sorted(statuses - {WorkflowState.ENQUEUED})
        if others:
            asked = {"statuses": session.array(others), "most": _MOST_KINDS}
            parts.append(("listed_kinds", asked))
    if WorkflowState.PENDING in statuses:
        parts.append(("listed_held", {"executors": executors, "most": _MOST_HELD}))
    return parts


def _shared(session: Session, sought: Sought) -> dict[str, Any]:
    """Return what every statement is told."""
    chosen = {
        "names": sought.names,
        "queues": sought.queues,
        "versions": sought.versions,
    }
    arrays = {
        key: None if some is None else session.array(some)
        for key, some in chosen.items()
    }
    return arrays | {
        "but": session.array(sought.queues_left_out),
        "since": _text(sought.since, "-infinity"),
        "until": _text(sought.until, "infinity"),
        "beside": sought.beside,
        "newest_first": sought.newest_first,
    }


def _text(instant: datetime | None, otherwise: str) -> str:
    return otherwise if instant is None else instant.isoformat()
