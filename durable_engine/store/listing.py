"""Statements that find the rare among millions of workflows, on PostgreSQL.

Each part of the table has an index of its own that leads with what is asked for and
ends with the time: what is queued, what a process holds, and the rest by kind, or by
who ran it. A list is the merge of the first rows of each part.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from durable_engine.records import Sought
from durable_engine.states import WorkflowState
from durable_engine.store.dialects import Session

_MOST_KINDS = 2_000
_MOST_HELD = 20_000
_MOST_NAMED = 20_000
_AT_ONCE = 100
_SHARE = 10
_END = 2**31 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_workflows(
    session: Session, sought: Sought, limit: int, *, in_all: int | None = None
) -> list[str] | None:
    """Return the ids of the first workflows of a list, in its order.

    Args:
        session: to ask.
        sought: the list.
        limit: most ids.
        in_all: reading ends after so many rows, which then are not the first ones; to
            find out whether a list has fewer.

    Returns:
        At most `limit` ids; None: there are more kinds of workflows than are looked at,
        so that the first ones are not known.
    """
    if in_all is None and limit > _AT_ONCE:
        sought = _nearer(session, sought, limit)
    found = _found(session, sought, limit, in_all=in_all or _END)
    if found is None:
        return None
    found.sort(reverse=sought.newest_first)
    return [workflow_id for _micros, workflow_id in found[:limit]]


def first_instant(session: Session, sought: Sought) -> tuple[bool, datetime | None]:
    """Tell whether it is known where a list begins, and where; None: it is empty."""
    found = _found(session, sought, 1, in_all=_END)
    if found is None:
        return False, None
    if not found:
        return True, None
    micros, _id = (max if sought.newest_first else min)(found)
    return True, _EPOCH + timedelta(microseconds=micros)


def count_workflows(
    session: Session, sought: Sought, most: int
) -> dict[str, int] | None:
    """Count the workflows of a list by status; counting ends at `most` of each.

    Returns:
        By status; None: there are more kinds of workflows than are looked at.
    """
    if _unserved(sought):
        return None
    counts = {}
    for status in sought.statuses:
        alone = replace(sought, statuses=(status,))
        asked = _shared(session, alone, most) | {"in_all": most, "counting": True}
        number = 0
        for name, values in _parts(session, alone):
            complete, some = session.rows(name, asked | values)[0][2:]
            if not complete:
                return None
            number += some
        counts[status] = min(number, most)
    return counts


def _nearer(session: Session, sought: Sought, limit: int) -> Sought:
    """Return the same list, cut off where its first rows are known to have ended.

    Of many kinds, each could fill a large page. A few rows of each tell how far the page
    reaches at most.
    """
    found = _found(session, sought, limit // _SHARE, in_all=_END)
    if found is None or len(found) < limit:
        return sought
    found.sort(reverse=sought.newest_first)
    last = _EPOCH + timedelta(microseconds=found[limit - 1][0])
    if sought.newest_first:
        return replace(sought, since=max(last, sought.since or last))
    return replace(sought, until=min(last, sought.until or last))


def _found(
    session: Session, sought: Sought, limit: int, *, in_all: int
) -> list[tuple[int, str]] | None:
    """Return the places of rows that the parts have, in no order."""
    if _unserved(sought):
        return None
    asked = _shared(session, sought, limit) | {"in_all": in_all, "counting": False}
    found: list[tuple[int, str]] = []
    for name, values in _parts(session, sought):
        for workflow_id, micros, complete, _number in session.rows(
            name, asked | values
        ):
            if complete is False:
                return None
            if workflow_id is not None:
                found.append((micros, workflow_id))
    return found


def _unserved(sought: Sought) -> bool:
    """Whether no index has it all: who ran them last, and what kind they are."""
    kinds = replace(sought, executors=None).narrow
    ran = set(sought.statuses) != {WorkflowState.PENDING}
    return sought.executors is not None and kinds and ran


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
                ("listed_enqueued", {"most": _MOST_KINDS, "most_named": _MOST_NAMED})
            )
        others = sorted(statuses - {WorkflowState.ENQUEUED})
        if others:
            asked = {"statuses": session.array(others), "most": _MOST_KINDS}
            parts.append(("listed_kinds", asked))
    if WorkflowState.PENDING in statuses:
        parts.append(("listed_held", {"executors": executors, "most": _MOST_HELD}))
    return parts


def _shared(session: Session, sought: Sought, limit: int) -> dict[str, Any]:
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
        "limit": limit,
        "but": session.array(sought.queues_left_out),
        "since": _text(sought.since, "-infinity"),
        "until": _text(sought.until, "infinity"),
        "beside": sought.beside,
        "newest_first": sought.newest_first,
    }


def _text(instant: datetime | None, otherwise: str) -> str:
    return otherwise if instant is None else instant.isoformat()
