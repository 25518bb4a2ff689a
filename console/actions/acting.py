"""What every write shares: permission, then the engine, then the audit trail."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import router, transaction

from console.actors import Actor
from console.audit import Act, Outcome, Verdict, note
from console.models import AuditEntry
from console.permissions import Permission, may
from durable_engine.errors import NotAuthorized
from durable_engine.records import BulkResult

R = TypeVar("R")

NOT_PERMITTED = "you may not do this to it"
"""Why a bulk action left something alone that a project's resolver protects."""


def perform(
    actor: Actor,
    act: Act,
    permission: Permission | None,
    target: str,
    work: Callable[[], R],
    *,
    detail: str = "",
) -> R:
    """Do something to one target, and leave an entry: done, refused or failed.

    Args:
        actor: who does it.
        act: what.
        permission: what the actor needs for it; None: nothing, it is his own.
        target: to what.
        work: does it; a `NotAuthorized` from it counts as a refusal.
        detail: what the entry says besides, once it is done.

    Raises:
        NotAuthorized: the actor may not; the attempt is on record.

    Guarantees: the work and its entry are committed together where the console's
    tables and the engine's are in the same database.
    """
    if permission is not None:
        refuse_unless_permitted(actor, act, permission, [target])
    with _on_record(actor, act, [target]):
        answer = work()
        note(actor, act, {target: Verdict(outcome=Outcome.DONE, detail=detail)})
    return answer


def perform_bulk(
    actor: Actor,
    act: Act,
    permission: Permission,
    targets: Iterable[str],
    work: Callable[[list[str]], BulkResult],
) -> BulkResult:
    """Do something to several targets at once, and leave an entry for each.

    Raises:
        NotAuthorized: the actor may do it to none of them; the attempts are on record.

    Guarantees: as `perform`.
    """
    wanted = list(dict.fromkeys(targets))
    allowed = refuse_unless_permitted(actor, act, permission, wanted)
    with _on_record(actor, act, allowed):
        result = work(allowed)
        verdicts = dict.fromkeys(result.changed, Verdict(outcome=Outcome.DONE))
        for target, reason in result.unchanged.items():
            verdicts[target] = Verdict(outcome=Outcome.UNCHANGED, detail=reason)
        note(actor, act, verdicts)
    kept = set(allowed)
    left = {one: NOT_PERMITTED for one in wanted if one not in kept}
    return BulkResult(changed=result.changed, unchanged=result.unchanged | left)


def refuse_unless_permitted(
    actor: Actor, act: Act, permission: Permission, targets: list[str]
) -> list[str]:
    """Return the targets that the actor may act on; refusals are on record.

    Raises:
        NotAuthorized: there are none.
    """
    allowed = [one for one in targets if may(actor, permission, one)]
    if len(allowed) < len(targets):
        verdict = Verdict(outcome=Outcome.REFUSED, detail=permission.value)
        kept = set(allowed)
        note(actor, act, {one: verdict for one in targets if one not in kept})
    if not allowed and (targets or not may(actor, permission)):
        raise NotAuthorized(action=permission.value, user=actor.name)
    return allowed


@contextmanager
def _on_record(actor: Actor, act: Act, targets: list[str]) -> Iterator[None]:
    """A transaction whose failure leaves entries outside it."""
    try:
        with transaction.atomic(using=router.db_for_write(AuditEntry)):
            yield
    except Exception as error:
        note(actor, act, dict.fromkeys(targets, verdict_on(error)))
        raise


def verdict_on(error: Exception) -> Verdict:
    """Tell what an act that was ended by an error came to."""
    if isinstance(error, NotAuthorized):
        return Verdict(outcome=Outcome.REFUSED, detail=error.action)
    detail = f"{type(error).__name__}: {error}"
    return Verdict(outcome=Outcome.FAILED, detail=detail)
