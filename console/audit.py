"""The audit trail: every act and every refused attempt leaves an entry here."""

import logging
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from console.models import AuditEntry

logger = logging.getLogger(__name__)

Outcome = AuditEntry.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, through what, and from where."""

    user: AbstractBaseUser | AnonymousUser
    via: str  # console, api, command or admin
    address: str | None

    @property
    def name(self) -> str:
        """The name that entries keep; empty for nobody."""
        return "" if self.user.is_anonymous else self.user.get_username()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is done to what, and why."""

    action: str
    target_type: str
    target_id: str
    reason: str = ""


def note(actor: Actor, act: Act, outcome: AuditEntry.Outcome, detail: str = "") -> None:
    """Write an entry, in the database and in the log."""
    AuditEntry.objects.create(
        actor=actor.name,
        via=actor.via,
        address=actor.address,
        action=act.action,
        target_type=act.target_type,
        target_id=act.target_id,
        reason=act.reason,
        outcome=outcome,
        detail=detail,
    )
    logger.info(
        "%s %s %s: %s",
        actor.name,
        act.action,
        act.target_id,
        outcome,
        extra={
            "via": actor.via,
            "address": actor.address,
            "reason": act.reason,
            "detail": detail,
        },
    )
