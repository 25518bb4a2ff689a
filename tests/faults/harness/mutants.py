"""Broken engines: each breaks one promise, and the proof must notice.

They are installed in programs under test, and in the tests of races, only. The
statements a mutant adds are known to the driver boundary like any other.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from durable_engine.runtime import replay, steps, transactions
from durable_engine.runtime.operations import Recorded
from durable_engine.store import messages
from durable_engine.store import steps as step_statements
from durable_engine.store.dialects import Session
from durable_engine.store.parameters import step_parameters
from durable_engine.store.statements import Statement

_TAKE = """
UPDATE durable_engine_message SET consumed_position = :position WHERE id = (
    SELECT min(id) FROM durable_engine_message
    WHERE workflow_id = :workflow_id AND topic = :topic AND consumed_position IS NULL
) RETURNING body
"""
_MOVED = 110  # what every `move` of the scripts returns


def apply(name: str | None) -> None:
    """Break this process's engine as named; None leaves it whole."""
    if name is not None:
        MUTANTS[name]()


def _receive_before_its_checkpoint() -> None:
    """Consume a message in one commit, and record it in the next."""

    def receive(session: Session, row: Any, executor_id: str) -> Any:
        parameters = step_parameters(row.step, executor_id) | {"topic": row.topic}
        session._statements["mutant_take"] = Statement("mutant_take", (_TAKE,))
        found = session.rows("mutant_take", parameters)
        if not found:
            return True, None, False
        parameters["output"] = found[0][0]
        session.rows("step_insert", parameters)
        return True, found[0][0], True

    messages.receive = receive


def _send_before_its_checkpoint() -> None:
    """Send a message in one commit, and record that in the next."""
    whole = messages.send

    def send(session: Session, row: Any, executor_id: str) -> Any:
        if row.step is None:
            return whole(session, row, executor_id)
        sent = whole(session, replace(row, step=None), executor_id)
        session.rows("step_insert", step_parameters(row.step, executor_id))
        return sent

    messages.send = send


def _transaction_before_its_checkpoint() -> None:
    """Commit the user's writes, and record the step afterwards."""
    once = transactions._Attempt._once
    transactions._Attempt._checkpoint = lambda *_: True

    def late(attempt: Any, args: Any, kwargs: Any) -> Any:
        value = once(attempt, args, kwargs)
        attempt._record(replay.encode_output(attempt.run, value, "a result"))
        return value

    transactions._Attempt._once = late


def _checkpoint_before_its_transaction() -> None:
    """Record what the step will return, and then commit the user's writes."""
    once = transactions._Attempt._once

    def early(attempt: Any, args: Any, kwargs: Any) -> Any:
        entry = replay.record(
            attempt.run,
            attempt.position,
            attempt.registration.name,
            started_at=attempt.started_at,
            output=replay.encode_output(attempt.run, _MOVED, "a result"),
        )
        attempt.run.engine.journal.wait(entry)
        return once(attempt, args, kwargs)

    transactions._Attempt._checkpoint = lambda *_: True
    transactions._Attempt._once = early


def _step_before_its_effect() -> None:
    """Record a step as done, and then do it."""
    make = steps._Attempts.make

    def early(attempts: Any, args: Any, kwargs: Any) -> Any:
        entry = replay.record(
            attempts.run,
            attempts.position,
            attempts.registration.name,
            started_at=attempts.started_at,
            output=replay.encode_output(attempts.run, f"{args[0]} noted", "a result"),
        )
        yield Recorded(attempts.run.engine.journal, entry)
        return (yield from make(attempts, args, kwargs))

    steps._Attempts.make = early


def _no_replay() -> None:
    """Forget what is recorded: every claim begins anew."""
    step_statements.read = lambda *_: {}
    step_statements.read_many = lambda *_: {}


MUTANTS: dict[str, Callable[[], None]] = {
    "receive before its checkpoint": _receive_before_its_checkpoint,
    "send before its checkpoint": _send_before_its_checkpoint,
    "transaction before its checkpoint": _transaction_before_its_checkpoint,
    "checkpoint before its transaction": _checkpoint_before_its_transaction,
    "step before its effect": _step_before_its_effect,
    "no replay": _no_replay,
}
