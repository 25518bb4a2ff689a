# ruff: noqa: N818 - the names are the public contract, without an "Error" suffix.
"""Every error, warning and signal of the engine, in one file, below one root.

Each class takes its data as arguments, keeps them as attributes and in ``args``, so
that it pickles and can be rebuilt, and builds its own message: what happened, to which
id, what to do. `WorkflowInterruption` and its subclasses are ``BaseException``: they
unwind a running workflow. All are dataclasses for their constructors only.
"""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(eq=False, repr=False)
class _Described(BaseException):
    """An exception whose data are its fields and whose text is a filled template."""

    template: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Keep the fields in ``args`` too, where pickle and tracebacks look."""
        if data := fields(self):
            self.args = tuple(getattr(self, field.name) for field in data)

    @property
    def message(self) -> str:
        """What happened, to which id, and what to do, as one text."""
        return self.template.format_map(vars(self))

    def __str__(self) -> str:
        return self.message if self.template else super().__str__()


class DurableError(_Described, Exception):
    """The root of every error of the engine; catch it to catch them all."""

    def __init__(self, *args: object) -> None:
        """Take any arguments, as ``Exception`` does; subclasses name theirs."""
        super(_Described, self).__init__(*args)


@dataclass(eq=False, repr=False)
class AtomicBlock(DurableError):
    """A call that must commit by itself was made inside ``transaction.atomic()``."""

    operation: str  # what was called, as its author would write it
    template = (
        "{operation} was called inside transaction.atomic(); its steps could not be "
        "recorded before the block commits. Call it outside the block, or use "
        "start_workflow(), which joins the block's transaction and runs after the "
        "commit. A test uses the testing kit: DurableTestCase, or durable_kit."
    )


@dataclass(eq=False, repr=False)
class AwaitedWorkflowCancelled(DurableError):
    """The workflow whose result was waited for has been cancelled."""

    workflow_id: str  # the cancelled workflow
    template = (
        "Workflow {workflow_id!r} was cancelled and has no result. "
        "resume_workflow({workflow_id!r}) continues it after its last completed step."
    )


@dataclass(eq=False, repr=False)
class AwaitedWorkflowMaxRecoveryAttemptsExceeded(DurableError):
    """The workflow whose result was waited for was given up (dead letter)."""

    workflow_id: str  # the workflow that was given up
    max_recovery_attempts: int | None = None  # its limit, where it is known
    template = (
        "Workflow {workflow_id!r} was given up after {attempts} recovery attempts: "
        "its processes ended before it did. Find out what ends them, then call "
        "resume_workflow({workflow_id!r})."
    )

    @property
    def message(self) -> str:
        """Which workflow was given up, after how many attempts, and the mend."""
        attempts = self.max_recovery_attempts or "its limit of"
        return self.template.format(workflow_id=self.workflow_id, attempts=attempts)


@dataclass(eq=False, repr=False)
class ConflictingRegistration(DurableError):
    """Two functions, queues or schedules were registered under one name."""

    name: str  # the contested name
    first: str  # where it was registered first
    second: str  # where it was registered again
    template = (
        "The name {name!r} is registered twice: by {first} and by {second}. Give one "
        "of them another name with name=..."
    )


@dataclass(eq=False, repr=False)
class ConflictingWorkflow(DurableError):
    """A workflow id is already in use for another function."""

    workflow_id: str  # the id that was asked for
    recorded_name: str  # the workflow recorded under that id
    called_name: str  # the workflow that was called now
    template = (
        "Workflow id {workflow_id!r} belongs to {recorded_name!r} and was used to "
        "call {called_name!r}; nothing was started. Use another id."
    )


@dataclass(eq=False, repr=False)
class MaxStepRetriesExceeded(DurableError):
    """A step failed at every attempt that it was allowed."""

    step_name: str
    max_attempts: int  # how many attempts were made
    errors: list[Exception]  # of each attempt, in order; see `step` for very many
    template = (
        "Step {step_name!r} failed at each of its {max_attempts} attempts{last}. {kept} "
        "are in .errors; retry_workflow() runs the workflow again from this step."
    )

    @property
    def message(self) -> str:
        """Which step, how often, and its last error."""
        final = [f"{type(error).__name__}: {error}" for error in self.errors[-1:]]
        last = "".join(f"; the last error was {text}" for text in final)
        kept = "All" if len(self.errors) in (0, self.max_attempts) else "Not all"
        return self.template.format_map({**vars(self), "last": last, "kept": kept})


@dataclass(eq=False, repr=False)
class NonDeterminism(DurableError):
    """A replay called something other than what was recorded at a position."""

    workflow_id: str  # the workflow being replayed
    position: int  # the position of the call, counted from 1
    recorded: str | None  # the name recorded there; None if nothing was
    called: str | None  # the name called now; None if the body ended before
    template = (
        "Workflow {workflow_id!r} recorded {recorded} at position {position}, but its "
        "code called {called} there. Mend the code (or guard the change with patch()), "
        "then fork or retry the workflow."
    )

    @property
    def message(self) -> str:
        """Which workflow and position, what was recorded and what was called."""
        return self.template.format(
            workflow_id=self.workflow_id,
            position=self.position,
            recorded="nothing" if self.recorded is None else repr(self.recorded),
            called="nothing" if self.called is None else repr(self.called),
        )


@dataclass(eq=False, repr=False)
class NonExistentWorkflow(DurableError):
    """No workflow has the given id."""

    workflow_id: str  # the id that was asked for
    template = (
        "There is no workflow {workflow_id!r}. Check the id; it may also have been "
        "deleted, or its start was rolled back or has not committed yet."
    )


@dataclass(eq=False, repr=False)
class NonExistentSchedule(DurableError):
    """No schedule has the given name."""

    name: str  # the name that was asked for
    template = (
        "There is no schedule {name!r}. Check the name; list_schedules() shows them "
        "all. One that is declared in code exists once a worker of that code started."
    )


@dataclass(eq=False, repr=False)
class NotAuthorized(DurableError):
    """A user may not do what was asked."""

    action: str  # the missing permission, such as "cancel_workflow"
    user: object  # who asked; its text is kept, not the object
    template = (
        "User {user!r} may not do this: the permission {action!r} is missing. Grant it "
        "to the user or to one of the user's groups."
    )

    def __post_init__(self) -> None:
        """Keep the user's text only: a model instance has no place in an error."""
        self.user = str(self.user)
        super().__post_init__()


@dataclass(eq=False, repr=False)
class PayloadTooLarge(DurableError):
    """An encoded input, output, message or event exceeds the configured limit."""

    what: str  # what was encoded, such as "the inputs of shop.checkout"
    size_bytes: int  # its size as UTF-8
    limit_bytes: int  # the limit, MAX_PAYLOAD_BYTES
    template = (
        "The payload of {what} has {size_bytes:,} bytes and the limit is "
        "{limit_bytes:,}; nothing was stored. Store the data elsewhere and pass its "
        "key, or raise DURABLE_ENGINE['MAX_PAYLOAD_BYTES']."
    )


@dataclass(eq=False, repr=False)
class QueryInWorkflow(DurableError):
    """A workflow body queried the database outside any step or transaction."""

    statement: str  # the refused statement, shortened
    location: str  # the line of user code that sent it, as "path:line"
    template = (
        "A workflow body queried the database at {location}: {statement}. A replay "
        "could see other data. Move the query into a @step or a @transaction, or set "
        "guard='off' for this workflow."
    )


@dataclass(eq=False, repr=False)
class QueueDeduplicated(DurableError):
    """A deduplication id is held by a workflow of that queue which has not ended."""

    workflow_id: str  # the holder
    queue_name: str
    deduplication_id: str  # the contested id
    template = (
        "Deduplication id {deduplication_id!r} of queue {queue_name!r} is held by "
        "workflow {workflow_id!r}; nothing was enqueued. Wait until it ends, or pass "
        "duplication_policy='return-existing' to get its handle."
    )


@dataclass(eq=False, repr=False)
class SerializationError(DurableError):
    """A value cannot be encoded, or a stored payload cannot be decoded."""

    path: str  # where inside the value, such as 'args[0].items["x"][2]'
    type_name: str  # the type (encoding) or the tag (decoding) at that place
    reason: str  # what is wrong with it and what to do
    template = "{path} ({type_name}): {reason}"


@dataclass(eq=False, repr=False)
class StepTimeout(DurableError):
    """An asynchronous step did not end within its time-out."""

    step_name: str
    timeout_seconds: float  # the time-out that has passed
    template = (
        "Step {step_name!r} did not end within {timeout_seconds:g} seconds and was "
        "cancelled. Raise its timeout_seconds, or let it retry with "
        "retries_allowed=True."
    )


@dataclass(eq=False, repr=False)
class StreamTimeout(DurableError):
    """Nothing was written to a stream for too long, and it was not closed."""

    workflow_id: str  # the workflow that owns the stream
    key: str  # the stream's key
    timeout_seconds: float  # the time-out that has passed
    template = (
        "Stream {key!r} of workflow {workflow_id!r} had nothing new for "
        "{timeout_seconds:g} seconds and is not closed. Read it again later, or with "
        "a longer timeout_seconds."
    )


@dataclass(eq=False, repr=False)
class UnregisteredInstance(DurableError):
    """The instance of a workflow method is not registered in this process."""

    instance: str  # its class, and its name where it has one
    template = (
        "This process has not registered {instance}. Call "
        "durable.register_instance(instance, name) at start-up."
    )


@dataclass(eq=False, repr=False)
class UnregisteredWorkflow(DurableError):
    """No workflow is registered under the given name in this process."""

    name: str  # the name that was asked for
    template = (
        "No workflow is registered as {name!r} in this process. Check the name, and "
        "that its module is imported at start-up: put it in a module named "
        "'workflows' of an installed app."
    )


@dataclass(eq=False, repr=False)
class WorkflowFailed(DurableError):
    """Stands in for a recorded error whose class cannot be rebuilt here."""

    workflow_id: str  # the workflow that failed
    type_name: str  # the recorded class, as "module.qualname"
    error_message: str  # the recorded message
    traceback_text: str = ""  # the recorded traceback, possibly shortened
    template = (
        "Workflow {workflow_id!r} failed with {type_name}: {error_message} (its class "
        "could not be rebuilt in this process; the recorded traceback is in "
        ".traceback_text)"
    )


@dataclass(eq=False, repr=False)
class SynchronousCallInEventLoop(DurableError, RuntimeError):
    """A blocking call was made in a thread whose event loop is running."""

    called: str  # the synchronous name, without parentheses
    twin: str  # the name to await in its place, or the whole call
    template = "{called}() was called while an event loop is running; use await {call}"

    @property
    def message(self) -> str:
        """What was called, and what to await in its place."""
        call = self.twin if self.twin.endswith(")") else f"{self.twin}()"
        return self.template.format(called=self.called, call=call)


@dataclass(eq=False, repr=False)
class OutsideWorkflow(DurableError, RuntimeError):
    """What only a workflow can do was called outside any workflow."""

    operation: str  # what was called, such as "recv"
    template = (
        "{operation}() was called outside any workflow. Call it in the body of a "
        "@workflow function, not in a step and not in plain code."
    )


@dataclass(eq=False, repr=False)
class DatabaseUnavailable(DurableError):
    """The database did not answer a call from outside any workflow in time."""

    waited_seconds: float  # how long the call has waited
    template = (
        "The engine's database has not answered for {waited_seconds:g} seconds, so this "
        "call gave up; workflows that run lose nothing. Whether it took effect is not "
        "known: make it again under the same id (SetWorkflowID) or idempotency key."
    )


@dataclass(eq=False, repr=False)
class EngineStopped(DurableError):
    """This process is shutting down and takes no more durable calls."""

    reason: str  # why it stops, such as "SIGTERM"
    template = (
        "The engine of this process is stopping ({reason}). Nothing was lost: another "
        "worker, or the next start, continues what is recorded; repeat this call there."
    )


class DurableWarning(UserWarning):
    """A warning of the engine, such as a query in a workflow body."""


@dataclass(eq=False, repr=False)
class WorkflowInterruption(_Described):
    """A signal that unwinds a running workflow; never swallow it.

    A ``BaseException``, so that ``except Exception`` in a workflow body lets it pass.
    """

    workflow_id: str  # the workflow that must stop here
    template = "Workflow {workflow_id!r} was interrupted; let this signal pass."


class WorkflowCancelled(WorkflowInterruption):
    """The running workflow was cancelled, by a user or by its deadline."""

    template = (
        "Workflow {workflow_id!r} was cancelled; it stops at this durable call. "
        "resume_workflow({workflow_id!r}) continues it from here."
    )


class WorkflowUnloaded(WorkflowInterruption):
    """Internal: the waiting workflow gives back its thread and memory."""

    template = (
        "Workflow {workflow_id!r} is being unloaded while it waits; a worker continues "
        "it by replay when it is due. Let this signal pass."
    )


class WorkflowFenced(WorkflowInterruption):
    """Internal: this execution has lost the right to write."""

    template = (
        "Workflow {workflow_id!r} is no longer owned by this execution, which stops "
        "and writes nothing. Let this signal pass."
    )
