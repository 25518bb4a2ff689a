"""What came of a write, target by target, and how that is told."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from durable_engine.errors import DurableError, NotAuthorized
from durable_engine.ids import check_key
from durable_engine.management.shell.acting import perform, perform_one
from durable_engine.management.shell.documents import write_document
from durable_engine.management.shell.terminal import Terminal, printable
from durable_engine.management.shell.word import Shell
from durable_engine.records.operators import OperatorAct, OperatorOutcome

_BATCH_ROWS = 200

Act = Callable[[Sequence[str]], OperatorAct]
"""Makes the act on some targets."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came of a write.

    `made` holds what is new, by its origin: the id of a copy, or several ids. `error`
    ended it early: what is not mentioned was not touched.
    """

    changed: list[str] = field(default_factory=list)
    unchanged: dict[str, str] = field(default_factory=dict)  # to why
    made: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None


def in_batches(
    shell: Shell,
    act: Act,
    targets: Sequence[str],
    work: Callable[[list[str]], OperatorOutcome],
    answer: Answer,
) -> None:
    """Do something to many targets, a bounded number in each transaction.

    Raises:
        NotAuthorized: the operator may do it to none of the first batch; nothing has
            happened.
    """
    targets = _valid(targets, answer)
    with shell.terminal.progress(f"of {len(targets):,}") as show:
        for first in range(0, len(targets), _BATCH_ROWS):
            batch = targets[first : first + _BATCH_ROWS]
            try:
                outcome = perform(act(batch), work)
            except NotAuthorized as refusal:
                if first == 0:
                    raise
                answer.unchanged |= dict.fromkeys(batch, str(refusal))
            except Exception as error:  # noqa: BLE001 - told after what was done
                answer.error = error
                return
            else:
                answer.changed += _in_order(outcome.changed, batch)
                answer.unchanged |= outcome.unchanged
            show(min(first + _BATCH_ROWS, len(targets)))


def one_by_one(
    act: Act, targets: Sequence[str], work: Callable[[str], object], answer: Answer
) -> None:
    """Do something to each of a few targets, each in a transaction of its own.

    What `work` returns, if not None, is what was made. A refusal of the engine leaves
    that target alone, and the next one is tried.

    Raises:
        NotAuthorized: the operator may do it to none of them; nothing has happened.
    """
    refusals: list[NotAuthorized] = []
    for target in _valid(targets, answer):
        try:
            made = perform_one(act([target]), partial(work, target))
        except (DurableError, ValueError) as error:
            answer.unchanged[target] = str(error)
            refusals += [error] if isinstance(error, NotAuthorized) else []
            continue
        answer.changed.append(target)
        if made is not None:
            answer.made[target] = made
    if refusals and len(refusals) == len(targets):
        raise refusals[0]


def write_answer(terminal: Terminal, answer: Answer, done: str) -> None:
    """Write what came of it, as a document or a line each.

    Args:
        terminal: what to write on.
        answer: what came of it.
        done: in a word, such as "cancelled".

    Raises:
        CommandError: something was left alone.
        Exception: what ended it early.
    """
    if terminal.as_json:
        document = {"changed": answer.changed, "unchanged": answer.unchanged}
        made = {"made": answer.made} if answer.made else {}
        write_document(terminal, document | made)
    else:
        for line in _lines(answer, done):
            terminal.line(line)
    if answer.error is not None:
        raise answer.error
    if answer.unchanged:
        count = len(answer.changed) + len(answer.unchanged)
        message = f"{len(answer.unchanged)} of {count} left alone."
        raise CommandError(message)


def _in_order(changed: Collection[str], batch: Sequence[str]) -> list[str]:
    """Return what was changed as it was given; then what was changed with it."""
    given = set(batch)
    first = [target for target in batch if target in changed]
    return first + [target for target in changed if target not in given]


def _valid(targets: Sequence[str], answer: Answer) -> list[str]:
    """Return what can be an id or a name; the answer says what is wrong with the rest."""
    found = []
    for target in targets:
        try:
            found.append(check_key(target, what="an id or a name"))
        except ValueError as error:
            answer.unchanged[target] = str(error)
    return found


def _lines(answer: Answer, done: str) -> Iterator[str]:
    for target in answer.changed:
        made = answer.made.get(target)
        if isinstance(made, list):
            yield printable(f"{target}  {done}: {len(made)}")
            yield from (printable(f"  {one}") for one in made)
        else:
            new = "" if made is None else f": {made}"
            yield printable(f"{target}  {done}{new}")
    for target, why in answer.unchanged.items():
        yield printable(f"{target}  left alone: {why}")
