"""Recording what is not a user's step: reads, waits and control calls.

In a workflow each takes one position; in a step, and outside any workflow, it is
just done.
"""

from collections.abc import Callable
from typing import TypeVar

from durable_engine.clock import monotonic
from durable_engine.errors import OutsideWorkflow
from durable_engine.records import EventRow, StepRow, StreamRow
from durable_engine.runtime import replay
from durable_engine.runtime.context import Frame, Run, current_frame, current_run
from durable_engine.runtime.operations import Operation, Recorded
from durable_engine.seconds import check_patience
from durable_engine.store.session import Session

Result = TypeVar("Result")


def once(
    name: str, operation: Callable[[Run | None], Operation[Result]]
) -> Operation[Result]:
    """Do something once per position: recorded in a workflow, plain elsewhere.

    Args:
        name: recorded at the position, such as `durable.get_result`.
        operation: makes the operation; given the workflow that waits, if any.
    """
    return (yield from at_position(name, lambda run, _: operation(run)))


def at_position(
    name: str, operation: Callable[[Run | None, int], Operation[Result]]
) -> Operation[Result]:
    """Do something once per position, knowing the position (0: none).

    Args:
        name: recorded at the position.
        operation: makes the operation; given the workflow and the position.
    """
    run = current_run()
    if run is None:
        return (yield from operation(None, 0))
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None and recorded.completed_at is not None:
        past: Result = replay.value_of(run, recorded)
        return past
    started_at = run.engine.clock.now()
    try:
        value = yield from operation(run, position)
    except Exception as error:
        run.check()
        failure = replay.encode_failure(run, error)
        replay.record(run, position, name, started_at=started_at, error=failure)
        raise
    replay.record_value(run, position, name, started_at=started_at, value=value)
    return value


def once_awaiting(
    name: str,
    workflow_id: str,
    operation: Callable[[Run | None, str], Operation[Result]],
) -> Operation[Result]:
    """Wait for a workflow once per position; the position says for which.

    Args:
        name: recorded at the position.
        workflow_id: which one; a retry may have put another one at the position.
        operation: makes the operation; given the workflow that waits, and for whom.
    """
    run = current_run()
    if run is None:
        return (yield from operation(None, workflow_id))
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None and recorded.completed_at is not None:
        past: Result = replay.value_of(run, recorded)
        return past
    started_at = run.engine.clock.now()
    awaited = workflow_id
    if recorded is not None and recorded.child_workflow_id is not None:
        awaited = recorded.child_workflow_id
    try:
        value = yield from operation(run, awaited)
        output = replay.encode_output(run, value, f"the result of {name}")
    except Exception as error:
        run.check()
        replay.record(
            run,
            position,
            name,
            started_at=started_at,
            error=replay.encode_failure(run, error),
            child_workflow_id=awaited,
        )
        raise
    replay.record(
        run,
        position,
        name,
        started_at=started_at,
        output=output,
        child_workflow_id=awaited,
    )
    return value


def once_within(
    name: str,
    timeout_seconds: float | None,
    operation: Callable[
        [Run | None, float | None, Callable[[], None]], Operation[Result]
    ],
) -> Operation[Result]:
    """Wait for something once per position, for a time that survives a restart.

    Args:
        name: recorded at the position.
        timeout_seconds: None waits as long as it takes.
        operation: given the workflow that waits, if any; when its time is over, on
            the monotonic clock; and what to call before it really waits, so that
            the end of the time is recorded and a replay waits for the rest only.
    """
    timeout_seconds = check_patience(timeout_seconds, what="timeout_seconds")
    run = current_run()
    if run is None:
        until = None if timeout_seconds is None else monotonic() + timeout_seconds
        return (yield from operation(None, until, lambda: None))
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None and recorded.completed_at is not None:
        past: Result = replay.value_of(run, recorded)
        return past
    wait = TimedWait(run, position, name, timeout_seconds, recorded)
    try:
        value = yield from operation(run, wait.until, wait.announce)
    except Exception as error:
        run.check()
        failure = replay.encode_failure(run, error)
        replay.record(run, position, name, started_at=wait.started_at, error=failure)
        raise
    replay.record_value(run, position, name, started_at=wait.started_at, value=value)
    return value


class TimedWait:
    """A wait of a workflow whose end is recorded with its position.

    Attributes:
        started_at: when it began first, in seconds since the epoch.
        until: when it ends, on the monotonic clock; None: never.
    """

    def __init__(
        self,
        run: Run,
        position: int,
        name: str,
        timeout_seconds: float | None,
        recorded: StepRow | None,
    ) -> None:
        self._run = run
        self._position = position
        self._name = name
        self._announced = recorded is not None
        now = run.engine.now()
        if recorded is None:
            self.started_at = now
            self._ends_at = None if timeout_seconds is None else now + timeout_seconds
        else:  # it began in an earlier execution
            self.started_at = recorded.started_at
            self._ends_at = None if recorded.output is None else float(recorded.output)
        ends_at = self._ends_at
        self.until = None if ends_at is None else monotonic() + (ends_at - now)

    def announce(self) -> None:
        """Record that the position waits, and until when; once."""
        if self._announced:
            return
        self._announced = True
        row = StepRow(
            workflow_id=self._run.workflow_id,
            epoch=self._run.epoch,
            position=self._position,
            name=self._name,
            started_at=self.started_at,
            completed_at=None,
            output=None if self._ends_at is None else repr(self._ends_at),
        )
        replay.append(self._run, row)


def publish_inside_step(
    run: Run,
    row: EventRow | StreamRow,
    write: Callable[[Session], bool],
    published: Callable[[], None],
) -> Operation[None]:
    """Write what a step tells others: at once, whatever becomes of the step.

    Inside `atomic()`, as in a transaction step, it is written with the block, or not.

    Args:
        run: the workflow of the step.
        row: what is written.
        write: writes it in the block; tells whether it was accepted.
        published: called once it is durable.
    """
    store = run.engine.store
    if store.in_callers_transaction():
        if write(store.borrow()):
            store.on_commit(published)
        return
    entry = replay.append(run, row, then=published)
    yield Recorded(run.engine.journal, entry)
    run.check()


def required_run(operation: str) -> Run:
    """Return the workflow whose body calls this.

    Raises:
        OutsideWorkflow: it is called outside any, or inside a step.
    """
    run = current_run()
    if run is None:
        raise OutsideWorkflow(operation=operation)
    return run


def required_frame(operation: str) -> Frame:
    """Return where a workflow's body, or one of its steps, stands.

    Raises:
        OutsideWorkflow: it is called outside any workflow.
    """
    frame = current_frame()
    if frame is None:
        raise OutsideWorkflow(operation=operation)
    return frame
