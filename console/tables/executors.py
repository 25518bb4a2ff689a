"""Processes that run workflows."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from console.tables.instants import Instant
from console.tables.versions import digest
from durable_engine.states import WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorRow:
    """One process that runs workflows."""

    id: str
    hostname: str
    pid: int
    kind: str
    app_version: str
    draining: bool
    started_at: datetime
    heartbeat_at: datetime
    alive: bool

    @property
    def state(self) -> str:
        """Alive, leaving, or silent for longer than its lease."""
        if not self.alive:
            return _("silent")
        return _("draining") if self.draining else _("alive")

    @property
    def tone(self) -> str:
        """The status whose colour fits the state."""
        if not self.alive:
            return WorkflowState.ERROR
        return WorkflowState.CANCELLED if self.draining else WorkflowState.SUCCESS

    @property
    def started(self) -> Instant:
        """When the process began."""
        return Instant(at=self.started_at)

    @property
    def version(self) -> str:
        """Changes when any shown value does; a beat is none."""
        return digest(self.id, self.state)
