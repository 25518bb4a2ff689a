"""Running a step: at least once until its outcome is recorded, never again after.

Before each wait for a retry the errors so far are recorded, for an execution elsewhere
to go on with. However many they are, that is bounded, and so is what is kept (I7).
"""

import inspect
from typing import Any

from durable_engine import serialization
from durable_engine.clock import monotonic
from durable_engine.errors import (
    MaxStepRetriesExceeded,
    PayloadTooLarge,
    SerializationError,
)
from durable_engine.records import StepRow
from durable_engine.runtime import replay
from durable_engine.runtime.announcing import announce_step
from durable_engine.runtime.context import (
    Frame,
    Run,
    RunningStep,
    enter_frame,
    leave_frame,
)
from durable_engine.runtime.operations import Call, Operation, Recycle
from durable_engine.runtime.registry import StepRegistration
from durable_engine.runtime.tracing import step_span
from durable_engine.runtime.waiting import pause
from durable_engine.store.session import Fault

_ENDS = 20  # of the errors of a step: so many of its first, and of its last
_MOST_ERRORS = 1_000


def run_step(
    run: Run,
    registration: StepRegistration,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Operation[Any]:
    """Run one step of a workflow, or return what it did before.

    Raises:
        Exception: what the step raised, now or when it was recorded.
        MaxStepRetriesExceeded: every attempt failed.
        NonDeterminism: another call was recorded at this position.
    """
    name = registration.name
    position, recorded = yield from replay.begin(run, name)
    if recorded is not None and recorded.completed_at is not None:
        return replay.value_of(run, recorded)
    attempts = _Attempts(run, registration, position, recorded)
    started_at = attempts.started_at
    try:
        value = yield from attempts.make(args, kwargs)
        output = replay.encode_output(run, value, f"the result of step {name}")
    except Exception as error:
        run.check()  # what stopped the run is no outcome of the step
        replay.record(
            run,
            position,
            name,
            started_at=started_at,
            error=replay.encode_failure(run, error),
            attempts=attempts.made,
        )
        yield from announce_step(run, position, name, error, attempts.made)
        raise
    replay.record(
        run,
        position,
        name,
        started_at=started_at,
        output=output,
        attempts=attempts.made,
    )
    yield from announce_step(run, position, name, None, attempts.made)
    return value


class _Attempts:
    """The attempts of one step; earlier executions of its workflow count."""

    def __init__(
        self,
        run: Run,
        registration: StepRegistration,
        position: int,
        recorded: StepRow | None,
    ) -> None:
        self.run = run
        self.registration = registration
        self.position = position
        self.made = 0
        self.errors: list[Exception] = []
        self.started_at = run.engine.clock.now()
        self.due_at: float | None = None
        if recorded is not None:  # a retry was waited for when its process died
            self._continue(recorded)

    def _continue(self, recorded: StepRow) -> None:
        self.started_at = recorded.started_at
        self.made = recorded.attempts
        if recorded.output is not None:
            self.due_at = float(recorded.output)
        if recorded.error is not None:
            error = serialization.decode_error(self.run.workflow_id, recorded.error)
            self.errors = list(getattr(error, "errors", [error]))

    def make(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Operation[Any]:
        """Call the function until it returns or the policy ends."""
        registration = self.registration
        policy = registration.retries
        most = policy.max_attempts if policy else 1
        while True:
            if self.due_at is not None:
                yield from pause(self.run, self.due_at - self.run.engine.now())
            self.made += 1
            if self.run.place is not None:
                yield Recycle(self.run.engine)
            frame = Frame(self.run, self.position, self.made, most, registration.name)
            token = enter_frame(frame)
            self._begin()
            span = step_span(self.run, registration.name, self.position, self.made)
            try:
                return (
                    yield Call(
                        registration.function,
                        args,
                        kwargs,
                        name=registration.name,
                        timeout_seconds=registration.timeout_seconds,
                    )
                )
            except Exception as error:
                if span is not None:
                    span.failed(error)
                if self.run.engine.store.classify(error) is Fault.TRANSIENT:
                    self.run.engine.recycled_at = 0.0
                if policy is None or not (yield from self._again(error)):
                    raise
                self._keep(error)
                if self.made >= most:
                    raise self._exhausted(self.errors) from error
                self.due_at = self.run.engine.now() + policy.wait_seconds(self.made)
            finally:
                if span is not None:
                    span.close()
                self._end()
                leave_frame(token)
            self._announce()

    def _keep(self, error: Exception) -> None:
        self.errors.append(error)
        if len(self.errors) > _MOST_ERRORS:
            del self.errors[_ENDS]

    def _exhausted(self, errors: list[Exception]) -> MaxStepRetriesExceeded:
        return MaxStepRetriesExceeded(
            step_name=self.registration.name,
            max_attempts=self.made,
            errors=errors,
        )

    def _announce(self) -> None:
        """Record how far the attempts are, and when the next one is due."""
        errors = self.errors
        if len(errors) > 2 * _ENDS:
            errors = errors[:_ENDS] + errors[-_ENDS:]
        row = StepRow(
            workflow_id=self.run.workflow_id,
            epoch=self.run.epoch,
            position=self.position,
            name=self.registration.name,
            started_at=self.started_at,
            completed_at=None,
            output=repr(self.due_at),
            error=replay.encode_failure(self.run, self._exhausted(errors)),
            attempts=self.made,
        )
        replay.append(self.run, row)

    def _begin(self) -> None:
        """Note that the function runs; an attempt after the first has its row."""
        step = RunningStep(
            name=self.registration.name,
            started_at=self.started_at,
            since=monotonic(),
            shown=self.made > 1,
        )
        with self.run.lock:
            self.run.running[self.position] = step

    def _end(self) -> None:
        with self.run.lock:
            del self.run.running[self.position]

    def _again(self, error: Exception) -> Operation[bool]:
        """Whether the policy lets this error be tried again."""
        policy = self.registration.retries
        if policy is None or isinstance(error, SerializationError | PayloadTooLarge):
            return False
        if policy.should_retry is None:
            return True
        verdict = policy.should_retry(error)
        if inspect.isawaitable(verdict):
            verdict = yield Call(lambda: verdict, (), {})
        return bool(verdict)
