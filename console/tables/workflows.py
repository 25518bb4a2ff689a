"""Rows and facts of workflows, and what stands above their list."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from console import formats
from console.tables.instants import Elapsed, Instant, instant, now
from console.tables.obstacles import Obstacle
from console.tables.places import Place
from console.tables.versions import digest
from durable_engine.states import WorkflowState

INTERNAL_QUEUE = "durable.internal"
"""Where the engine keeps what was started without a queue; nobody named it."""

SHORT_LABELS = {
    WorkflowState.MAX_RECOVERY_ATTEMPTS_EXCEEDED: "MAX RECOVERY",
}
"""Statuses whose name is too long for a table; the full one is in their title."""


def status_label(status: WorkflowState) -> str:
    """Return the word that stands for a status in a table."""
    return SHORT_LABELS.get(status, status.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """One workflow in a list. Holds no payload but, where asked for, attributes."""

    id: str
    name: str
    status: WorkflowState
    queue_name: str | None
    app_version: str
    executor_id: str | None
    started_by: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    delay_until: datetime | None
    wake_at: datetime | None
    waiting_on: str | None
    attributes: dict[str, Any] | None = None

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(
            self.status,
            self.queue_name,
            self.app_version,
            self.executor_id,
            self.attributes,
            self.started_at,
            self.completed_at,
            self.note,
            self.due and self.due.at,
        )

    @property
    def label(self) -> str:
        """The word for the status."""
        return status_label(self.status)

    @property
    def module(self) -> str:
        """Where the workflow is defined: all of its name up to the last dot."""
        return self.name.removesuffix(self.function)

    @property
    def function(self) -> str:
        """The last part of the workflow's name."""
        return self.name.rpartition(".")[2] or self.name

    @property
    def created(self) -> Instant:
        """When it was started or enqueued."""
        return Instant(at=self.created_at)

    @property
    def started(self) -> Instant | None:
        """When it first began to run."""
        return instant(self.started_at)

    @property
    def completed(self) -> Instant | None:
        """When it ended."""
        return instant(self.completed_at)

    @property
    def labels(self) -> list[tuple[str, str]]:
        """The attributes, each with its value as JSON, texts as they are."""
        return [
            (key, value if isinstance(value, str) else json.dumps(value))
            for key, value in (self.attributes or {}).items()
        ]

    @property
    def queue(self) -> str:
        """The queue it was put on by name; empty when it was started directly."""
        name = self.queue_name or ""
        return "" if name == INTERNAL_QUEUE else name

    @property
    def elapsed(self) -> Elapsed | None:
        """How long it has been running or ran; None before it begins."""
        if self.started_at is None:
            return None
        if self.status is WorkflowState.PENDING:
            return Elapsed(start=self.started_at, end=None)
        if self.completed_at is None:
            return None
        return Elapsed(start=self.started_at, end=self.completed_at)

    @property
    def note(self) -> str:
        """What it is waiting for, if it is waiting."""
        if self.status is WorkflowState.DELAYED:
            return _("due")
        if self.status is not WorkflowState.PENDING:
            return ""
        if self.wake_at is not None:
            return _("wakes") if self.wake_at > now() else _("due")
        return _("waits") if self.waiting_on else ""

    @property
    def due(self) -> Instant | None:
        """When the waiting ends at the latest."""
        if self.status is WorkflowState.DELAYED:
            return instant(self.delay_until)
        if self.status is WorkflowState.PENDING:
            return instant(self.wake_at)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFacts(WorkflowRow):
    """One workflow on its own page: all that is known but its payloads."""

    updated_at: datetime
    priority: int
    queue_partition_key: str | None
    deduplication_id: str | None
    recovery_attempts: int
    epoch: int
    parent_workflow_id: str | None
    forked_from: str | None
    schedule_name: str | None
    subject_type: str | None
    subject_id: str | None
    deadline: datetime | None
    timeout_seconds: float | None
    has_output: bool
    has_error: bool
    place: Place | None  # the step that it is at, or that failed
    obstacle: Obstacle | None  # why it does not run

    @property
    def version(self) -> str:
        """Changes when any shown value does."""
        return digest(*(getattr(self, field.name) for field in fields(self)))

    @property
    def updated(self) -> Instant:
        """The last change of the row."""
        return Instant(at=self.updated_at)

    @property
    def expires(self) -> Instant | None:
        """When its time-out cancels it."""
        return instant(self.deadline)

    @property
    def delayed(self) -> Instant | None:
        """Until when it must not start."""
        return instant(self.delay_until)

    @property
    def wakes(self) -> Instant | None:
        """Until when it waits at the latest."""
        return instant(self.wake_at)

    @property
    def timeout(self) -> str:
        """How long it may run once it starts; empty: as long as it likes."""
        if self.timeout_seconds is None:
            return ""
        return formats.duration(self.timeout_seconds)

    @property
    def full_status(self) -> str:
        """The status, spelled out."""
        return self.status.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorkflows:
    """What has come since a page of the list was made."""

    count: int
    limit: int
    query: str  # of the page that shows them

    @property
    def text(self) -> str:
        """`3 new`, bounded; empty when there is nothing new."""
        if not self.count:
            return ""
        return _("%s new") % formats.bounded(self.count, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many workflows have a status, for the strip above the list."""

    status: WorkflowState | None
    count: int | None  # None: counting took too long
    limit: int
    query: str
    current: bool

    @property
    def label(self) -> str:
        """The word for the status."""
        return _("ALL") if self.status is None else status_label(self.status)

    @property
    def text(self) -> str:
        """The count, bounded; dots if counting took too long."""
        return "…" if self.count is None else formats.bounded(self.count, self.limit)
