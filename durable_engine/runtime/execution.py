"""One execution of a workflow, from its claim to its outcome.

```
 claimed ─► body ─► returned / raised ─► outcome appended ─► accepted: settled
              │                                   └► refused: somebody else decides
              └► interrupted (cancelled, fenced, unloading) ─► released or left
```
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from durable_engine import serialization
from durable_engine.errors import (
    DurableError,
    EngineStopped,
    UnregisteredInstance,
    WorkflowInterruption,
    WorkflowUnloaded,
)
from durable_engine.records import OutcomeRow, Verdict
from durable_engine.runtime import replay, results
from durable_engine.runtime.announcing import announce_outcome, announce_start
from durable_engine.runtime.context import (
    Frame,
    Run,
    enter_frame,
    leave_frame,
    reset_options,
    set_options,
)
from durable_engine.runtime.endings import (
    give_back,
    hand_out,
    let_go,
    log_fields,
    settle_if_accepted,
    settle_or_let_go,
)
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.lent import LentTask
from durable_engine.runtime.operations import Call, Operation, Query, Recorded
from durable_engine.runtime.receivers import found_arguments
from durable_engine.runtime.tracing import close_workflow, workflow_span
from durable_engine.states import WorkflowState
from durable_engine.store import steps

logger = logging.getLogger(__name__)

FIRST_CLAIM = 1


class Ended:
    """What a body did: its outcome as a row, and as Python objects."""

    __slots__ = ("error", "row", "value")

    def __init__(
        self, row: OutcomeRow, value: Any = None, error: BaseException | None = None
    ) -> None:
        self.row = row
        self.value = value
        self.error = error


def run_body(
    run: Run, *, ends_by: type[BaseException], lent: bool = False
) -> Operation[Ended | None]:
    """Run the body of a workflow; None when it was interrupted.

    Args:
        run: the execution.
        ends_by: what is an outcome besides every `Exception`.
        lent: whether the task that it runs in is its caller's.

    Raises:
        BaseException: what is no outcome, such as Ctrl-C; the workflow is released.
    """
    if run.epoch > FIRST_CLAIM and not run.history_read:
        # The first claim has no history; every other replays it from one read.
        run.history = yield Query(
            run.engine, lambda session: steps.read(session, run.workflow_id)
        )
    begin_with_origin(run)
    yield from announce_start(run)
    ended: Ended | None = None
    token = enter_frame(Frame(run))
    run.span = workflow_span(run)
    # What `with Set…` blocks say is of this start: a replay elsewhere has none.
    options = set_options(None)
    try:
        args = arguments(run)
        value = yield Call(_body(run, lent=lent), args, run.kwargs)
        ended = _succeeded(run, value)
    except WorkflowInterruption:
        pass
    except Exception as error:  # noqa: BLE001 - the outcome of the workflow
        ended = _ended_by(run, error)
    except asyncio.CancelledError as error:
        if run.lent is not None and run.lent.cancelled_by_others():
            give_back(run)
            raise
        ended = _failed(run, error)
    except BaseException as error:
        if isinstance(error, GeneratorExit) or not isinstance(error, ends_by):
            give_back(run)
            raise
        ended = _failed(run, error)
    finally:
        close_workflow(run, *_said(run, ended))
        reset_options(options)
        leave_frame(token)
        run.coroutine = None
        run.closed = True
    if run.stop is not None:
        return None  # whatever the body made of it: this execution is over
    if run.doom is not None:
        return _failed(run, run.doom)
    return ended


def _said(run: Run, ended: Ended | None) -> tuple[str, BaseException | None]:
    """Return what the span of an execution says of its end."""
    if ended is None or run.stop is not None:
        return "interrupted", None
    error = run.doom or ended.error
    return str(WorkflowState.ERROR if error else WorkflowState.SUCCESS), error


def _body(run: Run, *, lent: bool) -> Callable[..., Any]:
    """Return the workflow's function; a coroutine shows the run where it stands."""
    function = run.registration.function
    if not run.registration.is_coroutine:
        return function

    def begin(*args: Any, **kwargs: Any) -> Any:
        run.coroutine = coroutine = function(*args, **kwargs)
        if not lent:
            return coroutine
        run.lent = LentTask(coroutine)
        return run.lent

    return begin


def arguments(run: Run) -> tuple[Any, ...]:
    """Return what the body is called with, decoded unless its caller is here."""
    if run.args is None:
        args, run.kwargs = serialization.decode_inputs(
            run.engine.serializer, run.claimed.inputs
        )
        run.args = found_arguments(run.engine.registry, run.registration, args)
    return run.args


def _ended_by(run: Run, error: Exception) -> Ended | None:
    """Return the outcome; one whose instance or key is not here is left to others."""
    sealed = serialization.sealed_elsewhere(run.claimed.inputs or "") is not None
    elsewhere = sealed or isinstance(error, UnregisteredInstance)
    if run.args is not None or not elsewhere:
        return _failed(run, error)
    logger.error("workflow %s: %s", run.workflow_id, error, extra=log_fields(run))
    run.leave_to_others()
    return None


def begin_with_origin(run: Run) -> None:
    """Let the clock of a fork begin with its copied steps, which are older than it."""
    if run.claimed.random_seed is None or not run.history:
        return
    copied = [row for row in run.history.values() if row.epoch <= FIRST_CLAIM]
    run.last_instant = min((row.started_at for row in copied), default=run.last_instant)


def _succeeded(run: Run, value: object) -> Ended:
    output = replay.encode_output(
        run, value, f"the result of workflow {run.registration.name}"
    )
    row = OutcomeRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        status=WorkflowState.SUCCESS,
        output=output,
    )
    return Ended(row, value=value)


def _failed(run: Run, error: BaseException) -> Ended:
    row = OutcomeRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        status=WorkflowState.ERROR,
        error=replay.encode_failure(run, error),
    )
    return Ended(row, error=error)


def run_in_place(run: Run) -> Operation[Any]:
    """Run a workflow for a caller who waits for it; return its value.

    Raises:
        BaseException: what the workflow raised; AwaitedWorkflowCancelled.
    """
    try:
        ended = yield from run_body(run, ends_by=Exception, lent=True)
    except BaseException:
        if not run.closed:  # the body had not begun
            give_back(run)
        raise
    if ended is not None:
        entry = replay.append(run, ended.row)
        try:
            answer = yield Recorded(run.engine.journal, entry)
        except BaseException:  # its caller is gone; who else waits for it is not
            run.engine.threads.submit(_settle_later, run, ended.row, entry)
            raise
        if answer.verdict is Verdict.ACCEPTED:
            hand_out(run, ended.row)
            yield from announce_outcome(run, ended.row, ended.error)
            if ended.error is not None:
                raise _raised(run, ended)
            return ended.value
    let_go(run)
    alone = run.caller is None and run.engine.threadless
    if isinstance(run.stop, WorkflowUnloaded) and not alone:
        raise EngineStopped(
            reason=f"workflow {run.workflow_id!r} continues in another process"
        )
    # Cancelled, or taken over: the row decides.
    outcome = yield from results.outcome_of(run.engine, run.workflow_id)
    if outcome is None:
        return None
    return results.hand_out(run.engine, run.workflow_id, outcome)


def _raised(run: Run, ended: Ended) -> BaseException:
    """Return what the caller is raised: in a workflow, as a replay would raise it."""
    assert ended.error is not None  # noqa: S101 - callers look first
    if run.caller is None or isinstance(ended.error, Exception):
        return ended.error
    return serialization.decode_error(run.workflow_id, ended.row.error or "")


def _settle_later(run: Run, row: OutcomeRow, entry: Entry) -> None:
    """Settle an execution that its caller left while the outcome was recorded."""
    with contextlib.suppress(Exception):  # the entry holds it, too
        run.engine.journal.wait(entry)
    if entry.done:
        _outcome_recorded(run, row, entry)


def run_aside(run: Run) -> Operation[None]:
    """Run a workflow that nobody of this thread waits for.

    Returns as soon as the outcome is appended: it commits with its neighbours, and
    the thread or task is free. Until that commit the workflow counts as running.
    """
    # No signal reaches a worker's threads: what ends programs is the body's own there,
    # and would end every other execution of it too.
    ends_by = SystemExit if run.engine.threadless else BaseException
    try:
        ended = yield from run_body(run, ends_by=ends_by)
    except Exception as error:
        logger.exception(
            "workflow %s could not run", run.workflow_id, extra=log_fields(run)
        )
        del error
        run.leave_to_others()
        give_back(run)
        return
    except BaseException:
        if not run.closed:  # the body had not begun
            give_back(run)
        raise
    if ended is None:
        let_go(run)
        return
    row = ended.row
    run.engine.journal.append(row, lambda entry: _outcome_recorded(run, row, entry))
    run.engine.journal.hurry()


def _outcome_recorded(run: Run, row: OutcomeRow, entry: Entry) -> None:
    if settle_if_accepted(run, row, entry):
        return
    run.recorded(entry)
    if entry.failure is not None and not isinstance(entry.failure, DurableError):
        _record_unstorable(run, entry.failure)
        return
    logger.warning(
        "workflow %s: the outcome of this execution was refused, another one decides",
        run.workflow_id,
        extra=log_fields(run),
    )
    let_go(run)


def _record_unstorable(run: Run, failure: BaseException) -> None:
    """The database refuses the outcome itself: record that instead."""
    error = DurableError(f"the outcome could not be stored: {type(failure).__name__}")
    row = OutcomeRow(
        workflow_id=run.workflow_id,
        epoch=run.epoch,
        status=WorkflowState.ERROR,
        error=serialization.encode_error(error, limit_bytes=1_000_000),
    )
    run.engine.journal.append(row, lambda entry: settle_or_let_go(run, row, entry))
