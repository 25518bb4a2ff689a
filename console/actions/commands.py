"""Permission and audit for the engine's commands, which know neither.

Receivers of the engine's signals, connected at start-up: `ask` before an act, `record`
within its transaction. Whoever names no user is somebody at a shell.
"""

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AnonymousUser

from console.actions.acting import refuse_unless_permitted, verdict_on
from console.actors import Actor
from console.audit import Act, Outcome, Verdict, note
from console.permissions import Permission, may
from durable_engine.records.operators import Operator, OperatorAct, OperatorOutcome
from durable_engine.signals import operator_acted, operator_acting


def connect() -> None:
    """Ask and record from now on, once however often this is called."""
    operator_acting.connect(ask, dispatch_uid="durable_console.ask")
    operator_acted.connect(record, dispatch_uid="durable_console.record")


def ask(*, act: OperatorAct, **_: Any) -> list[str]:
    """Return the targets that the operator may act on; refused attempts are on record.

    Raises:
        NotAuthorized: there are none.
    """
    actor = actor_at_shell(act.operator)
    permission = Permission(act.permission)
    if act.asks_only:
        return [one for one in act.target_ids if may(actor, permission, one)]
    return refuse_unless_permitted(
        actor, _act_of(act), permission, list(act.target_ids)
    )


def record(*, act: OperatorAct, outcome: OperatorOutcome, **_: Any) -> None:
    """Write an entry for every target; who acts as a user is named too."""
    if outcome.error is not None:
        verdicts = dict.fromkeys(act.target_ids, verdict_on(outcome.error))
    else:
        verdicts = {
            target: Verdict(outcome=Outcome.DONE, detail=detail)
            for target, detail in outcome.changed.items()
        }
        for target, reason in outcome.unchanged.items():
            verdicts[target] = Verdict(outcome=Outcome.UNCHANGED, detail=reason)
    if act.operator.user is not None:
        where = f"at the shell of {act.operator.seat}"
        verdicts = {
            target: replace(one, detail="; ".join(filter(None, (one.detail, where))))
            for target, one in verdicts.items()
        }
    note(actor_at_shell(act.operator), _act_of(act), verdicts)


def actor_at_shell(operator: Operator) -> Actor:
    """Return the user acted as, or somebody whom Django does not know."""
    return Actor(
        user=AnonymousUser() if operator.user is None else operator.user,
        via="command",
        address=None,
        label=operator.seat,
    )


def _act_of(act: OperatorAct) -> Act:
    return Act(action=act.action, target_type=act.target_type, reason=act.reason)
