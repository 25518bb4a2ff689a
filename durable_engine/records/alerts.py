"""Alerts: what is wrong, whom it concerns, and what is remembered of it."""

import enum
from dataclasses import dataclass
from datetime import datetime


class AlertKind(enum.StrEnum):
    """What may be wrong."""

    WORKFLOW_FAILED = "workflow_failed"  # subject: the workflow's name
    QUEUE_STUCK = "queue_stuck"  # subject: the queue
    SCHEDULE_MISSED = "schedule_missed"  # subject: the schedule
    EXECUTOR_DEAD = "executor_dead"  # subject: the process
    VERSION_STRANDED = "version_stranded"  # subject: the application's version
    NO_WORKER = "no_worker"  # subject: empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as receivers and the hook are given it."""

    kind: AlertKind
    subject: str
    message: str  # one sentence, for people
    since: datetime  # aware: when the trouble began, as far as is known
    count: int = 1  # workflows that failed since the last alert of this name
    workflow_ids: tuple[str, ...] = ()  # some of them, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong at one look."""

    kind: AlertKind
    subject: str
    message: str
    since: float | None = None  # None: known since this look
    after_seconds: float = 0.0  # how long it must go on before somebody is told
    count: int = 1
    workflow_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """What is remembered of a trouble between two looks."""

    kind: str
    subject: str
    since: float | None = None  # None: it is over
    raised: bool = False  # somebody was told of this occurrence
    raised_at: float | None = None  # of the last alert, for the cool-down
    pending: int = 0  # failures that nobody was told of
