# ruff: noqa: N818 - the names are the public contract, without an "Error" suffix.
"""Every error and signal of the engine, in one file, below one root.

Every room of the engine raises from here; users catch from here or from the package
root. Each class takes its data as constructor arguments, keeps them as attributes and
in ``args`` (so that it pickles and can be rebuilt), and builds its own message: what
happened, to which id, what to do. This module imports nothing from the package and
may never touch settings, the app registry or a database.

Three kinds live here: `DurableError` and its subclasses are ordinary exceptions;
`DurableWarning` goes through `warnings`; `WorkflowInterruption` and its subclasses are
``BaseException`` signals which unwind a running workflow and which user code must not
swallow.
"""


class DurableError(Exception):
    """The root of every error of the engine; catch it to catch them all.

    A subclass passes its data to ``super().__init__`` in the order of its own
    constructor and overrides `message`.
    """

    @property
    def message(self) -> str:
        """What happened, to which id, and what to do, as one text."""
        return super().__str__()

    def __str__(self) -> str:
        return self.message


class AtomicBlock(DurableError):
    """A call that must commit by itself was made inside ``transaction.atomic()``.

    Args:
        operation: What was called, as the user would write it.
    """

    def __init__(self, operation: str) -> None:
        self.operation = operation
        super().__init__(operation)

    @property
    def message(self) -> str:
        """What was called inside the block, and the ways out."""
        return (
            f"{self.operation} was called inside transaction.atomic(); its steps "
            "could not be recorded before the block commits. Call it outside the "
            "block, or use start_workflow(), which joins the block's transaction "
            "and runs after the commit."
        )


class AwaitedWorkflowCancelled(DurableError):
    """The workflow whose result was waited for has been cancelled.

    Args:
        workflow_id: The cancelled workflow.
    """

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        super().__init__(workflow_id)

    @property
    def message(self) -> str:
        """Which workflow was cancelled, and how to continue it."""
        return (
            f"Workflow {self.workflow_id!r} was cancelled and has no result. "
            f"resume_workflow({self.workflow_id!r}) continues it after its last "
            "completed step."
        )


class AwaitedWorkflowMaxRecoveryAttemptsExceeded(DurableError):
    """The workflow whose result was waited for is in the dead letter state.

    Args:
        workflow_id: The workflow that was given up.
        max_recovery_attempts: Its limit, or ``None`` when it is not known here.
    """

    def __init__(
        self, workflow_id: str, max_recovery_attempts: int | None = None
    ) -> None:
        self.workflow_id = workflow_id
        self.max_recovery_attempts = max_recovery_attempts
        super().__init__(workflow_id, max_recovery_attempts)

    @property
    def message(self) -> str:
        """Which workflow was given up after how many attempts, and the mend."""
        limit = self.max_recovery_attempts
        attempts = "its limit of" if limit is None else f"{limit}"
        return (
            f"Workflow {self.workflow_id!r} was given up after {attempts} recovery "
            "attempts: its processes ended before it did. Find out what ends them, "
            f"then call resume_workflow({self.workflow_id!r})."
        )


class ConflictingRegistration(DurableError):
    """Two functions, queues or schedules were registered under one name.

    Args:
        name: The contested name.
        first: Where the name was registered first (module and qualified name).
        second: Where it was registered again.
    """

    def __init__(self, name: str, first: str, second: str) -> None:
        self.name = name
        self.first = first
        self.second = second
        super().__init__(name, first, second)

    @property
    def message(self) -> str:
        """Which name, and the two places that claim it."""
        return (
            f"The name {self.name!r} is registered twice: by {self.first} and by "
            f"{self.second}. Give one of them another name with name=..."
        )


class ConflictingWorkflow(DurableError):
    """A workflow id is already in use for another function.

    Args:
        workflow_id: The id that was asked for.
        recorded_name: The workflow's name as recorded under that id.
        called_name: The name of the workflow that was called now.
    """

    def __init__(self, workflow_id: str, recorded_name: str, called_name: str) -> None:
        self.workflow_id = workflow_id
        self.recorded_name = recorded_name
        self.called_name = called_name
        super().__init__(workflow_id, recorded_name, called_name)

    @property
    def message(self) -> str:
        """Which id, and the two names."""
        return (
            f"Workflow id {self.workflow_id!r} belongs to {self.recorded_name!r} and "
            f"was used to call {self.called_name!r}; nothing was started. Use "
            "another id."
        )


class MaxStepRetriesExceeded(DurableError):
    """A step failed at every attempt that it was allowed.

    Args:
        step_name: The step's name.
        max_attempts: How many attempts were made.
        errors: The error of each attempt, first to last.
    """

    def __init__(
        self, step_name: str, max_attempts: int, errors: list[Exception]
    ) -> None:
        self.step_name = step_name
        self.max_attempts = max_attempts
        self.errors = errors
        super().__init__(step_name, max_attempts, errors)

    @property
    def message(self) -> str:
        """Which step, how often, and its last error."""
        last = ""
        if self.errors:
            error = self.errors[-1]
            last = f"; the last error was {type(error).__name__}: {error}"
        return (
            f"Step {self.step_name!r} failed at each of its {self.max_attempts} "
            f"attempts{last}. All of them are in .errors; retry_workflow() runs the "
            "workflow again from this step."
        )


class NonDeterminism(DurableError):
    """A replay called something other than what was recorded at a position.

    Args:
        workflow_id: The workflow being replayed.
        position: The position of the call, counted from 1.
        recorded: The name recorded there, or ``None`` if nothing was.
        called: The name called now, or ``None`` if the body ended before.
    """

    def __init__(
        self, workflow_id: str, position: int, recorded: str | None, called: str | None
    ) -> None:
        self.workflow_id = workflow_id
        self.position = position
        self.recorded = recorded
        self.called = called
        super().__init__(workflow_id, position, recorded, called)

    @property
    def message(self) -> str:
        """Which workflow and position, what was recorded and what was called."""
        recorded = "nothing" if self.recorded is None else repr(self.recorded)
        called = "nothing" if self.called is None else repr(self.called)
        return (
            f"Workflow {self.workflow_id!r} recorded {recorded} at position "
            f"{self.position}, but its code called {called} there. Mend the code "
            "(or guard the change with patch()), then fork or retry the workflow."
        )


class NonExistentWorkflow(DurableError):
    """No workflow has the given id.

    Args:
        workflow_id: The id that was asked for.
    """

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        super().__init__(workflow_id)

    @property
    def message(self) -> str:
        """Which id, and why it may be missing."""
        return (
            f"There is no workflow {self.workflow_id!r}. Check the id; it may also "
            "have been deleted, or its start was rolled back or has not committed "
            "yet."
        )


class NotAuthorized(DurableError):
    """A user may not do what was asked.

    Args:
        action: The permission that is missing, such as ``cancel_workflow``.
        user: Who asked; its text is kept, not the object.
    """

    def __init__(self, action: str, user: object) -> None:
        self.action = action
        self.user = str(user)
        super().__init__(action, self.user)

    @property
    def message(self) -> str:
        """Who lacks which permission."""
        return (
            f"User {self.user!r} may not do this: the permission {self.action!r} is "
            "missing. Grant it to the user or to one of the user's groups."
        )


class PayloadTooLarge(DurableError):
    """An encoded input, output, message or event exceeds the configured limit.

    Args:
        what: What was encoded, such as ``"the inputs of shop.checkout"``.
        size_bytes: Its size in UTF-8 bytes, or a lower bound of it.
        limit_bytes: The limit, ``MAX_PAYLOAD_BYTES``.
    """

    def __init__(self, what: str, size_bytes: int, limit_bytes: int) -> None:
        self.what = what
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
        super().__init__(what, size_bytes, limit_bytes)

    @property
    def message(self) -> str:
        """What is too large, by how much, and what to do."""
        return (
            f"The payload of {self.what} has {self.size_bytes:,} bytes and the limit "
            f"is {self.limit_bytes:,}; nothing was stored. Store the data elsewhere "
            "and pass its key, or raise DURABLE_ENGINE['MAX_PAYLOAD_BYTES']."
        )


class QueryInWorkflow(DurableError):
    """A workflow body queried the database outside any step or transaction.

    Args:
        statement: The refused statement, shortened.
        location: The line of user code that sent it, as ``path:line``.
    """

    def __init__(self, statement: str, location: str) -> None:
        self.statement = statement
        self.location = location
        super().__init__(statement, location)

    @property
    def message(self) -> str:
        """Which statement, from which line, and the way out."""
        return (
            f"A workflow body queried the database at {self.location}: "
            f"{self.statement}. A replay could see other data. Move the query into a "
            "@step or a @transaction, or set guard='off' for this workflow."
        )


class QueueDeduplicated(DurableError):
    """A deduplication id is held by a workflow of that queue which has not ended.

    Args:
        workflow_id: The workflow that holds the deduplication id.
        queue_name: The queue.
        deduplication_id: The contested deduplication id.
    """

    def __init__(
        self, workflow_id: str, queue_name: str, deduplication_id: str
    ) -> None:
        self.workflow_id = workflow_id
        self.queue_name = queue_name
        self.deduplication_id = deduplication_id
        super().__init__(workflow_id, queue_name, deduplication_id)

    @property
    def message(self) -> str:
        """Which deduplication id, who holds it, and how to get the holder."""
        return (
            f"Deduplication id {self.deduplication_id!r} of queue "
            f"{self.queue_name!r} is held by workflow {self.workflow_id!r}; nothing "
            "was enqueued. Wait until it ends, or pass "
            "duplication_policy='return-existing' to get its handle."
        )


class SerializationError(DurableError):
    """A value cannot be encoded, or a stored payload cannot be decoded.

    Args:
        path: Where inside the value, such as ``args[0].items["x"][2]``.
        type_name: The type (encoding) or tag (decoding) at that place.
        reason: What is wrong with it and what to do, as a whole sentence.
    """

    def __init__(self, path: str, type_name: str, reason: str) -> None:
        self.path = path
        self.type_name = type_name
        self.reason = reason
        super().__init__(path, type_name, reason)

    @property
    def message(self) -> str:
        """Where, which type, and why."""
        return f"{self.path} ({self.type_name}): {self.reason}"


class StepTimeout(DurableError):
    """An asynchronous step did not end within its time-out.

    Args:
        step_name: The step's name.
        timeout_seconds: The time-out that has passed.
    """

    def __init__(self, step_name: str, timeout_seconds: float) -> None:
        self.step_name = step_name
        self.timeout_seconds = timeout_seconds
        super().__init__(step_name, timeout_seconds)

    @property
    def message(self) -> str:
        """Which step, and the time it had."""
        return (
            f"Step {self.step_name!r} did not end within {self.timeout_seconds:g} "
            "seconds and was cancelled. Raise its timeout_seconds, or let it retry "
            "with retries_allowed=True."
        )


class StreamTimeout(DurableError):
    """Nothing was written to a stream for too long, and it was not closed.

    Args:
        workflow_id: The workflow that owns the stream.
        key: The stream's key.
        timeout_seconds: The time-out that has passed.
    """

    def __init__(self, workflow_id: str, key: str, timeout_seconds: float) -> None:
        self.workflow_id = workflow_id
        self.key = key
        self.timeout_seconds = timeout_seconds
        super().__init__(workflow_id, key, timeout_seconds)

    @property
    def message(self) -> str:
        """Which stream of which workflow, and the time waited."""
        return (
            f"Stream {self.key!r} of workflow {self.workflow_id!r} had nothing new "
            f"for {self.timeout_seconds:g} seconds and is not closed. Read it again "
            "later, or with a longer timeout_seconds."
        )


class UnregisteredWorkflow(DurableError):
    """No workflow is registered under the given name in this process.

    Args:
        name: The name that was asked for.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)

    @property
    def message(self) -> str:
        """Which name, and where workflows are looked for."""
        return (
            f"No workflow is registered as {self.name!r} in this process. Check the "
            "name, and that its module is imported at start-up: put it in a module "
            "named 'workflows' of an installed app."
        )


class WorkflowFailed(DurableError):
    """Stands in for a recorded error whose class cannot be rebuilt here.

    Args:
        workflow_id: The workflow that failed.
        type_name: The recorded error's class, as ``module.qualname``.
        error_message: The recorded error's message.
        traceback_text: The recorded traceback, possibly shortened, or empty.
    """

    def __init__(
        self,
        workflow_id: str,
        type_name: str,
        error_message: str,
        traceback_text: str = "",
    ) -> None:
        self.workflow_id = workflow_id
        self.type_name = type_name
        self.error_message = error_message
        self.traceback_text = traceback_text
        super().__init__(workflow_id, type_name, error_message, traceback_text)

    @property
    def message(self) -> str:
        """Which workflow, and the recorded type and message."""
        return (
            f"Workflow {self.workflow_id!r} failed with {self.type_name}: "
            f"{self.error_message}. (The class could not be rebuilt in this process; "
            "the recorded traceback is in .traceback_text.)"
        )


class SynchronousCallInEventLoop(DurableError, RuntimeError):
    """A blocking call was made in a thread whose event loop is running.

    Args:
        called: The synchronous name, without parentheses.
        twin: The name to await in its place.
    """

    def __init__(self, called: str, twin: str) -> None:
        self.called = called
        self.twin = twin
        super().__init__(called, twin)

    @property
    def message(self) -> str:
        """What was called, and its asynchronous twin."""
        return (
            f"{self.called}() was called while an event loop is running; use await "
            f"{self.twin}()."
        )


class OutsideWorkflow(DurableError, RuntimeError):
    """An operation that only a workflow can do was called outside any workflow.

    Args:
        operation: What was called, such as ``recv``.
    """

    def __init__(self, operation: str) -> None:
        self.operation = operation
        super().__init__(operation)

    @property
    def message(self) -> str:
        """What was called, and where it belongs."""
        return (
            f"{self.operation}() was called outside any workflow. Call it in the "
            "body of a @workflow function, not in a step and not in plain code."
        )


class EngineStopped(DurableError):
    """This process is shutting down and takes no more durable calls.

    Args:
        reason: Why the engine stops, such as ``"SIGTERM"``.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)

    @property
    def message(self) -> str:
        """Why the engine stops, and that nothing is lost."""
        return (
            f"The engine of this process is stopping ({self.reason}). Nothing was "
            "lost: what is recorded is continued by another worker or at the next "
            "start; repeat this call there."
        )


class DurableWarning(UserWarning):
    """A warning of the engine, such as a query in a workflow body."""


class WorkflowInterruption(BaseException):
    """A signal that unwinds a running workflow; never swallow it.

    It is a ``BaseException`` so that ``except Exception`` in a workflow body lets it
    pass.

    Args:
        workflow_id: The workflow that must stop here.
    """

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        super().__init__(workflow_id)

    @property
    def message(self) -> str:
        """What happened to which workflow."""
        return f"Workflow {self.workflow_id!r} was interrupted."

    def __str__(self) -> str:
        return self.message


class WorkflowCancelled(WorkflowInterruption):
    """The running workflow was cancelled, by a user or by its deadline."""

    @property
    def message(self) -> str:
        """Which workflow was cancelled."""
        return (
            f"Workflow {self.workflow_id!r} was cancelled; it stops at this durable "
            f"call. resume_workflow({self.workflow_id!r}) continues it from here."
        )


class WorkflowUnloaded(WorkflowInterruption):
    """Internal: the waiting workflow gives back its thread and memory."""

    @property
    def message(self) -> str:
        """Which workflow was unloaded."""
        return (
            f"Workflow {self.workflow_id!r} is being unloaded while it waits; a "
            "worker continues it by replay when it is due. Let this signal pass."
        )


class WorkflowFenced(WorkflowInterruption):
    """Internal: this execution has lost the right to write."""

    @property
    def message(self) -> str:
        """Which workflow is now owned by another execution."""
        return (
            f"Workflow {self.workflow_id!r} is no longer owned by this execution; it "
            "stops here and writes nothing. Let this signal pass."
        )
