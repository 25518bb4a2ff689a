"""The audit trail: every act and every refused attempt leaves an entry here."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from console.actors import Actor
from console.conf import REASON_CHARACTERS
from console.models import AuditEntry
from durable_engine.ids import MAX_ID_LENGTH

logger = logging.getLogger(__name__)

Outcome = AuditEntry.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is done, to what kind of thing, and why."""

    action: str  # such as "cancel_workflow"
    target_type: str  # workflow, queue, schedule, token
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of an act on one target."""

    outcome: AuditEntry.Outcome
    detail: str = ""


def note(actor: Actor, act: Act, verdicts: Mapping[str, Verdict]) -> None:
    """Write one entry per target, in the database and in the log.

    In the caller's transaction, if there is one: then an act and its entry are
    committed together.
    """
    reason = _kept(act.reason.strip(), REASON_CHARACTERS)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor=actor.name,
            via=actor.via,
            address=actor.address,
            action=act.action,
            target_type=act.target_type,
            target_id=_kept(target_id, MAX_ID_LENGTH),
            reason=reason,
            outcome=verdict.outcome,
            detail=_kept(verdict.detail),
        )
        for target_id, verdict in verdicts.items()
    )
    for target_id, verdict in verdicts.items():
        logger.info(
            "%s %s %s: %s",
            actor.name,
            act.action,
            target_id,
            verdict.outcome,
            extra={
                "via": actor.via,
                "address": actor.address,
                "reason": reason,
                "detail": verdict.detail,
            },
        )


def _kept(text: str, most: int | None = None) -> str:
    """Return what a database can keep of a text that somebody sent."""
    return text.replace("\0", "")[:most]
