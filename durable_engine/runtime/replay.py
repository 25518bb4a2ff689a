"""Positions: what was recorded there, and recording what happens now.

Every durable operation of a workflow begins with `begin` and, unless it was
recorded, ends with `record`.
"""

import logging
from collections.abc import Callable
from typing import Any

from durable_engine import serialization
from durable_engine.errors import NonDeterminism, SerializationError
from durable_engine.records import JournalRow, StepRow, Verdict
from durable_engine.runtime.context import Run
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.operations import Blocking, Operation, Recorded

logger = logging.getLogger(__name__)


def begin(run: Run, name: str) -> Operation[tuple[int, StepRow | None]]:
    """Take the next position; return it with what was recorded there, if anything.

    Nothing new begins before all that this workflow did is durable (I1).

    Raises:
        WorkflowInterruption: the run was cancelled, fenced or is being unloaded.
        NonDeterminism: something else was recorded at this position.
        BaseException: a rehearsal's own: nothing more is recorded.
    """
    run.check()
    position = run.next_position()
    recorded = run.history.pop(position, None) if run.history else None
    if recorded is not None:
        if recorded.name != name:
            raise diverged(run, position, recorded.name, name)
        if recorded.completed_at is not None:
            run.passed(recorded.completed_at)
        elif run.rehearsal is not None:
            yield run.rehearsal
        return position, recorded
    if run.rehearsal is not None:
        yield run.rehearsal
    last = run.last_entry
    if last is not None and not last.done:
        yield Recorded(run.engine.journal, last)
        run.check()
    membership = run.engine.membership
    if membership is not None and not membership.trusted():
        # Silent for so long that others may have taken over: begin nothing until
        # the database has said who owns this workflow.
        yield Blocking(run.engine, membership.wait_for_verdict)
        run.check()
    return position, None


def diverged(run: Run, position: int, recorded: str, called: str) -> NonDeterminism:
    """Doom the run: its code does something else than its history says."""
    error = NonDeterminism(
        workflow_id=run.workflow_id, position=position, recorded=recorded, called=called
    )
    run.doom = error
    return error


def value_of(run: Run, recorded: StepRow) -> Any:
    """Return what a completed step returned, or raise what it raised.

    Raises:
        WorkflowUnloaded: it is encrypted under a key that this process does not have.
    """
    _leave_if_sealed_elsewhere(run, recorded)
    if recorded.error is not None:
        raise serialization.decode_error(run.workflow_id, recorded.error)
    if recorded.output is None:
        return None
    return serialization.decode(run.engine.serializer, recorded.output)


def _leave_if_sealed_elsewhere(run: Run, recorded: StepRow) -> None:
    """Let a process with the key go on: a missing key is no outcome of the workflow."""
    stored = recorded.error if recorded.error is not None else recorded.output
    if stored is None or run.rehearsal is not None:
        return
    reason = serialization.sealed_elsewhere(stored)
    if reason is not None:
        logger.error(
            "workflow %s is left to others, its step %s: %s",
            run.workflow_id,
            recorded.position,
            reason,
        )
        raise run.leave_to_others()


def append(run: Run, row: JournalRow, then: Callable[[], None] | None = None) -> Entry:
    """Give a row of the run to the journal; a refusal will stop the run.

    Args:
        run: whose row it is.
        row: what to record.
        then: called once the row was accepted; must be quick.
    """

    def answered(entry: Entry) -> None:
        run.recorded(entry)
        answer = entry.answer
        if then and answer and answer.verdict is Verdict.ACCEPTED:
            then()

    with run.lock:
        # Under the lock: the newest entry must be the last one appended, because
        # waiting for it stands for waiting for all before it.
        entry = run.engine.journal.append(
            row, answered if then is not None else run.recorded
        )
        run.last_entry = entry
    if run.engine.witness is not None:
        step = getattr(row, "step", row)
        if isinstance(step, StepRow):
            witness(run, step.position, entry)
    return entry


def witness(run: Run, position: int, entry: Entry | None = None) -> None:
    """Tell the engine's witness, if it has one, of what was given to be recorded.

    Args:
        run: whose position it is.
        position: which.
        entry: on its way to the database; None: it is recorded.
    """
    if run.engine.witness is not None:
        run.engine.witness(run, position, entry)


def encode_output(run: Run, value: object, what: str) -> str:
    """Return a value as stored.

    Raises:
        SerializationError: it cannot be encoded; the path says where.
        PayloadTooLarge: it is larger than the setting allows.
    """
    return serialization.encode(
        run.engine.serializer,
        value,
        what=what,
        limit_bytes=run.engine.settings.max_payload_bytes,
    )


def encode_failure(run: Run, error: BaseException) -> str:
    """Return an error as stored; never fails."""
    return serialization.encode_error(
        error,
        limit_bytes=run.engine.settings.max_payload_bytes,
        serializer=run.engine.serializer,
    )


def record(
    run: Run,
    position: int,
    name: str,
    *,
    started_at: float,
    output: str | None = None,
    error: str | None = None,
    child_workflow_id: str | None = None,
    attempts: int = 1,
) -> Entry:
    """Append the completed step of a position; returns at once."""
    completed_at = run.engine.clock.now()
    run.passed(completed_at)
    row = StepRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        position=position,
        name=name,
        started_at=started_at,
        completed_at=completed_at,
        output=output,
        error=error,
        child_workflow_id=child_workflow_id,
        attempts=attempts,
    )
    return append(run, row)


def record_value(
    run: Run, position: int, name: str, *, started_at: float, value: object
) -> Entry:
    """Append a completed step with its value.

    Raises:
        SerializationError: the value cannot be encoded; that is then the outcome
            of the step.
    """
    try:
        output = encode_output(run, value, f"the result of {name}")
    except SerializationError as error:
        failure = encode_failure(run, error)
        record(run, position, name, started_at=started_at, error=failure)
        raise
    return record(run, position, name, started_at=started_at, output=output)
