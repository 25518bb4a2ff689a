"""What the current thread or task is doing: which workflow, at which position."""

import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from durable_engine.errors import (
    OutsideWorkflow,
    WorkflowCancelled,
    WorkflowFenced,
    WorkflowUnloaded,
)
from durable_engine.records import (
    Answer,
    ClaimedWorkflow,
    RecordedOutcome,
    StepRow,
    StepStatus,
    Verdict,
)
from durable_engine.runtime.entries import Entry
from durable_engine.runtime.registry import WorkflowRegistration
from durable_engine.store.session import Session

if TYPE_CHECKING:
    import random

    from durable_engine.runtime.engine import Engine
    from durable_engine.runtime.lent import LentTask
    from durable_engine.runtime.places import WorkerPlace
    from durable_engine.runtime.tracing import OpenSpan
    from durable_engine.runtime.waiting import Waiting


OTHERS_FIRST_SECONDS = 2.0
"""How long a workflow that this process cannot run is left to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unloading:
    """How the row of an unloaded workflow is left."""

    wake_at: float | None  # None: until somebody wakes it
    waiting_on: str | None  # what wakes it before
    also: tuple[str, ...] = ()  # what else does
    probe: Callable[[Session], bool] | None = None  # did it come in between?


@dataclass(slots=True, kw_only=True)
class RunningStep:
    """A step whose function runs."""

    name: str
    started_at: float  # its first attempt
    since: float  # this attempt, on the monotonic clock
    shown: bool  # whether it has a row already


def _nobody() -> None:
    """Tell nobody."""


class Run:
    """One execution of a workflow in this process, from claim to outcome.

    Coroutines and threads that the body starts share it; `lock` guards positions.
    """

    __slots__ = (
        "args",
        "called",
        "caller",
        "claimed",
        "closed",
        "coroutine",
        "created_at",
        "doom",
        "engine",
        "epoch",
        "finished",
        "history",
        "history_read",
        "kwargs",
        "last_entry",
        "last_instant",
        "lent",
        "lock",
        "moving",
        "outcome",
        "place",
        "position",
        "random",
        "registration",
        "rehearsal",
        "rests",
        "running",
        "span",
        "started",
        "stirs",
        "stop",
        "unloading",
        "waits",
        "workflow_id",
    )

    def __init__(
        self,
        engine: "Engine",
        claimed: ClaimedWorkflow,
        registration: WorkflowRegistration,
    ) -> None:
        self.engine = engine
        self.claimed = claimed
        self.registration = registration
        self.workflow_id = claimed.id
        self.epoch = claimed.epoch
        self.args: tuple[Any, ...] | None = None  # None: decoded when it begins
        self.kwargs: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.position = 0
        self.rehearsal: Any = None  # the instruction that ends it, with the history
        self.history: dict[int, StepRow] = {}
        self.history_read = False
        self.last_entry: Entry | None = None
        self.created_at = claimed.created_at
        self.last_instant = claimed.created_at
        self.random: random.Random | None = None
        self.stop: BaseException | None = None  # raised by every durable call
        self.doom: Exception | None = None  # the outcome, whatever the body does
        self.started = False  # its row is durable
        self.closed = False  # the body has ended
        self.outcome: RecordedOutcome | None = None
        self.waits: set[Waiting] = set()  # what it rests in, at this moment
        self.moving = 0  # its durable calls under way, but for those that rest
        self.rests = False  # it, apart from what it called, does nothing but wait
        self.stirs = 0  # how often that changed
        self.running: dict[int, RunningStep] = {}  # by position, at this moment
        self.caller: Run | None = None  # the run that called this one on its stack
        self.called: set[Run] = set()  # those it called so, which have not ended
        self.coroutine: Awaitable[Any] | None = None  # the body, where it is one
        self.lent: LentTask | None = None  # its task, where that is its caller's
        self.span: OpenSpan | None = None  # of this execution, where it is traced
        self.unloading: Unloading | None = None  # how its row is to be left
        self.place: WorkerPlace | None = None  # its family's, where a worker runs it
        self.finished: list[Callable[[], None]] = []

    @property
    def waiting(self) -> bool:
        """Whether something in this run waits to be woken."""
        return bool(self.waits)

    def check(self) -> None:
        """Raise what stops this run, if anything does.

        Raises:
            WorkflowInterruption: cancelled, fenced or being unloaded.
            OutsideWorkflow: the body has ended; a stray task goes on.
        """
        if self.stop is not None:
            raise self.stop
        if self.doom is not None:
            raise self.doom
        if self.overdue():
            self.halt(WorkflowCancelled(self.workflow_id))
            raise WorkflowCancelled(self.workflow_id)
        if self.closed:
            raise OutsideWorkflow(operation="a durable call after its workflow ended")

    def overdue(self) -> bool:
        """Whether the workflow's deadline has passed, on the database's clock."""
        deadline = self.claimed.deadline
        return deadline is not None and self.engine.clock.now() >= deadline

    def halt(self, reason: BaseException) -> None:
        """Stop the run at its next durable call, or now if it waits."""
        with self.lock:
            if self.stop is None:
                self.stop = reason
        self.wake()

    def leave_to_others(self) -> BaseException:
        """Go no further here; be due again in a while, for another process perhaps.

        Due at once it would be claimed here at once, and fail again, without end.

        Returns:
            What stops it: this, or what has stopped it before.
        """
        wake_at = self.engine.clock.now() + OTHERS_FIRST_SECONDS
        with self.lock:
            if self.stop is None:
                self.unloading = Unloading(wake_at=wake_at, waiting_on=None)
                self.stop = WorkflowUnloaded(self.workflow_id)
            return self.stop

    def wake(self) -> None:
        """Let what rests look again; safe from any thread."""
        with self.lock:
            waits = tuple(self.waits)
        for one in waits:
            one.waiter.wake()

    def begin_moving(self) -> None:
        """Note that a durable call of this run begins, or goes on."""
        with self.lock:
            self.moving += 1
            tell = self._note_rest() if self.rests else _nobody
        tell()

    def end_moving(self) -> None:
        """Note that a durable call of this run has ended, or rests."""
        with self.lock:
            self.moving -= 1
            tell = self._note_rest() if self.waits or self.called else _nobody
        tell()

    def enter_rest(self, wait: "Waiting") -> None:
        """Note that a durable call does nothing but wait from now on."""
        with self.lock:
            self.waits.add(wait)
            self.moving -= 1
            tell = self._note_rest()
        tell()

    def leave_rest(self, wait: "Waiting") -> None:
        """Note that it goes on."""
        with self.lock:
            self.waits.discard(wait)
            self.moving += 1
            tell = self._note_rest()
        tell()

    def enter_call(self, child: "Run") -> None:
        """Note that this run calls another one on its stack, and in its place."""
        child.place = self.place
        if child.place is not None:
            child.place.hold()
        with self.lock:
            self.called.add(child)
            tell = self._note_rest()
        tell()

    def leave_call(self, child: "Run") -> None:
        """Note that such a call has ended."""
        with self.lock:
            self.called.discard(child)
            tell = self._note_rest()
        tell()
        with child.lock:
            place, child.place = child.place, None
            holds = not child.rests
        if holds and place is not None:
            place.release()

    def _note_rest(self) -> Callable[[], None]:
        """Look whether it rests, under its lock; return whom to tell without it.

        The call of a child rests as the child does. A run that neither waits nor has
        called anything is in the midst of its body.
        """
        rests = self.moving == len(self.called) and bool(self.waits or self.called)
        if rests is self.rests:
            return _nobody
        self.rests = rests
        self.stirs += 1
        if self.place is None:
            return _nobody
        return self.place.release if rests else self.place.hold

    def passed(self, instant: float) -> None:
        """Note when a recorded operation completed, for `now` of the body.

        The newest counts, in whatever order they complete: a replay, which meets
        them in the order of their positions, must come to the same.
        """
        self.last_instant = max(self.last_instant, instant)

    def next_position(self) -> int:
        """Take the next position."""
        with self.lock:
            self.position += 1
            return self.position

    def recorded(self, entry: Entry) -> None:
        """Take note of what became of a row: refused, the run stops (I3)."""
        if entry.failure is not None:
            if isinstance(entry.failure, Exception) and self.doom is None:
                self.doom = entry.failure
        elif entry.answer is not None:
            self.obey(entry.answer)

    def obey(self, answer: Answer) -> None:
        """Stop the run if the database refused one of its rows."""
        if answer.verdict is Verdict.CANCELLED:
            self.halt(WorkflowCancelled(self.workflow_id))
        elif answer.verdict is Verdict.FENCED:
            self.halt(WorkflowFenced(self.workflow_id))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the current thread or task stands."""

    run: Run
    step_position: int | None = None  # set inside a step or a transaction
    attempt: int = 1  # of the step, counted from 1
    max_attempts: int = 1
    step_name: str | None = None  # with step_position


_frame: ContextVar[Frame | None] = ContextVar("durable_frame", default=None)


def current_frame() -> Frame | None:
    """Return the frame of this thread or task, or None outside any workflow."""
    return _frame.get()


def place_of(what: str) -> str | int | StepStatus | None:
    """Return `workflow_id`, `started_by`, `step_id` or `step_status` as of here."""
    frame = _frame.get()
    if frame is None:
        return None
    if what == "workflow_id":
        return frame.run.workflow_id
    if what == "started_by":
        return frame.run.claimed.started_by
    if what == "step_id" or frame.step_position is None:
        return frame.step_position
    return StepStatus(
        step_id=frame.step_position,
        current_attempt=frame.attempt - 1,
        max_attempts=frame.max_attempts,
    )


def current_run() -> Run | None:
    """Return the workflow whose body runs here, or None (also inside a step)."""
    frame = _frame.get()
    if frame is None or frame.step_position is not None:
        return None
    return frame.run


enter_frame = _frame.set
leave_frame = _frame.reset


def _leave_after_fork() -> None:
    """A child stands in no workflow, wherever its parent stood.

    It would record at its parent's positions, through its parent's connections.
    """
    _frame.set(None)


os.register_at_fork(after_in_child=_leave_after_fork)


@contextmanager
def outside_workflow() -> Iterator[None]:
    """Run what is no part of the body that this thread may be in the middle of."""
    token = _frame.set(None)
    try:
        yield
    finally:
        _frame.reset(token)


@dataclass(slots=True)
class StartOptions:
    """What `with Set…` blocks say of the starts within."""

    workflow_id: str | None = None
    workflow_id_used: bool = False
    timeout_seconds: float | None = None
    drop_deadline: bool = False
    attributes: dict[str, Any] | None = None
    subject: Any = None
    started_by: str | None = None
    names_starter: bool = False  # `started_by` was said, also if it is None
    enqueue: dict[str, Any] = field(default_factory=dict)


_options: ContextVar[StartOptions | None] = ContextVar("durable_options", default=None)

current_options = _options.get
set_options = _options.set
reset_options = _options.reset
