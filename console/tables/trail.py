"""Entries of the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from console.models import AuditEntry
from console.tables.instants import Instant

_BADGES = {
    AuditEntry.Outcome.DONE: "good",
    AuditEntry.Outcome.UNCHANGED: "",
    AuditEntry.Outcome.REFUSED: "warn",
    AuditEntry.Outcome.FAILED: "bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One act, or one refused attempt."""

    id: int
    at: datetime
    actor: str
    via: str
    address: str | None
    action: str
    target_type: str
    target_id: str
    reason: str
    outcome: str
    detail: str

    @property
    def when(self) -> Instant:
        """When it happened, by the database's clock."""
        return Instant(at=self.at)

    @property
    def verb(self) -> str:
        """What was done: `cancel_workflow` reads as `cancel workflow`."""
        return self.action.replace("_", " ")

    @property
    def label(self) -> str:
        """The word for what came of it."""
        return str(AuditEntry.Outcome(self.outcome).label)

    @property
    def badge(self) -> str:
        """The colour of that word."""
        return _BADGES[AuditEntry.Outcome(self.outcome)]

    @property
    def record(self) -> dict[str, str | int | None]:
        """All of it, as programs read it."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "via": self.via,
            "address": self.address,
            "action": self.action,
            "target_type": self.target_type,
            "target_id": self.target_id,
            "reason": self.reason,
            "outcome": self.outcome,
            "detail": self.detail,
        }
