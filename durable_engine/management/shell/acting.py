"""Every write of a command: permission, then the engine, then whoever keeps record.

The engine knows no audit trail: the signals `operator_acting` and `operator_acted` ask
and tell whoever does. Where nobody answers, Django's permissions of the user decide.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from django.db import transaction

from durable_engine import conf
from durable_engine.errors import NotAuthorized
from durable_engine.records.operators import OperatorAct, OperatorOutcome
from durable_engine.runtime.engine import Engine
from durable_engine.signals import operator_acted, operator_acting

R = TypeVar("R")

NOT_PERMITTED = "you may not do this to it"
"""Why something is left alone that a project's rules protect."""


def permitted(act: OperatorAct) -> list[str]:
    """Return the targets that the operator may act on, in order.

    Raises:
        NotAuthorized: there are none.
    """
    answers = operator_acting.send(Engine, act=act)
    rulings: list[Collection[str]] = [some for _, some in answers if some is not None]
    if not rulings:
        rulings = [act.target_ids if _by_django(act) else ()]
    allowed = [one for one in act.target_ids if all(one in some for some in rulings)]
    if not allowed:
        raise NotAuthorized(action=act.permission, user=act.operator.name)
    return allowed


def may(act: OperatorAct) -> bool:
    """Tell whether the operator may do this to all targets; leaves no trace."""
    try:
        allowed = permitted(replace(act, asks_only=True))
    except NotAuthorized:
        return False
    return len(allowed) == len(act.target_ids)


def perform(
    act: OperatorAct, work: Callable[[list[str]], OperatorOutcome]
) -> OperatorOutcome:
    """Act on several targets at once; say which changed, and why not the others.

    Args:
        act: what is done.
        work: does it to those that it is given.

    Raises:
        NotAuthorized: the operator may do it to none of them.
        Exception: what `work` raises; then nothing is changed.

    Guarantees: the work and what receivers write about it are committed together,
    where that is in the engine's database.
    """
    allowed = permitted(act)
    with _on_record(replace(act, target_ids=tuple(allowed))) as tell:
        outcome = work(allowed)
        tell(outcome)
    kept = set(allowed)
    left = {one: NOT_PERMITTED for one in act.target_ids if one not in kept}
    return replace(outcome, unchanged=outcome.unchanged | left)


def perform_one(act: OperatorAct, work: Callable[[], R], detail: str = "") -> R:
    """Act on one target; return what `work` returns. Otherwise as `perform`."""
    permitted(act)
    with _on_record(act) as tell:
        answer = work()
        tell(OperatorOutcome(changed=dict.fromkeys(act.target_ids, detail)))
    return answer


def note_done(act: OperatorAct, outcome: OperatorOutcome) -> None:
    """Tell of an act that took more than one transaction, and is over."""
    operator_acted.send(Engine, act=act, outcome=outcome)


@contextmanager
def _on_record(act: OperatorAct) -> Iterator[Callable[[OperatorOutcome], None]]:
    """A transaction whose failure is told outside it."""
    try:
        with transaction.atomic(using=conf.settings().database):
            yield partial(note_done, act)
    except Exception as error:
        note_done(act, OperatorOutcome(error=error))
        raise


def _by_django(act: OperatorAct) -> bool:
    """Decide by Django's permissions; who names no user has the database in reach."""
    user = act.operator.user
    has_permission = getattr(user, "has_perm", None)
    if user is None:
        return True
    return has_permission is not None and bool(has_permission(act.permission))
