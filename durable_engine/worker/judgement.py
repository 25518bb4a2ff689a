"""Whom to tell of what: pure, of what is wrong now and what is remembered.

```
            found                      long enough, and cooled down
 (none) ──────────► GOING ON, untold ────────────────────────────► GOING ON, told
   ▲                      │                                              │
   └──────────────────────┴──────────── not found any more ──────────────┘
```

Somebody is told once of each occurrence. After the cool-down of the last alert about
the same subject, not before: trouble that comes and goes is told of once in that time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from durable_engine.clock import from_epoch
from durable_engine.records.alerts import Alert, AlertKind, AlertRow, Trouble

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What to remember from now on, and what to say."""

    rows: list[AlertRow]  # only those that changed, by kind and subject
    alerts: list[Alert]


def judge(
    troubles: Iterable[Trouble],
    failures: Iterable[Trouble],
    remembered: Iterable[AlertRow],
    *,
    now: float,
    cool_down_seconds: float,
) -> Judgement:
    """Decide what is told, and what is remembered.

    Args:
        troubles: what is wrong at this moment.
        failures: what failed since the last look, one trouble a name.
        remembered: what the last look left.
        now: epoch seconds of the database.
        cool_down_seconds: between two alerts about one subject.
    """
    before = {(row.kind, row.subject): row for row in remembered}
    after = dict(before)
    alerts: list[Alert] = []
    present = {(str(one.kind), one.subject): one for one in troubles}
    for key, row in before.items():
        if row.since is not None and key not in present:
            after[key] = replace(row, since=None, raised=False)
    for key, trouble in present.items():
        row = after.get(key) or _new(key)
        since = row.since if row.since is not None else trouble.since or now
        row = replace(row, since=since)
        waited = now - since >= trouble.after_seconds
        if waited and not row.raised and _cooled(row, now, cool_down_seconds):
            row = replace(row, raised=True, raised_at=now)
            alerts.append(_alert(trouble, since))
        after[key] = row
    alerts += _failed(failures, after, now, cool_down_seconds)
    rows = [row for key, row in sorted(after.items()) if before.get(key) != row]
    return Judgement(rows=rows, alerts=alerts)


def _failed(
    failures: Iterable[Trouble],
    after: dict[Key, AlertRow],
    now: float,
    cool_down_seconds: float,
) -> list[Alert]:
    """Count failures, and tell of those whose name has cooled down."""
    fresh = {(str(one.kind), one.subject): one for one in failures}
    for key, trouble in fresh.items():
        row = after.get(key) or _new(key)
        after[key] = replace(row, pending=row.pending + trouble.count)
    alerts = []
    for key, row in after.items():
        if row.pending and _cooled(row, now, cool_down_seconds):
            alerts.append(_told(row, fresh, now))
            after[key] = replace(row, pending=0, raised_at=now)
    return alerts


def _told(row: AlertRow, fresh: Mapping[Key, Trouble], now: float) -> Alert:
    trouble = fresh.get((row.kind, row.subject))
    times = "once" if row.pending == 1 else f"{row.pending} times"
    since = row.raised_at or (trouble.since if trouble is not None else None) or now
    return Alert(
        kind=AlertKind.WORKFLOW_FAILED,
        subject=row.subject,
        message=f"the workflow {row.subject!r} failed {times}",
        since=from_epoch(since),
        count=row.pending,
        workflow_ids=trouble.workflow_ids if trouble is not None else (),
    )


def _alert(trouble: Trouble, since: float) -> Alert:
    return Alert(
        kind=trouble.kind,
        subject=trouble.subject,
        message=trouble.message,
        since=from_epoch(since),
    )


def _new(key: Key) -> AlertRow:
    return AlertRow(kind=key[0], subject=key[1])


def _cooled(row: AlertRow, now: float, cool_down_seconds: float) -> bool:
    return row.raised_at is None or now - row.raised_at >= cool_down_seconds
