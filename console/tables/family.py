"""Where a workflow belongs, who ran it, and what was done to it."""

from dataclasses import dataclass
from datetime import datetime

from console.tables.instants import Instant
from durable_engine.states import WorkflowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An ancestor, a child or a fork."""

    id: str
    name: str
    status: WorkflowState
    inside: tuple["Relative", ...] = ()  # its children

    @property
    def function(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2] or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one claim of a workflow recorded."""

    epoch: int
    first: int  # position
    last: int
    started_at: datetime

    @property
    def started(self) -> Instant:
        """When its first step began."""
        return Instant(at=self.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """One entry of the audit trail."""

    at: datetime
    actor: str
    via: str
    action: str
    outcome: str
    reason: str
    detail: str

    @property
    def instant(self) -> Instant:
        """When it was done."""
        return Instant(at=self.at)

    @property
    def verb(self) -> str:
        """The action for people: `cancel workflow`."""
        return self.action.replace("_", " ")

    @property
    def tone(self) -> str:
        """The look of the outcome."""
        return {"done": "good", "refused": "bad", "failed": "bad"}.get(self.outcome, "")
